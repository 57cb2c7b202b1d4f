//! How long alerts that are over and delivered, and what is history, stay in the ledger.

use std::time::Duration;

use ledger::{Ledger, LedgerError, Remedy};
use tokio::time::Instant;
use tracing::{info, warn};

use runtime::{Steadiness, utc_now};

/// How often old alerts are looked for.
const EVERY: Duration = Duration::from_hours(1);

/// Alerts, and entries of the history, removed at once: few enough that nobody waits long for the
/// ledger.
const AT_ONCE: usize = 200;

/// For how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keep {
    /// Alerts that are over and delivered.
    pub(super) alerts: Duration,
    /// Entries of the history.
    pub(super) history: Duration,
}

/// Keeps the ledger from growing for ever.
#[derive(Debug)]
pub(super) struct Retention {
    ledger: Ledger,
    keep: Keep,
    clock: Steadiness,
    due_at: Instant,
}

impl Retention {
    /// Due once an hour, and once the clock is believed.
    pub(super) fn new(ledger: Ledger, keep: Keep, clock: Steadiness) -> Self {
        Self { ledger, keep, clock, due_at: Instant::now() }
    }

    /// Removes a little of what is old, if it is time to; the next call goes on if there is more.
    ///
    /// # Errors
    /// The ledger cannot be relied on; a fault that can pass is none here.
    pub(super) fn apply(&mut self) -> Result<(), LedgerError> {
        let now = Instant::now();
        if now < self.due_at {
            return Ok(());
        }
        self.due_at = now + EVERY;
        if !self.clock.is_shown() {
            return Ok(());
        }
        let alerts = self.ledger.forget_closed(before_micros(self.keep.alerts), AT_ONCE);
        let removed = alerts.and_then(|alerts| {
            let entries = self.ledger.prune_history(before_micros(self.keep.history), AT_ONCE)?;
            Ok((alerts, entries))
        });
        let (alerts, entries) = match removed {
            Err(fault) if fault.remedy() == Remedy::Retry => {
                warn!(%fault, "old alerts stay in the ledger for now");
                return Ok(());
            }
            removed => removed?,
        };
        if alerts == AT_ONCE || entries == AT_ONCE {
            self.due_at = now;
        }
        if alerts + entries > 0 {
            info!(alerts, entries, "old alerts and entries of the history removed from the ledger");
        }
        Ok(())
    }
}

/// What happened before this is to go: microseconds since the Unix epoch, UTC.
fn before_micros(keep: Duration) -> i64 {
    let keep_micros = i64::try_from(keep.as_micros()).unwrap_or(i64::MAX);
    utc_now().unix_micros().saturating_sub(keep_micros)
}
