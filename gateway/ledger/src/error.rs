//! What can go wrong with the ledger, and what to do about it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::space::{self, Obstacle};

#[cfg(test)]
mod tests;

/// A fault of the ledger; the text names the file and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// Another process holds this ledger.
    #[error(
        "another gateway is running with this ledger ({path}): stop it, or give this one a ledger of its own"
    )]
    InUse {
        /// The ledger.
        path: PathBuf,
    },
    /// The folder does not exist or may not be written.
    #[error(
        "cannot write {path}: {source}; create the folder and let the gateway's user write there"
    )]
    Folder {
        /// The file that could not be made.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a file, or one in a place where the gateway may not write.
    #[error("cannot open {path}: it must be a file, in a folder that the gateway's user may write")]
    CannotOpen {
        /// The ledger.
        path: PathBuf,
    },
    /// An SQLite database of another program.
    #[error(
        "{path} is a database of another program (application id {application_id:#010x}): name another file for the ledger"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The application id found.
        application_id: i32,
    },
    /// Written by a later version of the gateway.
    #[error(
        "{path} was written by a newer gateway (ledger version {found}, this one knows {known}): install that version again"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Version found.
        found: i32,
        /// Newest version this code reads.
        known: i32,
    },
    /// Written by an earlier version of the gateway, and only to be read.
    #[error(
        "{path} was written by an older gateway (ledger version {found}, this one reads {known}): start the gateway once, it brings the ledger up to date"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Version found.
        found: i32,
        /// The version that this code reads.
        known: i32,
    },
    /// Nothing to read.
    #[error("there is no ledger at {path}: the gateway makes it when it is started")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Its file was taken away while it was in use.
    #[error(
        "{path} was removed, moved or replaced while the gateway used it, or its disk is gone: bring it back, then start the gateway again; without it a new one begins, and alerts that were not delivered are lost"
    )]
    Gone {
        /// Where it lay.
        path: PathBuf,
    },
    /// Not a database, or a damaged one.
    #[error(
        "{path} is damaged or not a ledger ({reason}): keep a copy of it, then move it and its -wal file away; the gateway starts a new one"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No space is left, or the ledger reached its size limit. Nothing of this call was kept.
    #[error(
        "no space is left for {path}: free some; nothing was lost, the same call works again then"
    )]
    Full {
        /// The ledger.
        path: PathBuf,
    },
    /// The file or its disk is read-only. Nothing of this call was kept.
    #[error(
        "{path} cannot be written: make its file, folder and disk writable for the gateway's user"
    )]
    ReadOnly {
        /// The ledger.
        path: PathBuf,
    },
    /// Another program keeps the database locked. Nothing of this call was kept.
    #[error("another program keeps {path} locked: close it (a database browser?)")]
    Locked {
        /// The ledger.
        path: PathBuf,
    },
    /// The disk failed.
    #[error("the disk failed under {path}: {fault}; check it, then start the gateway again")]
    Io {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said, without its numbers.
        fault: String,
    },
    /// Anything else: a fault of the gateway itself.
    #[error("unexpected fault of the ledger {path}: {fault}; report it")]
    Unexpected {
        /// The ledger.
        path: PathBuf,
        /// What SQLite said, without its numbers.
        fault: String,
    },
}

/// What the caller can do about a [`LedgerError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Keep the data and call again later: the cause can pass by itself or by an operator.
    Retry,
    /// Stop, and let an operator change a setting or a file.
    Reconfigure,
    /// Stop: what is on disk can only be trusted again after a fresh start.
    Stop,
}

impl LedgerError {
    /// What the caller can do about it.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Full { .. } | Self::ReadOnly { .. } | Self::Locked { .. } => Remedy::Retry,
            Self::InUse { .. }
            | Self::Folder { .. }
            | Self::CannotOpen { .. }
            | Self::Foreign { .. }
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::Missing { .. }
            | Self::Damaged { .. } => Remedy::Reconfigure,
            Self::Gone { .. } | Self::Io { .. } | Self::Unexpected { .. } => Remedy::Stop,
        }
    }

    /// Why the file `path` beside `ledger`, or the ledger itself, cannot be made.
    pub(crate) fn of_new_file(ledger: &Path, path: &Path, source: std::io::Error) -> Self {
        match Obstacle::of(&source) {
            Some(Obstacle::Exhausted) => Self::Full { path: ledger.to_path_buf() },
            Some(Obstacle::ReadOnly) => Self::ReadOnly { path: ledger.to_path_buf() },
            None => Self::Folder { path: path.to_path_buf(), source },
        }
    }

    pub(crate) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { path, reason: source.to_string() }
            }
            Some(ErrorCode::CannotOpen) => Self::CannotOpen { path },
            Some(ErrorCode::SystemIoFailure) => match space::obstacle(&path) {
                Some(Obstacle::Exhausted) => Self::Full { path },
                Some(Obstacle::ReadOnly) => Self::ReadOnly { path },
                None => Self::Io { path, fault: plain(&source) },
            },
            _ => Self::Unexpected { path, fault: plain(&source) },
        }
    }
}

/// What SQLite said, in words alone.
fn plain(source: &rusqlite::Error) -> String {
    let told = source.to_string();
    match told.strip_prefix("Error code ").and_then(|rest| rest.split_once(": ")) {
        Some((_, words)) => words.to_owned(),
        None => told,
    }
}
