//! A line of the log that is told seldom, and ever more seldom while the reason for it goes on.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use runtime::Recurring;

/// When a line was told.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<Recurring>);

impl Seldom {
    /// Whether it is to be told now; if so, not again for a minute, and later for longer.
    pub(crate) fn is_due(&self) -> bool {
        self.is_due_at(Instant::now())
    }

    pub(super) fn is_due_at(&self, now: Instant) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What is over begins anew; that it was over, nobody has to be told.
        let _over = told.goes_well(now);
        told.happens("", now).is_some()
    }
}
