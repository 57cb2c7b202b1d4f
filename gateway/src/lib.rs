//! The gateway: the parts behind the `gridwhistle` command.

mod analysis;
mod assembly;
mod audit;
pub mod camera_order;
pub mod casework;
mod commands;
mod config;
mod dataset;
pub mod evidence;
mod exit;
#[cfg(test)]
mod fuzz;
mod handout;
mod northbound;
mod operator;
mod reception;
mod server_thread;

pub use assembly::{Rehearsal, RehearsedCamera};
pub use commands::main;
