//! A line of the log that is told once a minute at most, however often there is reason to.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often it is told at most.
pub(super) const TELL_EVERY: Duration = Duration::from_mins(1);

/// When a line was told.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    /// Whether it is to be told now; if so, not again for a minute.
    pub(crate) fn is_due(&self) -> bool {
        self.is_due_at(Instant::now())
    }

    pub(super) fn is_due_at(&self, now: Instant) -> bool {
        let mut told_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = told_at.is_none_or(|at| now.saturating_duration_since(at) >= TELL_EVERY);
        if is_due {
            *told_at = Some(now);
        }
        is_due
    }
}
