//! Messages from outside that changed nothing: the latest of them, for whoever looks for a fault.
//!
//! They lie beside the history, not in it. The history keeps an entry for more than a year, and
//! whoever may write to a gateway could fill its disk with them.

use rusqlite::{Connection, Transaction, params};

use crate::entry::Answer;
use crate::error::LedgerError;
use crate::outbox;
use crate::store::{Durability, Ledger};

/// Strays that are kept; the oldest go first. With [`MAX_STRAY_TEXT_BYTES`] that is below 1 MiB.
pub const MOST_STRAYS: usize = 1_000;

/// Longer subjects and reasons are cut: no more is needed to find whoever sends them.
pub const MAX_STRAY_TEXT_BYTES: usize = 300;

/// A message that changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// When it came: microseconds since the Unix epoch, UTC.
    pub at_micros: i64,
    /// What it claimed to concern; cut after [`MAX_STRAY_TEXT_BYTES`].
    pub subject: String,
    /// Its size. The message itself is not kept.
    pub bytes: u64,
    /// What became of it, in a word of the caller.
    pub result: String,
    /// Why; cut after [`MAX_STRAY_TEXT_BYTES`].
    pub reason: String,
}

impl Ledger {
    /// Notes a message that changed nothing, with its answer. A power cut may undo it.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn note_stray(&self, stray: &Stray, answer: Option<&Answer>) -> Result<(), LedgerError> {
        self.write(Durability::Kill, |transaction| {
            let number = insert(transaction, stray)?;
            transaction
                .prepare_cached("DELETE FROM stray WHERE number <= ?1")?
                .execute([number.saturating_sub_unsigned(MOST_STRAYS as u64)])?;
            answer.map_or(Ok(()), |answer| outbox::answer(transaction, answer, stray.at_micros))
        })
    }

    /// The latest strays, the oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn strays(&self) -> Result<Vec<Stray>, LedgerError> {
        self.read(all)
    }

    /// Forgets up to `limit` strays that came before `before_micros` (since the Unix epoch, UTC);
    /// gives how many.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn forget_strays(&self, before_micros: i64, limit: usize) -> Result<usize, LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.write(Durability::Kill, |transaction| {
            transaction
                .prepare_cached(
                    "DELETE FROM stray WHERE number IN \
                     (SELECT number FROM stray WHERE at < ?1 ORDER BY number LIMIT ?2)",
                )?
                .execute([before_micros, limit])
        })
    }
}

fn insert(transaction: &Transaction<'_>, stray: &Stray) -> rusqlite::Result<i64> {
    let Stray { at_micros, subject, bytes, result, reason } = stray;
    transaction
        .prepare_cached(
            "INSERT INTO stray (at, subject, bytes, result, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .insert(params![
            at_micros,
            cut(subject),
            i64::try_from(*bytes).unwrap_or(i64::MAX),
            result,
            cut(reason)
        ])
}

pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Stray>> {
    let mut statement = connection
        .prepare_cached("SELECT at, subject, bytes, result, reason FROM stray ORDER BY number")?;
    let rows = statement.query_map([], |row| {
        Ok(Stray {
            at_micros: row.get(0)?,
            subject: row.get(1)?,
            bytes: row.get::<_, i64>(2)?.unsigned_abs(),
            result: row.get(3)?,
            reason: row.get(4)?,
        })
    })?;
    rows.collect()
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_STRAY_TEXT_BYTES)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{OutgoingMessage, Sequence};

    fn stray(number: i64) -> Stray {
        Stray {
            at_micros: number,
            subject: format!("case/{}", "ü".repeat(400)),
            bytes: 65_536,
            result: "unknown_alert".to_owned(),
            reason: "x".repeat(60_000),
        }
    }

    #[test]
    fn only_the_latest_strays_stay_and_they_are_small() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
        let message = OutgoingMessage { topic: "ack".into(), payload: vec![1], retain: false };
        let answer = Answer { order_key: "a".into(), message };
        let most = i64::try_from(MOST_STRAYS).unwrap();
        for number in 1..=most + 20 {
            ledger.note_stray(&stray(number), (number == 7).then_some(&answer)).unwrap();
        }
        let kept = ledger.strays().unwrap();
        assert_eq!((kept.len(), kept[0].at_micros), (MOST_STRAYS, 21));
        assert!(kept.iter().all(|it| it.subject.len() <= 300 && it.reason.len() <= 300));
        assert_eq!(kept[0].bytes, 65_536);
        assert_eq!(ledger.unsent(Sequence::START, 9).unwrap().len(), 1, "its answer");
        assert_eq!(ledger.answers_waiting().unwrap(), 1);
        assert_eq!(ledger.history(0, 9).unwrap(), [], "nothing goes into the history");
        assert_eq!(ledger.forget_strays(most, 2).unwrap(), 2);
        assert_eq!(ledger.forget_strays(most, usize::MAX).unwrap(), MOST_STRAYS - 2 - 21);
        assert_eq!(ledger.strays().unwrap()[0].at_micros, most);
    }
}
