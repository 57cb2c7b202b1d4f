//! The gateway: the parts behind the `gridwhistle` command.

mod analysis;
mod assembly;
mod audit;
pub mod camera_order;
pub mod casework;
mod commands;
mod config;
pub mod evidence;
mod exit;
mod handout;
#[cfg(test)]
mod mutation;
mod northbound;
mod operator;
mod reception;
mod server_thread;

pub use commands::main;
