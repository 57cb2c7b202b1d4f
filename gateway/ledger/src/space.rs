//! Whether the disk under the ledger has room for more.

use std::ffi::OsString;
use std::fs::{File, remove_file};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What is tried: more than the transaction of a few large messages.
const TRIAL_BYTES: usize = 1 << 20;

/// Whether a file beside `ledger` cannot grow, for want of space or by a quota.
///
/// SQLite reports a full disk as such only where `write` says `ENOSPC`. A quota, or a disk that
/// finds out late (at `fsync`, or when the shared index grows), looks as if the disk had failed,
/// and the system's own error number cannot be had from SQLite without `unsafe`.
pub(crate) fn is_exhausted(ledger: &Path) -> bool {
    let path = trial_path(ledger);
    let outcome = write_through(&path);
    // A trial that is left lying is overwritten by the next one.
    remove_file(&path).ok();
    outcome.is_err_and(|error| is_lack_of_space(&error))
}

/// Whether the system says so.
pub(crate) fn is_lack_of_space(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

fn write_through(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(&vec![1; TRIAL_BYTES])?;
    file.sync_all()
}

pub(crate) fn trial_path(ledger: &Path) -> PathBuf {
    let mut name = OsString::from(ledger);
    name.push(".trial");
    PathBuf::from(name)
}
