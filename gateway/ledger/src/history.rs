//! The history: what was decided and said, each entry hashed with the one before it.

use rusqlite::{OptionalExtension, params};

use crate::entry::Answer;
use crate::error::LedgerError;
use crate::marks::Mark;
use crate::outbox;
use crate::store::{Durability, Ledger};

pub(crate) mod chain;
pub(crate) mod recorded;
pub(crate) mod rows;
#[cfg(test)]
mod tests;

use chain::{Chain, ChainError};
use recorded::{HistoryEntry, Recorded};

impl Ledger {
    /// Keeps what happened, with the messages that tell of it; on disk before it returns. Gives
    /// its number in the history.
    ///
    /// # Errors
    /// As [`Ledger::record`]. Unlike a step, an entry is kept again by each call.
    pub fn note(&self, entry: &HistoryEntry, answers: &[Answer]) -> Result<u64, LedgerError> {
        self.write(Durability::PowerCut, |transaction| {
            let number = rows::append(transaction, entry)?;
            for answer in answers {
                outbox::answer(transaction, answer, entry.at_micros)?;
            }
            Ok(number)
        })
    }

    /// As [`Ledger::note`], without answers and without waiting for the disk. A power cut may undo
    /// it, together with all that was kept lazily after it.
    ///
    /// # Errors
    /// As [`Ledger::note`].
    pub fn note_lazily(&self, entry: &HistoryEntry) -> Result<u64, LedgerError> {
        self.write(Durability::Kill, |transaction| rows::append(transaction, entry))
    }

    /// Up to `limit` entries, in order, from the first behind number `after`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn history(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, LedgerError> {
        self.read(|connection| rows::entries(connection, after, limit))
    }

    /// As [`Ledger::history`], only those that concern `subject`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn history_of(
        &self,
        subject: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, LedgerError> {
        self.read(|connection| rows::entries_of(connection, subject, after, limit))
    }

    /// The room that entries of these kinds take, in bytes, with the room that any entry takes. The
    /// kind `case_event` is what is kept of cases besides the history.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn kept_bytes(&self, kinds: &[&str]) -> Result<u64, LedgerError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT bytes FROM kept_bytes WHERE kind = ?1")?;
            kinds.iter().try_fold(0, |sum, kind| {
                let bytes: Option<i64> =
                    statement.query_row([kind], |row| row.get(0)).optional()?;
                Ok(sum + bytes.unwrap_or(0).unsigned_abs())
            })
        })
    }

    /// Whether every kept entry still is what was recorded, and none is missing.
    ///
    /// Reads the whole history while nothing else is done to the ledger.
    ///
    /// # Errors
    /// The file cannot be read. An entry that does not fit is the inner error.
    pub fn verify_chain(&self) -> Result<Result<Chain, ChainError>, LedgerError> {
        self.read(chain::verify)
    }

    /// How far the reader of the history with this name has come; 0 for one that is not known.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn cursor(&self, name: &str) -> Result<u64, LedgerError> {
        self.read(|connection| {
            let number: Option<i64> = connection
                .prepare_cached("SELECT number FROM history_cursor WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()?;
            Ok(number.unwrap_or(0).unsigned_abs())
        })
    }

    /// Notes how far a reader has come. A cursor never goes back, nor beyond the newest entry. From
    /// the first call on (with 0, say) nothing that the reader has not passed is pruned.
    ///
    /// Does not wait for the disk: after a power cut a reader may meet its last entries again.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn move_cursor(&self, name: &str, number: u64) -> Result<(), LedgerError> {
        self.write(Durability::Kill, |transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO history_cursor (name, number) \
                     SELECT ?1, min(?2, number) FROM history_end WHERE name = 'head' \
                     ON CONFLICT (name) DO UPDATE SET number = excluded.number \
                     WHERE excluded.number > history_cursor.number",
                )?
                .execute(params![name, rows::as_row(number)])?;
            Ok(())
        })
    }

    /// Forgets a reader that no longer exists, so that it does not stop pruning.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn forget_cursor(&self, name: &str) -> Result<(), LedgerError> {
        self.write(Durability::Kill, |transaction| {
            transaction
                .prepare_cached("DELETE FROM history_cursor WHERE name = ?1")?
                .execute([name])?;
            Ok(())
        })
    }

    /// Removes up to `limit` of the oldest entries: those before the first one that happened at
    /// `before_micros` (since the Unix epoch, UTC) or later, that lie before `mark`, and that every
    /// reader with a cursor has passed. Gives how many.
    ///
    /// The rest can still be verified, from the hash of the last removed entry on. An entry whose
    /// clock ran ahead stops pruning until its time has passed.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn prune_history(
        &self,
        before_micros: i64,
        mark: Mark,
        limit: usize,
    ) -> Result<usize, LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.write(Durability::Kill, |transaction| {
            // The last entry to go: before the first young one, the slowest reader, the limit.
            let last: Option<(i64, Vec<u8>)> = transaction
                .prepare_cached(
                    "SELECT number, hash FROM history WHERE number <= min( \
                     ifnull((SELECT number - 1 FROM history WHERE at >= ?1 \
                     ORDER BY number LIMIT 1), 9223372036854775807), \
                     ifnull((SELECT min(number) FROM history_cursor), 9223372036854775807), \
                     (SELECT number FROM history_end WHERE name = 'anchor') + ?2, ?3) \
                     ORDER BY number DESC LIMIT 1",
                )?
                .query_row([before_micros, limit, rows::as_row(mark.history)], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            let Some((number, hash)) = last else {
                return Ok(0);
            };
            transaction
                .prepare_cached(
                    "UPDATE history_end SET number = ?1, hash = ?2 WHERE name = 'anchor'",
                )?
                .execute(params![number, hash])?;
            transaction.prepare_cached("DELETE FROM history WHERE number <= ?1")?.execute([number])
        })
    }
}
