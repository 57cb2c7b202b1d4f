//! `gridwhistle verify`: whether an alert is as the gateway signed it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Parser;

use super::entry::{Subcommand, say};
use crate::exit::{self, Stopped};
use signature::PublicKey;

/// Verify that an alert, and its evidence, are as the gateway signed them.
///
/// Exit code 0: they are. 65: they are not. 66: a file cannot be read.
#[derive(Debug, Parser)]
#[command(name = "verify")]
pub(super) struct Verify {
    /// The alert, as it was received.
    file: PathBuf,
    /// The gateway's public key (PEM), as `gridwhistle key` prints it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Folder with the evidence files, each named by its sha256, to check them against the alert.
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
}

impl Subcommand for Verify {
    fn run(self) -> Result<(), Stopped> {
        let key = PublicKey::load(&self.key);
        let key = key.map_err(|error| Stopped::new(exit::NO_INPUT, error))?;
        let shown = self.file.display();
        let message = fs::read(&self.file)
            .with_context(|| format!("cannot read {shown}"))
            .map_err(|error| Stopped::new(exit::NO_INPUT, error))?;
        let verdict = signature::verify(&message, &key, self.evidence.as_deref())
            .map_err(|error| Stopped::new(exit::NOT_VALID, anyhow!("{shown}: {error}")))?;
        if verdict.is_valid() {
            return say(&verdict.to_string());
        }
        Err(Stopped::new(exit::NOT_VALID, anyhow!("{shown}:\n{}", verdict.to_string().trim_end())))
    }
}
