//! The `gridwhistle` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    gridwhistle::main()
}
