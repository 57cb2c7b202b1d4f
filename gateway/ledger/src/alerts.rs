//! Alerts: their steps, their latest state, and when they are forgotten.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::assessors;
use crate::entry::{AlertRow, AlertState, AssessorState, CLOSED, Entry, OutgoingMessage, Sequence};
use crate::error::LedgerError;
use crate::history::recorded::{ALERT_STEP, HistoryEntry};
use crate::history::rows;
use crate::marks::Mark;
use crate::outbox::{self, Queued};
use crate::store::{Durability, Ledger};

impl Ledger {
    /// Keeps all `entries` and the states of these assessors, or nothing; on disk before it returns.
    ///
    /// Gives the sequence of each entry, in order. An (alert, seq) that was recorded before keeps
    /// its first message and gives the sequence of that one, acknowledged or not. A caller that
    /// does not know whether its last call succeeded may therefore repeat it.
    ///
    /// # Errors
    /// [`LedgerError::remedy`] says whether to call again; nothing of a failed call is kept.
    pub fn record<'a>(
        &self,
        entries: &[Entry],
        assessors: impl IntoIterator<Item = &'a AssessorState>,
    ) -> Result<Vec<Sequence>, LedgerError> {
        self.write(Durability::PowerCut, |transaction| {
            // The first fault must end it: on a full disk SQLite rolls back by itself, and only
            // what follows would be kept.
            let sequences = entries
                .iter()
                .map(|entry| record_entry(transaction, entry))
                .collect::<rusqlite::Result<_>>()?;
            assessors
                .into_iter()
                .try_for_each(|assessor| assessors::save(transaction, assessor))?;
            Ok(sequences)
        })
    }

    /// The latest state of this alert; none if it is unknown or forgotten.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn alert(&self, alert_id: &str) -> Result<Option<AlertRow>, LedgerError> {
        self.read(|connection| find(connection, alert_id))
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
            let rows = statement.query_map([], alert_row)?;
            rows.collect()
        })
    }

    /// The latest message of an alert, as its retained topic holds it; none if it is unknown or over.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn latest_message(&self, alert_id: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT payload FROM alert_state WHERE alert_id = ?1")?;
            statement.query_row([alert_id], |row| row.get(0)).optional()
        })
    }

    /// Up to `limit` alerts whose retained topic must exist or must be removed, by id, from the
    /// first behind `after` (`""` before all); to be removed are those that closed before
    /// `closed_before_micros` (since the Unix epoch, UTC) and those that were forgotten.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn alert_states(
        &self,
        after: &str,
        closed_before_micros: i64,
        limit: usize,
    ) -> Result<Vec<AlertState>, LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT alert_id, iif(ifnull(closed_at < ?2, 0), x'', payload) FROM alert_state \
                 WHERE alert_id > ?1 ORDER BY alert_id LIMIT ?3",
            )?;
            let rows = statement.query_map(params![after, closed_before_micros, limit], |row| {
                Ok(AlertState { alert_id: row.get(0)?, payload: row.get(1)? })
            })?;
            rows.collect()
        })
    }

    /// Notes that the broker has removed the retained topics of these closed alerts.
    ///
    /// Does not wait for the disk: a power cut can bring the last of them back, and they are
    /// removed again.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn forget_alert_states(&self, alert_ids: &[String]) -> Result<(), LedgerError> {
        if alert_ids.is_empty() {
            return Ok(());
        }
        self.write(Durability::Kill, |transaction| {
            let mut forget = transaction.prepare_cached(
                "DELETE FROM alert_state WHERE alert_id = ?1 AND closed_at IS NOT NULL",
            )?;
            alert_ids.iter().try_for_each(|alert_id| forget.execute([alert_id]).map(drop))
        })
    }

    /// Forgets up to `limit` alerts, the longest-closed first, that were closed before
    /// `before_micros` (since the Unix epoch, UTC), whose last step lies before `mark`, and of which
    /// no message waits; gives how many.
    ///
    /// Their steps and the events of their cases are forgotten too: a step that is recorded again
    /// would be sent again. That a retained topic must be removed is still remembered. The file
    /// does not shrink, but what is recorded later uses the space.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn forget_closed(
        &self,
        before_micros: i64,
        mark: Mark,
        limit: usize,
    ) -> Result<usize, LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.write(Durability::Kill, |transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT alert_id FROM alert WHERE state = 'closed' AND updated_at < ?1 \
                 AND NOT EXISTS (SELECT 1 FROM outbox WHERE order_key = alert.alert_id) \
                 AND NOT EXISTS (SELECT 1 FROM revision \
                 WHERE revision.alert_id = alert.alert_id AND sequence > ?3) \
                 ORDER BY updated_at, alert_id LIMIT ?2",
            )?;
            let rows =
                statement.query_map([before_micros, limit, mark.outbox], |row| row.get(0))?;
            let alert_ids: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
            for alert_id in &alert_ids {
                forget(transaction, alert_id)?;
            }
            Ok(alert_ids.len())
        })
    }
}

