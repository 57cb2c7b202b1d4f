//! The history: what was decided and said, each entry hashed with the one before it.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, Params, Row, Transaction, params};
use sha2::{Digest, Sha256};

use crate::outbox::{self, Queued};
use crate::store::{Durability, Ledger};
use crate::{Answer, LedgerError};

pub(crate) mod chain;
#[cfg(test)]
mod tests;

pub use chain::{Chain, ChainCheck, ChainFault};

/// One thing that happened; opaque but for its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// What sort of thing: [`ALERT_STEP`] for what [`Ledger::record`] keeps, else a word of the
    /// caller's.
    pub kind: String,
    /// What it concerns: an alert's id, a device, a request.
    pub subject: String,
    /// When it happened: microseconds since the Unix epoch, UTC. The order of the history is that
    /// of recording, whatever the times say: clocks step back.
    pub at_micros: i64,
    /// The thing itself.
    pub body: Vec<u8>,
}

/// The [`HistoryEntry::kind`] of a step of an alert; its body is the payload of its message.
pub const ALERT_STEP: &str = "alert";

/// An entry in its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Recorded {
    /// From 1, without gaps.
    pub number: u64,
    /// What happened.
    pub entry: HistoryEntry,
    /// Hash of the entry before; zeros before the first.
    pub previous: [u8; 32],
    /// [`Recorded::digest`] of this one.
    pub hash: [u8; 32],
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded")
            .field("number", &self.number)
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

impl Recorded {
    /// What the hash must be: SHA-256 over `previous`, number and time (each 8 bytes, big-endian),
    /// then kind, subject and body, each behind its length in bytes (8 bytes, big-endian).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let HistoryEntry { kind, subject, at_micros, body } = &self.entry;
        let mut hasher = Sha256::new();
        hasher.update(self.previous);
        hasher.update(self.number.to_be_bytes());
        hasher.update(at_micros.to_be_bytes());
        for part in [kind.as_bytes(), subject.as_bytes(), body] {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }
}

impl Ledger {
    /// Keeps what happened, with the messages that tell of it; on disk before it returns. Gives
    /// its number in the history.
    ///
    /// # Errors
    /// As [`Ledger::record`]. Unlike a step, an entry is kept once more by each call.
    pub fn note(&self, entry: &HistoryEntry, answers: &[Answer]) -> Result<u64, LedgerError> {
        self.write(Durability::PowerCut, |transaction| {
            let number = append(transaction, entry)?;
            for Answer { order_key, message } in answers {
                let queued_at = entry.at_micros;
                outbox::enqueue(transaction, Queued { order_key, queued_at, message })?;
            }
            Ok(number)
        })
    }

    /// As [`Ledger::note`], for what nobody is told: does not wait for the disk. A power cut may
    /// undo it, with all that was kept lazily behind it.
    ///
    /// # Errors
    /// As [`Ledger::note`].
    pub fn note_lazily(&self, entry: &HistoryEntry) -> Result<u64, LedgerError> {
        self.write(Durability::Kill, |transaction| append(transaction, entry))
    }

    /// Up to `limit` entries, in order, from the first behind number `after`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn history(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, LedgerError> {
        self.read(|connection| entries(connection, after, limit))
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
        self.read(|connection| entries_of(connection, subject, after, limit))
    }

    /// Whether every kept entry still is what was recorded, and none is missing.
    ///
    /// Reads the whole history while nothing else is done to the ledger.
    ///
    /// # Errors
    /// The file cannot be read. What does not fit is no error but a [`ChainFault`].
    pub fn verify_chain(&self) -> Result<Result<Chain, ChainFault>, LedgerError> {
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

    /// Notes how far a reader has come. It never goes back, nor beyond the newest entry; from the
    /// first call on (with 0, say) nothing behind its cursor is pruned.
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
                .execute(params![name, as_row(number)])?;
            Ok(())
        })
    }

    /// Forgets a reader that is no more, so that it does not hold the history back.
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
    /// `before_micros` (since the Unix epoch, UTC) or later, and that every reader with a cursor
    /// has passed. Gives how many.
    ///
    /// What stays still verifies, from the hash of the last removed entry on. An entry of a clock
    /// that ran ahead holds back what follows it until its time has passed.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn prune_history(&self, before_micros: i64, limit: usize) -> Result<usize, LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.write(Durability::Kill, |transaction| {
            // The last entry to go: before the first young one, the slowest reader, the limit.
            let last: Option<(i64, Vec<u8>)> = transaction
                .prepare_cached(
                    "SELECT number, hash FROM history WHERE number <= min( \
                     ifnull((SELECT number - 1 FROM history WHERE at >= ?1 \
                     ORDER BY number LIMIT 1), 9223372036854775807), \
                     ifnull((SELECT min(number) FROM history_cursor), 9223372036854775807), \
                     (SELECT number FROM history_end WHERE name = 'anchor') + ?2) \
                     ORDER BY number DESC LIMIT 1",
                )?
                .query_row([before_micros, limit], |row| Ok((row.get(0)?, row.get(1)?)))
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

/// Puts an entry behind the newest one.
pub(crate) fn append(transaction: &Transaction<'_>, entry: &HistoryEntry) -> rusqlite::Result<u64> {
    let (head, previous) = end(transaction, "head")?;
    let mut recorded = Recorded { number: head + 1, entry: entry.clone(), previous, hash: [0; 32] };
    recorded.hash = recorded.digest();
    let number = as_row(recorded.number);
    transaction
        .prepare_cached(
            "INSERT INTO history (number, at, kind, subject, body, previous, hash) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            number,
            entry.at_micros,
            entry.kind,
            entry.subject,
            entry.body,
            recorded.previous,
            recorded.hash
        ])?;
    transaction
        .prepare_cached("UPDATE history_end SET number = ?1, hash = ?2 WHERE name = 'head'")?
        .execute(params![number, recorded.hash])?;
    Ok(recorded.number)
}

/// The number and hash at an end of the kept history.
fn end(connection: &Connection, name: &str) -> rusqlite::Result<(u64, [u8; 32])> {
    connection
        .prepare_cached("SELECT number, hash FROM history_end WHERE name = ?1")?
        .query_row([name], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)))
}

const COLUMNS: &str = "SELECT number, at, kind, subject, body, previous, hash FROM history";

pub(crate) fn entries(
    connection: &Connection,
    after: u64,
    limit: usize,
) -> rusqlite::Result<Vec<Recorded>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = format!("{COLUMNS} WHERE number > ?1 ORDER BY number LIMIT ?2");
    select(connection, &query, [as_row(after), limit])
}

pub(crate) fn entries_of(
    connection: &Connection,
    subject: &str,
    after: u64,
    limit: usize,
) -> rusqlite::Result<Vec<Recorded>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = format!("{COLUMNS} WHERE subject = ?1 AND number > ?2 ORDER BY number LIMIT ?3");
    select(connection, &query, params![subject, as_row(after), limit])
}

fn select(
    connection: &Connection,
    query: &str,
    values: impl Params,
) -> rusqlite::Result<Vec<Recorded>> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(values, recorded)?;
    rows.collect()
}

fn recorded(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    Ok(Recorded {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        entry: HistoryEntry {
            at_micros: row.get(1)?,
            kind: row.get(2)?,
            subject: row.get(3)?,
            body: row.get(4)?,
        },
        previous: row.get(5)?,
        hash: row.get(6)?,
    })
}

/// As SQLite keeps a number. No history reaches the end of its range.
fn as_row(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
