//! Marks: how far the ledger had come at a time told by a clock that was believed.
//!
//! The times in entries come from whatever clock there was: that of a camera, or that of a box which
//! started in 1970. By them alone nothing may be called old.

use rusqlite::{OptionalExtension, params};

use crate::error::LedgerError;
use crate::store::{Durability, Ledger};

/// From one mark to the next.
const MARK_EVERY_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// Marks that are older are no longer of use: nothing is kept for so long.
const MARK_KEPT_MICROS: i64 = 800 * MARK_EVERY_MICROS;

/// What is at least as old as a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Number of the newest entry of the history then.
    pub history: u64,
    /// Number of the newest message of the outbox then.
    pub outbox: i64,
}

impl Mark {
    /// Before everything.
    pub const NOTHING: Self = Self { history: 0, outbox: 0 };
    /// Behind everything.
    pub const ALL: Self = Self { history: u64::MAX, outbox: i64::MAX };
}

impl Ledger {
    /// Notes how far the ledger has come at `now_micros` (since the Unix epoch, UTC), told by a clock
    /// that is believed; once a day. Marks of a time to come were made by a clock that was wrong, and
    /// go.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn mark(&self, now_micros: i64) -> Result<(), LedgerError> {
        self.write(Durability::Kill, |transaction| {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO upkeep_time VALUES (1, ?1)")?
                .execute([now_micros])?;
            let kept_from = now_micros.saturating_sub(MARK_KEPT_MICROS);
            transaction
                .prepare_cached("DELETE FROM mark WHERE at > ?1 OR at < ?2")?
                .execute([now_micros, kept_from])?;
            transaction
                .prepare_cached(
                    "INSERT INTO mark SELECT ?1, \
                     (SELECT number FROM history_end WHERE name = 'head'), \
                     ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0) \
                     WHERE NOT EXISTS (SELECT 1 FROM mark WHERE at > ?2)",
                )?
                .execute(params![now_micros, now_micros.saturating_sub(MARK_EVERY_MICROS)])?;
            Ok(())
        })
    }

    /// The time of the latest call of [`Ledger::mark`], in any run; microseconds since the Unix
    /// epoch, UTC.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn marked_at(&self) -> Result<Option<i64>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT at FROM upkeep_time")?
                .query_row([], |row| row.get(0))
                .optional()
        })
    }

    /// The latest mark before `before_micros` (since the Unix epoch, UTC); [`Mark::NOTHING`] if there
    /// is none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn marked_before(&self, before_micros: i64) -> Result<Mark, LedgerError> {
        self.read(|connection| {
            let mark = connection
                .prepare_cached(
                    "SELECT history, outbox FROM mark WHERE at < ?1 ORDER BY at DESC LIMIT 1",
                )?
                .query_row([before_micros], |row| {
                    Ok(Mark { history: row.get::<_, i64>(0)?.unsigned_abs(), outbox: row.get(1)? })
                })
                .optional()?;
            Ok(mark.unwrap_or(Mark::NOTHING))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{AlertRow, CLOSED, Entry, OutgoingMessage};
    use crate::history::recorded::HistoryEntry;

    const DAY: i64 = MARK_EVERY_MICROS;
    const NOW: i64 = 20_000 * DAY;

    fn note(ledger: &Ledger, at_micros: i64) {
        let (kind, subject) = ("command".into(), "r".into());
        ledger.note(&HistoryEntry { kind, subject, at_micros, body: Vec::new() }, &[]).unwrap();
    }

    fn close(ledger: &Ledger, alert_id: &str, updated_at_micros: i64) {
        let alert = AlertRow {
            alert_id: alert_id.to_owned(),
            dedupe_key: String::new(),
            device_id: String::new(),
            seq: 1,
            state: CLOSED.to_owned(),
            updated_at_micros,
        };
        let message = OutgoingMessage { topic: "t".into(), payload: Vec::new(), retain: false };
        let sequences = ledger.record(&[Entry { alert, message }], None).unwrap();
        ledger.acknowledge(&sequences).unwrap();
    }

    #[test]
    fn what_a_wrong_clock_dated_is_as_old_as_the_first_mark_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
        // Started in 1970, and on a camera that was never set.
        note(&ledger, 60_000_000);
        close(&ledger, "a", 61_000_000);
        let prune = |now: i64| {
            ledger.mark(now).unwrap();
            let before = now - 30 * DAY;
            let mark = ledger.marked_before(before).unwrap();
            let forgotten = ledger.forget_closed(before, mark, 9).unwrap();
            (ledger.prune_history(before, mark, 9).unwrap(), forgotten)
        };
        assert_eq!(prune(NOW), (0, 0), "56 years old by what it says");
        note(&ledger, NOW);
        close(&ledger, "b", 62_000_000);
        assert_eq!(prune(NOW + DAY), (0, 0));
        assert_eq!(prune(NOW + 30 * DAY), (0, 0));
        // By the next day they have been there for thirty.
        assert_eq!(prune(NOW + 30 * DAY + 1), (2, 1));
        assert_eq!(prune(NOW + 31 * DAY + 1), (2, 1), "the second alert, and what came before it");
    }

    #[test]
    fn marks_of_a_time_to_come_count_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
        note(&ledger, NOW);
        ledger.mark(NOW + 400 * DAY).unwrap();
        ledger.mark(NOW).unwrap();
        assert_eq!(ledger.marked_before(NOW).unwrap(), Mark::NOTHING);
        assert_eq!(ledger.marked_before(i64::MAX).unwrap(), Mark { history: 1, outbox: 0 });
        note(&ledger, NOW);
        ledger.mark(NOW + DAY / 2).unwrap();
        assert_eq!(ledger.marked_before(i64::MAX).unwrap().history, 1, "one a day");
        assert_eq!(ledger.marked_at().unwrap(), Some(NOW + DAY / 2));
    }
}
