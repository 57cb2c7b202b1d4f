//! How long alerts that are over and delivered stay in the ledger.

use std::time::Duration;

use ledger::{Ledger, LedgerError, Remedy};
use tokio::time::Instant;
use tracing::{info, warn};

use crate::runtime::utc_now;

/// How often old alerts are looked for.
const EVERY: Duration = Duration::from_hours(1);

/// Alerts forgotten at once: few enough that nobody waits long for the ledger.
const AT_ONCE: usize = 200;

/// Keeps the ledger from growing for ever.
#[derive(Debug)]
pub(super) struct Retention {
    ledger: Ledger,
    keep: Duration,
    due_at: Instant,
}

impl Retention {
    /// Due at once: a gateway may be switched off every night.
    pub(super) fn new(ledger: Ledger, keep: Duration) -> Self {
        Self { ledger, keep, due_at: Instant::now() }
    }

    /// Forgets a few old alerts, if it is time to; the next call goes on if there are more.
    ///
    /// # Errors
    /// The ledger cannot be relied on; a fault that can pass is none here.
    pub(super) fn apply(&mut self) -> Result<(), LedgerError> {
        let now = Instant::now();
        if now < self.due_at {
            return Ok(());
        }
        let keep_micros = i64::try_from(self.keep.as_micros()).unwrap_or(i64::MAX);
        let before_micros = utc_now().unix_micros().saturating_sub(keep_micros);
        let outcome = self.ledger.forget_closed(before_micros, AT_ONCE);
        let has_more = outcome.as_ref().is_ok_and(|forgotten| *forgotten == AT_ONCE);
        if !has_more {
            self.due_at = now + EVERY;
        }
        let forgotten = match outcome {
            Err(fault) if fault.remedy() == Remedy::Retry => {
                warn!(%fault, "old alerts stay in the ledger for now");
                return Ok(());
            }
            outcome => outcome?,
        };
        if forgotten > 0 {
            info!(forgotten, "old alerts removed from the ledger");
        }
        Ok(())
    }
}
