//! The `hw-sim` command.

fn main() {}
