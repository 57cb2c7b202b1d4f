//! Which stores are kept from growing for ever, and how long the ledger keeps what.

use std::sync::Arc;
use std::time::Duration;

use archive::Archive;
use ledger::{Ledger, LedgerError, Remedy};
use runtime::Upkeep;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::analysis::RecordError;
use crate::evidence::EvidenceStore;

/// The wall clock must have kept pace for this long before anything is old by it.
const STEADY_FOR: Duration = Duration::from_hours(6);

/// How long alerts that are over and delivered stay in the ledger.
const KEEP_ALERTS: Duration = Duration::from_hours(30 * 24);

/// How long entries of the history stay, unless a reader has not come to them.
const KEEP_HISTORY: Duration = Duration::from_hours(400 * 24);

/// Upkeep of all stores.
pub(super) fn upkeep(
    ledger: &Ledger,
    evidence: &Arc<EvidenceStore>,
    observations: &Archive,
) -> Upkeep<RecordError> {
    let (evidence, observations) = (Arc::clone(evidence), observations.clone());
    // Pictures and observations know their own terms.
    of_ledger(Upkeep::new(STEADY_FOR), ledger)
        .with("evidence", move |now, at_most| Ok(evidence.expire(now, at_most)))
        .with("observations", move |now, at_most| {
            let removed = observations.expire(now, at_most);
            Ok(removed.inspect_err(|error| warn!(%error, "they stay for now")).unwrap_or(0))
        })
}

/// Removes old things until `shutdown`; a ledger that cannot be relied on ends the gateway.
pub(super) async fn keep_up(
    upkeep: Upkeep<RecordError>,
    failed: mpsc::Sender<RecordError>,
    shutdown: CancellationToken,
) {
    if let Err(failure) = upkeep.run(shutdown).await {
        // A full channel means that a failure is already on its way to stop the gateway.
        drop(failed.try_send(failure));
    }
}

fn of_ledger(upkeep: Upkeep<RecordError>, ledger: &Ledger) -> Upkeep<RecordError> {
    let (alerts, history) = (ledger.clone(), ledger.clone());
    upkeep
        .with("alerts", move |now, at_most| {
            patiently(alerts.forget_closed(now.before(KEEP_ALERTS).unix_micros(), at_most))
        })
        .with("history", move |now, at_most| {
            patiently(history.prune_history(now.before(KEEP_HISTORY).unix_micros(), at_most))
        })
}

/// A fault of the ledger that can pass removes nothing this time.
fn patiently(removed: Result<usize, LedgerError>) -> Result<usize, RecordError> {
    match removed {
        Err(fault) if fault.remedy() == Remedy::Retry => {
            warn!(%fault, "old entries stay in the ledger for now");
            Ok(0)
        }
        removed => Ok(removed?),
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn old_alerts_are_forgotten_from_the_start_and_history_after_400_days() {
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
        assert!(!of_ledger(Upkeep::new(Duration::ZERO), &ledger).look().unwrap());
        let waiting = ledger.unsent(ledger::Sequence::START, 10).unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].payload, b"undelivered");
        // A forgotten step counts as new; the others are known.
        let again = ledger.record(&steps, None).unwrap();
        assert!(again[0] > sequences[2], "{again:?}");
        assert_eq!(again[1..], sequences[1..]);
        assert_eq!(ledger.history(0, 1).unwrap()[0].number, 2, "history stays for 400 days");
    }
}
