//! What a session asks of the ledger besides rows: to remove what was delivered, and how much
//! waits. After a fault that can pass the ledger is left alone for a moment.

use std::time::Duration;

use ledger::{LedgerError, Remedy};
use tokio::time::Instant;
use tracing::{info, warn};

use crate::session::end::End;
use crate::session::state::Session;

/// How long to leave the ledger alone after a fault that can pass.
const LEDGER_PAUSE: Duration = Duration::from_secs(1);

impl Session<'_> {
    pub(super) fn commit_when_due(&mut self, now: Instant) -> Result<(), End> {
        let waiting = self.context.outbox.uncommitted() + usize::from(self.states.has_removals());
        let half = usize::from(self.context.settings.window).div_ceil(2);
        let is_due = self.closing
            || self.renewing
            || waiting >= half
            || self.commit_at.is_some_and(|at| at <= now);
        if waiting > 0 && is_due && self.ledger_pause.is_none() { self.commit() } else { Ok(()) }
    }

    pub(super) fn commit(&mut self) -> Result<(), End> {
        let outcome = self.context.outbox.commit().and_then(|()| self.states.commit());
        self.commit_at = self.commit_at.filter(|_| outcome.is_err());
        self.weigh(outcome)
    }

    pub(super) fn measure(&mut self) -> Result<(), End> {
        if self.ledger_pause.is_some() {
            return Ok(());
        }
        self.context.outbox.look_again();
        let outcome = self.context.outbox.measure();
        self.weigh(outcome)
    }

    pub(super) fn weigh(&mut self, outcome: Result<(), LedgerError>) -> Result<(), End> {
        match outcome {
            Ok(()) => {
                self.ledger_works();
                Ok(())
            }
            Err(fault) => self.ledger_fault(fault),
        }
    }

    pub(super) fn ledger_fault(&mut self, fault: LedgerError) -> Result<(), End> {
        if fault.remedy() != Remedy::Retry {
            return Err(End::Ledger(fault));
        }
        let now = Instant::now().into_std();
        if let Some(times) = self.ledger_faults.happens(&fault.to_string(), now) {
            warn!(%fault, times, "delivery waits for the ledger");
        }
        self.health.ledger_fails(fault.to_string());
        self.ledger_pause = Some(Instant::now() + LEDGER_PAUSE);
        Ok(())
    }

    /// A call went through. That proves nothing while rows are to be removed: a full ledger can still
    /// be read.
    pub(super) fn ledger_works(&mut self) {
        if self.ledger_pause.is_none()
            && self.context.outbox.uncommitted() == 0
            && self.inbound.is_empty()
        {
            if let Some(times) = self.ledger_faults.goes_well(Instant::now().into_std()) {
                info!(times, "the ledger works again; delivery goes on");
            }
            self.health.ledger_works();
        }
    }
}
