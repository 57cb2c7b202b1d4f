//! The ledger itself: every public call is one transaction.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use filing::DiskWait;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::LedgerError;
use crate::lock::{Claim, Place};
use crate::schema;
use crate::space::{self, Obstacle};

#[cfg(test)]
mod tests;

/// A handle on the ledger; clones share it, so analysis records while the publisher reads.
///
/// One connection behind one lock: both sides write, SQLite has a single writer anyway, and so
/// no call ever meets its own process's lock. The longest wait is one commit of the other side.
#[derive(Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
}

/// What a commit survives.
#[derive(Clone, Copy)]
pub(crate) enum Durability {
    /// A power cut: the disk has it.
    PowerCut,
    /// The end of the process; a power cut may undo it, as a whole.
    Kill,
}

struct Shared {
    path: PathBuf,
    connection: Mutex<Connection>,
    place: Place,
    writing: DiskWait,
    // Behind the connection: fields drop in order, and the claim must outlive the connection.
    _claim: Claim,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens the ledger at `path`. Makes the file (not its folder) if there is none, and brings an
    /// older one to the newest version.
    ///
    /// # Errors
    /// Another process holds it ([`LedgerError::InUse`]); it is foreign, newer than this code or
    /// damaged; it cannot be read or written.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let claim = Claim::on(path)?;
        let connection = Mutex::new(schema::open(path)?);
        let place = Place::of(path);
        let (path, writing) = (path.to_path_buf(), DiskWait::default());
        let shared = Shared { path, connection, place, writing, _claim: claim };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Holds that the ledger's file still lies where it was opened. One that was removed, moved or replaced, or
    /// whose disk was taken out of the tree, goes on to take what it is given, and the next start finds
    /// nothing of that. To be asked now and then.
    ///
    /// # Errors
    /// It does not ([`LedgerError::Gone`]).
    pub fn check_place(&self) -> Result<(), LedgerError> {
        match self.shared.place.is_left(&self.shared.path) {
            true => Err(LedgerError::Gone { path: self.shared.path.clone() }),
            false => Ok(()),
        }
    }

    /// Holds that the ledger can grow by what a few alerts take: writes as much beside it, and removes it.
    ///
    /// # Errors
    /// No space is left ([`LedgerError::Full`]), or the disk is read-only ([`LedgerError::ReadOnly`]).
    pub fn check_room(&self) -> Result<(), LedgerError> {
        let path = self.shared.path.clone();
        match space::obstacle(&path) {
            Some(Obstacle::Exhausted) => Err(LedgerError::Full { path }),
            Some(Obstacle::ReadOnly) => Err(LedgerError::ReadOnly { path }),
            None => Ok(()),
        }
    }

    /// How long the call that is writing just now has waited for the disk; zero if none is.
    #[must_use]
    pub fn waits_for_disk(&self) -> Duration {
        self.shared.writing.lasts()
    }

    /// Where the ledger lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Folds the write-ahead log into the one file, so that a copy of that file is complete.
    ///
    /// The ledger can be used afterwards as before.
    ///
    /// # Errors
    /// The file cannot be written, or another program is reading it ([`LedgerError::Locked`]).
    pub fn seal(&self) -> Result<(), LedgerError> {
        let busy: i64 = self.read(|connection| {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        })?;
        if busy == 0 { Ok(()) } else { Err(LedgerError::Locked { path: self.shared.path.clone() }) }
    }

    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        query(&self.connection()).map_err(|source| self.fault(source))
    }

    pub(crate) fn write<T>(
        &self,
        durability: Durability,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let mut connection = self.connection();
        let _under_way = self.shared.writing.begin();
        let attempt = || {
            let synchronous = match durability {
                Durability::PowerCut => "FULL",
                Durability::Kill => "NORMAL",
            };
            // Not a cached statement: SQLite obeys this pragma when it is compiled, not when run.
            connection.pragma_update(None, "synchronous", synchronous)?;
            // A transaction that is dropped without commit rolls back.
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let outcome = change(&transaction)?;
            transaction.commit()?;
            Ok(outcome)
        };
        attempt().map_err(|source| self.fault(source))
    }

    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held rolled its transaction back: the data are whole.
        self.shared.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn fault(&self, source: rusqlite::Error) -> LedgerError {
        LedgerError::from_sqlite(&self.shared.path, source)
    }
}
