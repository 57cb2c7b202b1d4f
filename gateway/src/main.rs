//! The `gridwhistle` command.

mod analysis;
mod camera;
mod evidence;
mod probe;
mod runtime;
mod telemetry;

fn main() {}
