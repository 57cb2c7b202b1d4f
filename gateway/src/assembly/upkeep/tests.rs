//! What the ledger gives up, and when.

use ledger::{AlertRow, CLOSED, Entry, HistoryEntry, OutgoingMessage};
use runtime::utc_now;

use super::*;

const DAY_MICROS: i64 = 86_400_000_000;

fn closed(alert_id: &str, days: i64) -> Entry {
    Entry {
        alert: AlertRow {
            alert_id: alert_id.to_owned(),
            dedupe_key: String::new(),
            device_id: "cam-01".to_owned(),
            seq: 1,
            state: CLOSED.to_owned(),
            updated_at_micros: utc_now().unix_micros() - days * DAY_MICROS,
        },
        message: OutgoingMessage {
            topic: "evt/fire".to_owned(),
            payload: alert_id.as_bytes().to_vec(),
            retain: false,
        },
    }
}

#[tokio::test]
async fn old_alerts_are_forgotten_from_the_start_and_history_after_400_days() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
    let steps = [closed("old", 31), closed("recent", 29), closed("undelivered", 31)];
    for days in [401, 399] {
        let (kind, subject, body) = ("command".into(), "r".into(), Vec::new());
        let at_micros = utc_now().unix_micros() - days * DAY_MICROS;
        ledger.note(&HistoryEntry { kind, subject, at_micros, body }, &[]).unwrap();
    }
    let sequences = ledger.record(&steps, None).unwrap();
    ledger.acknowledge(&sequences[..2]).unwrap();
    assert!(!of_ledger(Upkeep::new(STEADY_FOR), &ledger).look().unwrap());
    assert_eq!(ledger.history(0, 1).unwrap()[0].number, 1, "the clock is not believed yet");
    // The loop as the gateway runs it; told to end, it first finishes the look that it began with.
    let (failed, mut failures) = mpsc::channel(1);
    let ended = CancellationToken::new();
    ended.cancel();
    keep_up(of_ledger(Upkeep::new(Duration::ZERO), &ledger), failed, ended).await;
    assert!(failures.try_recv().is_err(), "nothing failed");
    let waiting = ledger.unsent(ledger::Sequence::START, 10).unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].payload, b"undelivered");
    // A forgotten step counts as new; the others are known.
    let again = ledger.record(&steps, None).unwrap();
    assert!(again[0] > sequences[2], "{again:?}");
    assert_eq!(again[1..], sequences[1..]);
    assert_eq!(ledger.history(0, 1).unwrap()[0].number, 2, "history stays for 400 days");
}
