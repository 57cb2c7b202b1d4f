//! The history of a ledger, for those who may read it and must not change it.

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::error::LedgerError;
use crate::history::chain::{self, Chain, ChainError};
use crate::history::recorded::Recorded;
use crate::history::rows;
use crate::schema;
use crate::strays::{self, Stray};

/// One moment of a ledger's history; a gateway may go on writing meanwhile.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let reader = ledger::HistoryReader::open("/var/lib/gridwhistle/ledger.sqlite3".as_ref())?;
/// let chain = reader.verify()??;
/// println!("{} entries", chain.entries);
/// # Ok(())
/// # }
/// ```
pub struct HistoryReader {
    path: PathBuf,
    connection: Connection,
}

impl fmt::Debug for HistoryReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistoryReader").field("path", &self.path).finish_non_exhaustive()
    }
}

impl HistoryReader {
    /// Opens the ledger at `path` without claiming it. Everything read is as it was at the first
    /// reading. While the reader lives, the gateway's write-ahead log cannot be folded.
    ///
    /// # Errors
    /// There is no ledger at `path`, or one of another version; it is damaged or cannot be read.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let connection = schema::open_to_read(path)?;
        let reader = Self { path: path.to_path_buf(), connection };
        reader.read(|connection| connection.execute_batch("BEGIN"))?;
        Ok(reader)
    }

    /// As [`crate::Ledger::verify_chain`].
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn verify(&self) -> Result<Result<Chain, ChainError>, LedgerError> {
        self.read(chain::verify)
    }

    /// As [`crate::Ledger::history`], or [`crate::Ledger::history_of`] with a subject.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn entries(
        &self,
        subject: Option<&str>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, LedgerError> {
        self.read(|connection| match subject {
            Some(subject) => rows::entries_of(connection, subject, after, limit),
            None => rows::entries(connection, after, limit),
        })
    }

    /// As [`crate::Ledger::strays`].
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn strays(&self) -> Result<Vec<Stray>, LedgerError> {
        self.read(strays::all)
    }

    fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        query(&self.connection).map_err(|source| LedgerError::from_sqlite(&self.path, source))
    }
}
