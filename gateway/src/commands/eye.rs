//! `gridwhistle eye`: the half of the gateway that touches cameras. The gateway starts it.

use clap::Parser;

use super::entry::Subcommand;
use crate::exit::{self, Stopped};

/// Look at cameras for a gateway that is running.
#[derive(Debug, Parser)]
#[command(name = "eye", hide = true)]
pub(super) struct Eye {}

impl Subcommand for Eye {
    fn run(self) -> Result<(), Stopped> {
        ::eye::serve().map_err(|error| Stopped::new(exit::USAGE, error))
    }
}
