//! The claim of one process on one ledger.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::LedgerError;

/// Held while the ledger is open. The system releases it with the process, however that ends.
#[derive(Debug)]
pub(crate) struct Claim {
    _file: File,
}

impl Claim {
    /// Claims the ledger at `ledger` by locking a file beside it.
    ///
    /// SQLite's own lock will not do: it is taken per transaction, and a second gateway must be
    /// refused at its start, before it reads an alert.
    pub(crate) fn on(ledger: &Path) -> Result<Self, LedgerError> {
        let path = lock_path(ledger);
        let file = filing::open_or_make(&path)
            .map_err(|source| LedgerError::of_new_file(ledger, &path, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LedgerError::InUse { path: ledger.to_path_buf() }),
            Err(TryLockError::Error(source)) => Err(LedgerError::Folder { path, source }),
        }
    }
}

fn lock_path(ledger: &Path) -> PathBuf {
    let mut name = OsString::from(ledger);
    name.push(".lock");
    PathBuf::from(name)
}
