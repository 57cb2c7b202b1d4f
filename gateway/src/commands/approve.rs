//! `gridwhistle approve`: a person approves what an output may do.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Parser;
use runtime::{rfc3339, utc_now};
use signature::SigningKey;

use super::entry::{Subcommand, say};
use crate::config;
use crate::exit::{self, Stopped};

/// Approve an output's file as it is now, in the name of one person. Two are needed; an edit voids both.
///
/// The person's public key lies in the configuration folder as approvals/persons/NAME.pem. The private key
/// stays with the person.
#[derive(Debug, Parser)]
#[command(name = "approve")]
pub(super) struct Approve {
    /// The output: `outputs/OUTPUT.toml`.
    output: String,
    /// Who approves, as the file of the public key is called.
    #[arg(long, value_name = "NAME")]
    person: String,
    /// The person's private key (PEM), as `openssl genpkey -algorithm ed25519` makes it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Folder with gateway.toml and cameras/*.toml.
    #[arg(long, default_value = "config")]
    config: PathBuf,
}

impl Subcommand for Approve {
    fn run(self) -> Result<(), Stopped> {
        let refuse = |error: anyhow::Error| Stopped::new(exit::CONFIG, error);
        for (name, what) in [(&self.output, "output"), (&self.person, "person")] {
            if name.is_empty() || name.contains(['/', '\0']) || name.starts_with('.') {
                return Err(Stopped::new(
                    exit::USAGE,
                    anyhow!("{what}: this is no name of a file"),
                ));
            }
        }
        let file = self.config.join("outputs").join(format!("{}.toml", self.output));
        let content = filing::read(&file)
            .with_context(|| format!("cannot read {}", file.display()))
            .map_err(|error| Stopped::new(exit::NO_INPUT, error))?;
        let key = SigningKey::load(&self.key);
        let key = key.map_err(|error| Stopped::new(exit::NO_INPUT, error))?;
        let at = rfc3339(utc_now());
        let approval = output::approve((&self.output, &content), (&self.person, &key), &at);
        let approval = approval.map_err(|error| refuse(error.into()))?;
        let path = config::approval_file(&self.config, &self.output, &self.person);
        let written = path
            .parent()
            .map_or(Ok(()), filing::make_folder)
            .and_then(|()| filing::replace(&path, |file| file.write_all(approval.as_bytes())));
        written.with_context(|| format!("{} cannot be written", path.display())).map_err(refuse)?;
        say(&format!(
            "{}\n{} approves this as output {}: {}\nNow: gridwhistle check --config {}\n",
            String::from_utf8_lossy(&content).trim_end(),
            self.person,
            self.output,
            path.display(),
            self.config.display()
        ))
    }
}
