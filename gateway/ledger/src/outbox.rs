//! The outbox: messages that wait until the broker has acknowledged them.

use rusqlite::{Transaction, params};

use crate::entry::{Answer, Depth, OutgoingMessage, QueuedMessage, Sequence};
use crate::error::LedgerError;
use crate::store::{Durability, Ledger};

/// A message on its way into the outbox.
#[derive(Clone, Copy)]
pub(crate) struct Queued<'a> {
    pub(crate) order_key: &'a str,
    /// When what it tells of happened: microseconds since the Unix epoch, UTC.
    pub(crate) queued_at: i64,
    pub(crate) message: &'a OutgoingMessage,
    /// Whether it answers somebody: such messages are counted while they wait.
    pub(crate) is_answer: bool,
}

/// Queues an answer to what came at `queued_at`.
pub(crate) fn answer(
    transaction: &Transaction<'_>,
    Answer { order_key, message }: &Answer,
    queued_at: i64,
) -> rusqlite::Result<()> {
    enqueue(transaction, Queued { order_key, queued_at, message, is_answer: true }).map(drop)
}

pub(crate) fn enqueue(
    transaction: &Transaction<'_>,
    queued: Queued<'_>,
) -> rusqlite::Result<Sequence> {
    let Queued { order_key, queued_at, message, is_answer } = queued;
    let payload_bytes = i64::try_from(message.payload.len()).unwrap_or(i64::MAX);
    transaction
        .prepare_cached(
            "INSERT INTO outbox \
             (order_key, queued_at, payload_bytes, retain, topic, payload, is_answer) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .insert(params![
            order_key,
            queued_at,
            payload_bytes,
            message.retain,
            message.topic,
            message.payload,
            is_answer
        ])
        .map(Sequence)
}

impl Ledger {
    /// Up to `limit` messages that wait, in order, from the first behind `after`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn unsent(&self, after: Sequence, limit: usize) -> Result<Vec<QueuedMessage>, LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT sequence, order_key, topic, payload, retain FROM outbox \
                 WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
            )?;
            let rows = statement.query_map([after.0, limit], |row| {
                Ok(QueuedMessage {
                    sequence: Sequence(row.get(0)?),
                    order_key: row.get(1)?,
                    topic: row.get(2)?,
                    payload: row.get(3)?,
                    retain: row.get(4)?,
                })
            })?;
            rows.collect()
        })
    }

    /// The payloads that wait under `topic` among those of one alert or command, in order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn waiting(&self, order_key: &str, topic: &str) -> Result<Vec<Vec<u8>>, LedgerError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT payload FROM outbox WHERE order_key = ?1 AND topic = ?2 ORDER BY sequence",
            )?;
            let rows = statement.query_map([order_key, topic], |row| row.get(0))?;
            rows.collect()
        })
    }

    /// How many of the messages that wait are answers.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn answers_waiting(&self) -> Result<u64, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT count(*) FROM outbox WHERE is_answer = 1")?
                .query_row([], |row| row.get::<_, i64>(0).map(i64::unsigned_abs))
        })
    }

    /// Removes messages that the broker has acknowledged. One that is gone already is no error.
    ///
    /// Does not wait for the disk, so that a backlog drains as fast as the broker answers. A power
    /// cut can bring the last of them back, and they are sent again.
    ///
    /// # Errors
    /// As [`Ledger::record`]; all of `sequences` then still wait.
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
}
