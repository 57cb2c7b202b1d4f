//! Alerts whose picture was lost with its eye, held back until the next picture.
//!
//! The next eye sees in a second or two. An alert with its picture a little later is worth more than
//! one without. Until then nothing of it is saved, so a crash raises it again.

use std::time::{Duration, Instant};

use incident::IncidentEvent;

/// An alert waits no longer than this for a picture.
const LONGEST: Duration = Duration::from_secs(10);

/// Alerts in the order in which they were raised.
#[derive(Default)]
pub(super) struct HeldBack {
    events: Vec<IncidentEvent>,
    /// How many of them, from the first on, have their picture.
    pictured: usize,
    since: Option<Instant>,
}

impl HeldBack {
    /// Nothing is held back.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether those held back have waited for long enough.
    pub(super) fn is_overdue(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() >= LONGEST)
    }

    /// All that is to be told now, `more` being the latest; and how many, from the first on, have
    /// their picture.
    pub(super) fn with(&mut self, more: Vec<IncidentEvent>) -> (Vec<IncidentEvent>, usize) {
        self.since = None;
        let mut events = std::mem::take(&mut self.events);
        events.extend(more);
        (events, std::mem::take(&mut self.pictured))
    }

    /// Holds `events` back, of which the first `pictured` have their picture. They have waited since
    /// `since`, if they were held back before.
    pub(super) fn hold(
        &mut self,
        events: Vec<IncidentEvent>,
        pictured: usize,
        since: Option<Instant>,
    ) {
        *self = Self { events, pictured, since: since.or_else(|| Some(Instant::now())) };
    }

    /// Since when the first of them has waited.
    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }
}
