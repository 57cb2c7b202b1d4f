//! The ledger itself: every public call is one transaction.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::lock::Claim;
use crate::schema;
use crate::{AlertRow, AssessorState, Depth, Entry, LedgerError, QueuedMessage, Sequence};

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
enum Durability {
    /// A power cut: the disk has it.
    PowerCut,
    /// The end of the process; a power cut may undo it, as a whole.
    Kill,
}

struct Shared {
    path: PathBuf,
    connection: Mutex<Connection>,
    // After the connection: fields drop in order, and the claim must outlive it.
    _claim: Claim,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens the ledger at `path`, making the file (not its folder) if there is none, and
    /// bringing an older one to the newest version.
    ///
    /// # Errors
    /// Another process holds it ([`LedgerError::InUse`]); it is foreign, newer than this code or
    /// damaged; it cannot be read or written.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let claim = Claim::on(path)?;
        let connection = Mutex::new(schema::open(path)?);
        let shared = Shared { path: path.to_path_buf(), connection, _claim: claim };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Where the ledger lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Keeps all `entries` and the assessor's state, or nothing; on disk before it returns.
    ///
    /// Gives the sequence of each entry, in order. An (alert, seq) that was recorded before keeps
    /// its first message and gives that one's sequence, acknowledged or not: a caller that does
    /// not know whether its last call went through repeats it.
    ///
    /// # Errors
    /// [`LedgerError::remedy`] says whether to call again; nothing of a failed call is kept.
    pub fn record(
        &self,
        entries: &[Entry],
        assessor: Option<&AssessorState>,
    ) -> Result<Vec<Sequence>, LedgerError> {
        self.write(Durability::PowerCut, |transaction| {
            // The first fault must end it: on a full disk SQLite rolls back by itself, and what
            // follows would be kept alone.
            let sequences = entries
                .iter()
                .map(|entry| record_entry(transaction, entry))
                .collect::<rusqlite::Result<_>>()?;
            if let Some(assessor) = assessor {
                save_assessor(transaction, assessor)?;
            }
            Ok(sequences)
        })
    }

