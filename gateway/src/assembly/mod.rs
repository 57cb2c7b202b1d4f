//! The only place that knows everyone: settings become running parts, and stop in order.

mod build;
mod cameras;
mod case_system;
mod casework;
mod clock;
mod evidence;
mod oversight;
mod reload;
mod run;
mod sealing;
mod signing;
mod standstill;
mod storage;
mod upkeep;

pub(crate) use run::{main_runtime, run};
pub(crate) use sealing::opening_key;
pub(crate) use signing::signing_key;
