//! The only place that knows everyone: settings become running parts, and stop in order.

mod build;
mod cameras;
mod case_system;
mod casework;
mod checkpoints;
mod clock;
mod device_entry;
mod devices;
mod evidence;
mod full_start;
mod judgement;
mod orders;
mod outputs;
mod oversight;
mod rehearsal;
mod reload;
mod run;
mod sealing;
mod signing;
mod standstill;
mod state_folder;
mod storage;
mod upkeep;

pub use rehearsal::{Rehearsal, RehearsedCamera};
pub(crate) use run::{main_runtime, run};
pub(crate) use sealing::opening_key;
pub(crate) use signing::signing_key;
