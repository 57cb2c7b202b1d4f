//! The history of a ledger, for whoever may look at it and must not touch it.

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::history::{self, chain};
use crate::{Chain, ChainFault, LedgerError, Recorded, schema};

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
    /// Opens the ledger at `path` without claiming it. All that is read is of the moment of the
    /// first reading; while the reader lives, the gateway's write-ahead log cannot be folded.
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
    pub fn verify(&self) -> Result<Result<Chain, ChainFault>, LedgerError> {
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
            Some(subject) => history::entries_of(connection, subject, after, limit),
            None => history::entries(connection, after, limit),
        })
    }

    fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        query(&self.connection).map_err(|source| LedgerError::from_sqlite(&self.path, source))
    }
}
