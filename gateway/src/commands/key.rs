//! `gridwhistle key`: the public key that verifies this gateway's alerts.

use std::path::PathBuf;

use clap::Parser;

use super::entry::{Subcommand, say};
use crate::assembly;
use crate::config;
use crate::exit::Stopped;

/// Print the public key that verifies this gateway's alerts; a key is made if there is none.
#[derive(Debug, Parser)]
#[command(name = "key")]
pub(super) struct Key {
    /// Folder with gateway.toml and cameras/*.toml.
    #[arg(long, default_value = "config")]
    config: PathBuf,
}

impl Subcommand for Key {
    fn run(self) -> Result<(), Stopped> {
        let config = config::load(&self.config)?;
        say(&assembly::signing_key(&config)?.public().to_pem())
    }
}
