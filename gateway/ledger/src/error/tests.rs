//! A disk that is full does not look like a disk that failed, whichever way SQLite met it.

use std::error::Error;
use std::os::unix::fs::symlink;
use std::path::Path;

use rusqlite::ffi;

use super::{LedgerError, Remedy};
use crate::space::trial_path;

/// The ways in which a lack of space comes as an I/O error.
const DISGUISES: [i32; 4] = [
    ffi::SQLITE_IOERR_WRITE,   // EDQUOT
    ffi::SQLITE_IOERR_FSYNC,   // space that is only found missing when written back
    ffi::SQLITE_IOERR_SHMSIZE, // the -shm file cannot grow
    ffi::SQLITE_IOERR_TRUNCATE,
];

fn fault(path: &Path, code: i32) -> LedgerError {
    let source = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
    LedgerError::from_sqlite(path, source)
}

#[test]
fn an_io_error_on_a_full_disk_is_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite3");
    for code in DISGUISES {
        // The kernel's own full device: every write to it says ENOSPC.
        symlink("/dev/full", trial_path(&path)).unwrap();
        let full = fault(&path, code);
        assert!(matches!(full, LedgerError::Full { .. }), "{full:?}");
        assert_eq!(full.remedy(), Remedy::Retry);
    }
}

#[test]
fn an_io_error_on_a_disk_with_room_is_a_failing_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite3");
    for code in DISGUISES {
        let failed = fault(&path, code);
        assert!(matches!(failed, LedgerError::Io { .. }), "{failed:?}");
        assert_eq!(failed.remedy(), Remedy::Stop);
        // Nor do its causes, which end up in the text that an operator reads, hold a library's numbers.
        let told = format!("{failed} {:?}", failed.source().map(ToString::to_string));
        assert!(!told.contains("Error code"), "{told}");
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "the trial was removed");
}
