//! Whether the disk under the ledger has room for more, or can be written at all.

use std::ffi::OsString;
use std::fs::remove_file;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// How much is written as a trial: more than the transaction of a few large messages.
const TRIAL_BYTES: usize = 1 << 20;

/// Why a file beside the ledger cannot grow, where the cause can pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// No space is left, or a quota is used up.
    Exhausted,
    /// The file system was mounted read-only, or became so by an error.
    ReadOnly,
}

/// Why a file beside `ledger` cannot grow.
///
/// SQLite reports a full disk as such only where `write` says `ENOSPC`. A quota, or a disk that
/// finds out late (at `fsync`, or when the shared index grows), looks as if the disk had failed,
/// and SQLite does not give the system's own error number without `unsafe`.
pub(crate) fn obstacle(ledger: &Path) -> Option<Obstacle> {
    let path = trial_path(ledger);
    let outcome = write_through(&path);
    // The next trial overwrites one that could not be removed.
    remove_file(&path).ok();
    outcome.err().and_then(|error| Obstacle::of(&error))
}

impl Obstacle {
    /// What the system says.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(Self::Exhausted),
            ErrorKind::ReadOnlyFilesystem => Some(Self::ReadOnly),
            _ => None,
        }
    }
}

fn write_through(path: &Path) -> io::Result<()> {
    let mut file = filing::create(path)?;
    file.write_all(&vec![1; TRIAL_BYTES])?;
    file.sync_all()
}

pub(crate) fn trial_path(ledger: &Path) -> PathBuf {
    let mut name = OsString::from(ledger);
    name.push(".trial");
    PathBuf::from(name)
}
