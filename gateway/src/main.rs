//! The `gridwhistle` command.

mod analysis;
mod camera;
mod config;
mod delivery;
mod evidence;
mod operator;
mod runtime;
mod telemetry;

fn main() {}