    /// Keeps the state of one assessor that has nothing to tell.
    ///
    /// Does not wait for the disk, so that many cameras can do so often: after a power cut the
    /// state may be an earlier one, but never one from before the device's last alert step.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn save_assessor_state(&self, assessor: &AssessorState) -> Result<(), LedgerError> {
        self.write(Durability::Kill, |transaction| save_assessor(transaction, assessor))
    }

    /// The devices with a kept assessor state, in order: those of the last run's configuration
    /// and, until they are forgotten, of earlier ones.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn assessed_devices(&self) -> Result<Vec<String>, LedgerError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT device_id FROM assessor ORDER BY device_id")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect()
        })
    }

    /// Removes the kept state of a device that is no more; having none is no fault.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn forget_assessor(&self, device_id: &str) -> Result<(), LedgerError> {
        self.write(Durability::Kill, |transaction| {
            transaction
                .prepare_cached("DELETE FROM assessor WHERE device_id = ?1")?
                .execute([device_id])?;
            Ok(())
        })
    }

    /// The state last kept for this device.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn assessor_state(&self, device_id: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT state FROM assessor WHERE device_id = ?1")?
                .query_row([device_id], |row| row.get(0))
                .optional()
        })
    }

    /// Up to `limit` messages that wait, in order, from the first behind `after`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn unsent(&self, after: Sequence, limit: usize) -> Result<Vec<QueuedMessage>, LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT outbox.sequence, alert_id, topic, payload, retain \
                 FROM outbox JOIN revision USING (sequence) \
                 WHERE outbox.sequence > ?1 ORDER BY outbox.sequence LIMIT ?2",
            )?;
            let rows = statement.query_map([after.0, limit], |row| {
                Ok(QueuedMessage {
                    sequence: Sequence(row.get(0)?),
                    alert_id: row.get(1)?,
                    topic: row.get(2)?,
                    payload: row.get(3)?,
                    retain: row.get(4)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Removes messages that the broker has taken over; one that is gone already is no fault.
    ///
    /// Does not wait for the disk: a power cut can bring the last of them back, to be sent again,
    /// and a backlog drains as fast as the broker answers.
    ///
    /// # Errors
    /// As [`Ledger::record`]; all of `sequences` still wait then.
    pub fn acknowledge(&self, sequences: &[Sequence]) -> Result<(), LedgerError> {
        if sequences.is_empty() {
            return Ok(());
        }
        self.write(Durability::Kill, |transaction| {
            let mut statement =
                transaction.prepare_cached("DELETE FROM outbox WHERE sequence = ?1")?;
            for sequence in sequences {
                statement.execute([sequence.0])?;
            }
            Ok(())
        })
    }

    /// Every alert that is not closed, by device and id.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open_alerts(&self) -> Result<Vec<AlertRow>, LedgerError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT alert_id, dedupe_key, device_id, seq, state, updated_at FROM alert \
                 WHERE state <> 'closed' ORDER BY device_id, alert_id",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(AlertRow {
                    alert_id: row.get(0)?,
                    dedupe_key: row.get(1)?,
                    device_id: row.get(2)?,
                    seq: row.get(3)?,
                    state: row.get(4)?,
                    updated_at_micros: row.get(5)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Forgets up to `limit` alerts, the longest-closed first, that were closed before
    /// `before_micros` (since the Unix epoch, UTC) and of which no message waits; gives how many.
    ///
    /// Their steps are forgotten too: recorded once more, one of them would be sent again. The
    /// file does not shrink, but what is recorded later takes the place.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn forget_closed(&self, before_micros: i64, limit: usize) -> Result<usize, LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.write(Durability::Kill, |transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT alert_id FROM alert WHERE state = 'closed' AND updated_at < ?1 \
                 AND NOT EXISTS (SELECT 1 FROM revision JOIN outbox USING (sequence) \
                 WHERE revision.alert_id = alert.alert_id) \
                 ORDER BY updated_at, alert_id LIMIT ?2",
            )?;
            let rows = statement.query_map([before_micros, limit], |row| row.get(0))?;
            let alert_ids: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
            for alert_id in &alert_ids {
                transaction
                    .prepare_cached("DELETE FROM revision WHERE alert_id = ?1")?
                    .execute([alert_id])?;
                transaction
                    .prepare_cached("DELETE FROM alert WHERE alert_id = ?1")?
                    .execute([alert_id])?;
            }
            Ok(alert_ids.len())
        })
    }

    /// How much waits in the outbox, and since when.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn depth(&self) -> Result<Depth, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT count(*), ifnull(sum(payload_bytes), 0), min(queued_at) FROM outbox",
                )?
                .query_row([], |row| {
                    Ok(Depth {
                        messages: row.get::<_, i64>(0)?.unsigned_abs(),
                        bytes: row.get::<_, i64>(1)?.unsigned_abs(),
                        oldest_at: row.get(2)?,
                    })
                })
        })
    }

    /// Folds the write-ahead log into the one file, so that copying that file copies all.
    ///
    /// The ledger can be written on afterwards.
    ///
    /// # Errors
    /// The file cannot be written, or another program is reading it ([`LedgerError::Locked`]).
    pub fn seal(&self) -> Result<(), LedgerError> {
        let busy: i64 = self.read(|connection| {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        })?;
        if busy == 0 { Ok(()) } else { Err(LedgerError::Locked { path: self.shared.path.clone() }) }
    }

    fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        query(&self.connection()).map_err(|source| self.fault(source))
    }

    fn write<T>(
        &self,
        durability: Durability,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let mut connection = self.connection();
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

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held rolled its transaction back: the data are whole.
        self.shared.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self, source: rusqlite::Error) -> LedgerError {
        LedgerError::from_sqlite(&self.shared.path, source)
    }
}

fn record_entry(transaction: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<Sequence> {
    let Entry { alert, message } = entry;
    let known = transaction
        .prepare_cached("SELECT sequence FROM revision WHERE alert_id = ?1 AND seq = ?2")?
        .query_row(params![alert.alert_id, alert.seq], |row| row.get(0))
        .optional()?;
    if let Some(sequence) = known {
        return Ok(Sequence(sequence));
    }
    let payload_bytes = i64::try_from(message.payload.len()).unwrap_or(i64::MAX);
    let sequence = transaction
        .prepare_cached(
            "INSERT INTO outbox (queued_at, payload_bytes, retain, topic, payload) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .insert(params![
            alert.updated_at_micros,
            payload_bytes,
            message.retain,
            message.topic,
            message.payload
        ])?;
    transaction
        .prepare_cached("INSERT INTO revision (alert_id, seq, sequence) VALUES (?1, ?2, ?3)")?
        .execute(params![alert.alert_id, alert.seq, sequence])?;
    // A late step of an alert is still sent, but does not bring back its past state.
    transaction
        .prepare_cached(
            "INSERT INTO alert (alert_id, dedupe_key, device_id, seq, state, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (alert_id) DO UPDATE SET dedupe_key = excluded.dedupe_key, \
             device_id = excluded.device_id, seq = excluded.seq, state = excluded.state, \
             updated_at = excluded.updated_at WHERE excluded.seq > alert.seq",
        )?
        .execute(params![
            alert.alert_id,
            alert.dedupe_key,
            alert.device_id,
            alert.seq,
            alert.state,
            alert.updated_at_micros
        ])?;
    Ok(Sequence(sequence))
}

fn save_assessor(transaction: &Transaction<'_>, assessor: &AssessorState) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO assessor (device_id, state) VALUES (?1, ?2) \
             ON CONFLICT (device_id) DO UPDATE SET state = excluded.state",
        )?
        .execute(params![assessor.device_id, assessor.state])?;
    Ok(())
}
