//! Which stores are kept from growing for ever, and how long the ledger keeps what.

use std::sync::Arc;
use std::time::Duration;

use archive::Archive;
use ledger::{Ledger, LedgerError, Remedy};
use runtime::{Steadiness, Upkeep};
use scene::CaptureTime;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::analysis::RecordError;
use crate::evidence::EvidenceStore;

/// How long alerts that are over and delivered stay in the ledger.
const KEEP_ALERTS: Duration = Duration::from_hours(30 * 24);

/// How long entries of the history stay, unless a reader has not come to them.
const KEEP_HISTORY: Duration = Duration::from_hours(400 * 24);

/// How long messages that changed nothing are listed.
const KEEP_STRAYS: Duration = Duration::from_hours(7 * 24);

/// Upkeep of all stores.
pub(super) fn upkeep(
    clock: Steadiness,
    ledger: &Ledger,
    evidence: &Arc<EvidenceStore>,
    observations: &Archive,
) -> Upkeep<RecordError> {
    let (evidence, observations) = (Arc::clone(evidence), observations.clone());
    // Pictures and observations know their own terms.
    of_ledger(Upkeep::new(clock), ledger)
        .with("evidence", move |now, at_most| Ok(evidence.expire(now, at_most)))
        .with("observations", move |now, at_most| {
            let removed = observations.expire(now, at_most);
            Ok(removed
                .inspect_err(|error| warn!(%error, "old observations stay for now"))
                .unwrap_or(0))
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
    let (marks, alerts, history, strays) =
        (ledger.clone(), ledger.clone(), ledger.clone(), ledger.clone());
    let before = |now: CaptureTime, keep| now.before(keep).unix_micros();
    upkeep
        .with("marks", move |now, _| patiently(marks.mark(now.unix_micros()).map(|()| 0)))
        .with("alerts", move |now, at_most| {
            let before = before(now, KEEP_ALERTS);
            let mark = alerts.marked_before(before);
            patiently(mark.and_then(|mark| alerts.forget_closed(before, mark, at_most)))
        })
        .with("history", move |now, at_most| {
            let before = before(now, KEEP_HISTORY);
            let mark = history.marked_before(before);
            patiently(mark.and_then(|mark| history.prune_history(before, mark, at_most)))
        })
        .with("strays", move |now, at_most| {
            patiently(strays.forget_strays(before(now, KEEP_STRAYS), at_most))
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
mod tests;
