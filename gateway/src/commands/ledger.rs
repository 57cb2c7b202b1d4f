//! `gridwhistle ledger`: is the history what was recorded, and what does it say.

use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

use super::entry::{self, say};
use super::since::{Since, since};
use crate::audit::{self, AuditError, Selection};
use crate::config;
use crate::exit::{self, Stopped};

/// Look into the history of alerts, cases and commands; the gateway may be running.
#[derive(Debug, Parser)]
#[command(name = "ledger")]
pub(super) struct Ledger {
    /// What to do with it.
    #[command(subcommand)]
    command: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Check that every entry is as it was recorded and that none is missing; name the first that is
    /// not.
    Verify {
        /// Folder whose `[storage]` says where the ledger is.
        #[arg(long, default_value = "config")]
        config: PathBuf,
        /// Look at what `ledger export` wrote instead.
        #[arg(long, value_name = "FILE", conflicts_with = "config")]
        file: Option<PathBuf>,
    },
    /// Print the latest messages of the centre that changed nothing: about unknown alerts, unreadable,
    /// repeated or too many. One line of JSON for each.
    Strays {
        /// Folder whose `[storage]` says where the ledger is.
        #[arg(long, default_value = "config")]
        config: PathBuf,
    },
    /// Print the entries, one line of JSON for each.
    Export {
        /// Folder whose `[storage]` says where the ledger is.
        #[arg(long, default_value = "config")]
        config: PathBuf,
        /// Only what concerns this alert.
        #[arg(long, value_name = "ID")]
        alert: Option<String>,
        /// Only what happened since: 7d, 12h or 90m ago, or a time such as
        /// 2026-07-15T08:00:00+08:00.
        #[arg(long, value_parser = since)]
        since: Option<Since>,
    },
}

impl entry::Subcommand for Ledger {
    fn run(self) -> Result<(), Stopped> {
        match self.command {
            Question::Verify { config: _, file: Some(file) } => say(&verify_export(&file)?),
            Question::Verify { config: folder, file: None } => {
                let storage = config::load(&folder)?.storage;
                say(&audit::verify(&storage.ledger_file()).map_err(stopped)?)
            }
            Question::Strays { config: folder } => {
                let storage = config::load(&folder)?.storage;
                let mut out = std::io::stdout().lock();
                read_or_left(audit::list_strays(&storage.ledger_file(), &mut out))
            }
            Question::Export { config: folder, alert, since } => {
                let storage = config::load(&folder)?.storage;
                let selection = Selection { alert_id: alert, since: since.map(Since::time) };
                let mut out = std::io::stdout().lock();
                read_or_left(audit::export(&storage.ledger_file(), &selection, &mut out))
            }
        }
    }
}

fn verify_export(file: &Path) -> Result<String, Stopped> {
    let exported = File::open(file).map_err(|source| {
        Stopped::new(exit::NO_INPUT, AuditError::Unreadable { path: file.to_owned(), source })
    })?;
    audit::verify_export(file, BufReader::new(exported)).map_err(stopped)
}

/// Who reads the beginning only, such as `head`, has what it wants.
fn read_or_left(written: Result<(), AuditError>) -> Result<(), Stopped> {
    match written {
        Err(AuditError::Unwritable(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(stopped),
    }
}

fn stopped(error: AuditError) -> Stopped {
    let code = match &error {
        AuditError::Unwritable(_) => exit::FAULT,
        AuditError::NoSuchAlert { .. } => exit::NO_INPUT,
        _ => exit::LEDGER,
    };
    Stopped::new(code, error)
}
