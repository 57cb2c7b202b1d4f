//! What the case system says about alerts: kept in whatever order it comes.

use rusqlite::{Connection, Transaction, params};

use crate::alerts;
use crate::entry::{AlertRow, Answer};
use crate::error::LedgerError;
use crate::history::recorded::HistoryEntry;
use crate::history::rows;
use crate::outbox;
use crate::store::{Durability, Ledger};

/// One event of a case; its sender numbers those of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseEventRow {
    /// Number of the event within its alert's case, at most `i64::MAX`.
    pub seq: u64,
    /// The message that brought it.
    pub msg_id: String,
    /// Opaque payload.
    pub payload: Vec<u8>,
    /// When it came: microseconds since the Unix epoch, UTC.
    pub received_at_micros: i64,
}

/// What is known of a case before an event is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCase {
    /// The alert, unless there is none of this id, or no longer.
    pub alert: Option<AlertRow>,
    /// The events kept until now, by `seq`.
    pub events: Vec<CaseEventRow>,
}

/// What to do with an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement<T> {
    /// What to keep of it. Nothing is kept for an alert that is not known. Of two events with the
    /// same `seq` or `msg_id` the first one stays.
    pub keep: Option<CaseEventRow>,
    /// What the history says of it.
    pub note: HistoryEntry,
    /// The message that answers it, if any.
    pub answer: Option<Answer>,
    /// For the caller.
    pub outcome: T,
}

impl Ledger {
    /// Lets `judge` decide on an event of the case of `alert_id` by what is known. Keeps what the
    /// judgement says, its note in the history and its answer, or nothing of it; on disk before it
    /// returns.
    ///
    /// # Errors
    /// As [`Ledger::record`]; the event must then be judged again.
    pub fn take_feedback<T>(
        &self,
        alert_id: &str,
        judge: impl FnOnce(&KnownCase) -> Judgement<T>,
    ) -> Result<T, LedgerError> {
        self.write(Durability::PowerCut, |transaction| {
            let known = known(transaction, alert_id)?;
            let Judgement { keep, note, answer, outcome } = judge(&known);
            if let (Some(event), Some(_)) = (&keep, &known.alert) {
                keep_event(transaction, alert_id, event)?;
            }
            rows::append(transaction, &note)?;
            if let Some(answer) = &answer {
                outbox::answer(transaction, answer, note.at_micros)?;
            }
            Ok(outcome)
        })
    }

    /// What is known of the case of `alert_id`: by this an event can be judged beforehand.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn known_case(&self, alert_id: &str) -> Result<KnownCase, LedgerError> {
        self.read(|connection| known(connection, alert_id))
    }

    /// The events of the case of `alert_id`, by `seq`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn case_events(&self, alert_id: &str) -> Result<Vec<CaseEventRow>, LedgerError> {
        self.read(|connection| events(connection, alert_id))
    }
}

fn known(connection: &Connection, alert_id: &str) -> rusqlite::Result<KnownCase> {
    Ok(KnownCase {
        alert: alerts::find(connection, alert_id)?,
        events: events(connection, alert_id)?,
    })
}

fn keep_event(
    transaction: &Transaction<'_>,
    alert_id: &str,
    event: &CaseEventRow,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO case_event (alert_id, seq, msg_id, received_at, payload) \
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            alert_id,
            i64::try_from(event.seq).unwrap_or(i64::MAX),
            event.msg_id,
            event.received_at_micros,
            event.payload
        ])?;
    Ok(())
}

fn events(connection: &Connection, alert_id: &str) -> rusqlite::Result<Vec<CaseEventRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, msg_id, payload, received_at FROM case_event WHERE alert_id = ?1 ORDER BY seq",
    )?;
    let rows = statement.query_map([alert_id], |row| {
        Ok(CaseEventRow {
            seq: row.get::<_, i64>(0)?.unsigned_abs(),
            msg_id: row.get(1)?,
            payload: row.get(2)?,
            received_at_micros: row.get(3)?,
        })
    })?;
    rows.collect()
}
