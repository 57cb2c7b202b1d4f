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
mod tests;
