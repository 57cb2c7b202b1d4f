//! `gridwhistle eye`: the half of the gateway that touches cameras. The gateway starts it.

use std::ffi::CStr;

use clap::Parser;

use super::entry::Subcommand;
use crate::exit::{self, Stopped};

/// Look at cameras for a gateway that is running.
#[derive(Debug, Parser)]
#[command(name = "eye", hide = true)]
pub(super) struct Eye {}

/// What `top` calls the process; it takes 15 letters.
const NAME: &CStr = c"gridwhistle eye";

impl Subcommand for Eye {
    fn run(self) -> Result<(), Stopped> {
        // It was started by a link that is called otherwise. A name is no reason not to work.
        let _unnamed = rustix::thread::set_name(NAME);
        ::eye::serve().map_err(|error| Stopped::new(exit::USAGE, error))
    }
}
