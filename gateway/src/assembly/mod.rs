//! The only place that knows everyone: settings become running parts, and stop in order.

mod build;
mod case_system;
mod casework;
mod crew;
mod departed;
mod inference;
mod oversight;
mod proof;
mod reload;
mod run;
mod signing;
mod upkeep;

pub(crate) use run::{main_runtime, run};
pub(crate) use signing::signing_key;