pub(crate) fn find(connection: &Connection, alert_id: &str) -> rusqlite::Result<Option<AlertRow>> {
    connection
        .prepare_cached(
            "SELECT alert_id, dedupe_key, device_id, seq, state, updated_at FROM alert \
             WHERE alert_id = ?1",
        )?
        .query_row([alert_id], alert_row)
        .optional()
}

fn alert_row(row: &Row<'_>) -> rusqlite::Result<AlertRow> {
    Ok(AlertRow {
        alert_id: row.get(0)?,
        dedupe_key: row.get(1)?,
        device_id: row.get(2)?,
        seq: row.get(3)?,
        state: row.get(4)?,
        updated_at_micros: row.get(5)?,
    })
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
    let queued_at = alert.updated_at_micros;
    let order_key = &alert.alert_id;
    let queued = Queued { order_key, queued_at, message, is_answer: false };
    let sequence = outbox::enqueue(transaction, queued)?;
    transaction
        .prepare_cached("INSERT INTO revision (alert_id, seq, sequence) VALUES (?1, ?2, ?3)")?
        .execute(params![alert.alert_id, alert.seq, sequence.0])?;
    let step = HistoryEntry {
        kind: ALERT_STEP.to_owned(),
        subject: alert.alert_id.clone(),
        at_micros: alert.updated_at_micros,
        body: message.payload.clone(),
    };
    rows::append(transaction, &step)?;
    if advance(transaction, alert)? {
        show(transaction, alert, message)?;
    }
    Ok(sequence)
}

/// Gives whether this is the alert's latest step. A late step is still sent, but it does not bring
/// back an earlier state of the alert.
fn advance(transaction: &Transaction<'_>, alert: &AlertRow) -> rusqlite::Result<bool> {
    let changed = transaction
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
    Ok(changed > 0)
}

/// What the alert's retained topic must hold from now on.
fn show(
    transaction: &Transaction<'_>,
    alert: &AlertRow,
    message: &OutgoingMessage,
) -> rusqlite::Result<()> {
    let closed_at = (alert.state == CLOSED).then_some(alert.updated_at_micros);
    transaction
        .prepare_cached(
            "INSERT INTO alert_state (alert_id, closed_at, payload) VALUES (?1, ?2, ?3) \
             ON CONFLICT (alert_id) DO UPDATE SET closed_at = excluded.closed_at, \
             payload = excluded.payload",
        )?
        .execute(params![alert.alert_id, closed_at, message.payload])?;
    Ok(())
}

fn forget(transaction: &Transaction<'_>, alert_id: &str) -> rusqlite::Result<()> {
    for table in [
        "DELETE FROM revision WHERE alert_id = ?1",
        "DELETE FROM case_event WHERE alert_id = ?1",
        "DELETE FROM alert WHERE alert_id = ?1",
        // An empty payload is what removes the topic, whenever the publisher comes to it.
        "UPDATE alert_state SET payload = x'' WHERE alert_id = ?1",
    ] {
        transaction.prepare_cached(table)?.execute([alert_id])?;
    }
    Ok(())
}
