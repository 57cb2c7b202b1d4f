//! `gridwhistle guard`: holds an output's coils for a gateway, and lets go when that is gone. The gateway starts it.

use std::ffi::CStr;
use std::io::{BufReader, stdin, stdout};

use clap::Parser;

use super::entry::Subcommand;
use crate::exit::{self, Stopped};

/// Hold an output for a gateway that is running.
#[derive(Debug, Parser)]
#[command(name = "guard", hide = true)]
pub(super) struct Guard {}

/// What `top` calls the process; it takes 15 letters.
const NAME: &CStr = c"gridwhistle grd";

impl Subcommand for Guard {
    fn run(self) -> Result<(), Stopped> {
        // It was started by a link that is called otherwise. A name is no reason not to work.
        let _unnamed = rustix::thread::set_name(NAME);
        output::serve(BufReader::new(stdin()), stdout())
            .map_err(|error| Stopped::new(exit::USAGE, error))
    }
}
