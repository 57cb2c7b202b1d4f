//! `gridwhistle run`: the gateway at work.

use std::path::PathBuf;

use clap::Parser;

use super::entry::Subcommand;
use crate::assembly;
use crate::exit::Stopped;

/// Watch the cameras and publish alerts until stopped.
#[derive(Debug, Parser)]
#[command(name = "run")]
pub(super) struct Run {
    /// Folder with gateway.toml and cameras/*.toml.
    #[arg(long, default_value = "config")]
    config: PathBuf,
}

impl Subcommand for Run {
    fn run(self) -> Result<(), Stopped> {
        assembly::run(&self.config)
    }
}
