//! `gridwhistle check`: every fault of a configuration folder, or that there is none.

use std::path::PathBuf;

use clap::Parser;

use super::entry::{Subcommand, say};
use crate::config;
use crate::exit::Stopped;

/// Check a configuration folder and name every fault by file and line.
#[derive(Debug, Parser)]
#[command(name = "check")]
pub(super) struct Check {
    /// Folder with gateway.toml and cameras/*.toml.
    #[arg(long, default_value = "config")]
    config: PathBuf,
}

impl Subcommand for Check {
    fn run(self) -> Result<(), Stopped> {
        let config = config::load(&self.config)?;
        let rules: usize = config.cameras.iter().map(|camera| camera.rules.len()).sum();
        let cameras = config.cameras.len();
        let folder = self.config.display();
        let city = config.city.map(|city| format!("{city}\n")).unwrap_or_default();
        say(&format!("{city}{folder}: {cameras} camera(s), {rules} rule(s), no fault\n"))
    }
}
