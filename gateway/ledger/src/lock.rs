//! The claim of one process on one ledger, and which file that is.

use std::ffi::OsString;
use std::fs::{File, TryLockError, metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
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

/// Which file a path led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(Option<(u64, u64)>);

impl Place {
    /// The file at `path`: its disk and its number there.
    pub(crate) fn of(path: &Path) -> Self {
        Self(metadata(path).ok().map(|found| (found.dev(), found.ino())))
    }

    /// Whether `path` leads elsewhere now, or nowhere. What the system cannot say just now is no reason.
    pub(crate) fn is_left(self, path: &Path) -> bool {
        match metadata(path) {
            Ok(found) => self.0.is_some_and(|place| place != (found.dev(), found.ino())),
            Err(error) => matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
        }
    }
}

fn lock_path(ledger: &Path) -> PathBuf {
    let mut name = OsString::from(ledger);
    name.push(".lock");
    PathBuf::from(name)
}
