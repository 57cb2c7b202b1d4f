//! Why there is no training set.

use std::io;
use std::path::{Path, PathBuf};

use ledger::LedgerError;

/// Why there is no training set.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatasetError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Something is there already.
    #[error("{path} is not empty: name a folder that is empty or not there yet")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// What the gateway keeps must not be mixed up with it.
    #[error("{path} is the gateway's own state folder, or lies in it: name a folder elsewhere")]
    InState {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder cannot be made.
    #[error("cannot write {path}: {source}; what is there is not whole, remove it")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The gateway needs what is left of the disk.
    #[error(
        "the disk of {path} has {free} bytes left, and {needed} must stay free for alerts: name a \
         folder on another disk; what is there is not whole, remove it"
    )]
    NearlyFull {
        /// The folder.
        path: PathBuf,
        /// What is free.
        free: u64,
        /// `[evidence] min_free_bytes`.
        needed: u64,
    },
    /// No picture of a judged alert fits.
    #[error("there is nothing to export: {why}")]
    Nothing {
        /// What there is instead.
        why: String,
    },
}

impl DatasetError {
    /// As [`DatasetError::Unwritable`], of this file.
    pub(super) fn of(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        |source| Self::Unwritable { path, source }
    }
}
