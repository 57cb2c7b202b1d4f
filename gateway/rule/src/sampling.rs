//! How often a rule must be shown a picture.

use std::time::Duration;

/// No rule needs pictures faster than this.
pub(crate) const MIN_INTERVAL: Duration = Duration::from_millis(200);
/// Slower than this, a watched zone would miss who comes and goes.
const MAX_INTERVAL: Duration = Duration::from_secs(5);
/// Pictures per dwell, and per clearing, that make the decision robust.
const PICTURES_PER_DWELL: u32 = 10;
const PICTURES_PER_CLEARING: u32 = 6;

/// Where an incident is in its life, as far as sampling is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing in sight.
    Idle,
    /// Something may become an incident.
    Candidate,
    /// An incident is open.
    Open,
}

/// How often a camera must be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sampling {
    /// The longest time between two analysed pictures that the rules tolerate.
    pub interval: Duration,
}

impl Sampling {
    /// Until something has stayed for the dwell, ten pictures of it and two of the tolerated gap;
    /// while an incident is open, six of the time in which it clears: every 0.2 to 5 s.
    pub(crate) fn of_dwell(
        phase: Phase,
        (dwell, gap_tolerance): (Duration, Duration),
        clear_after: Duration,
    ) -> Self {
        Self::within_bounds(match phase {
            Phase::Idle | Phase::Candidate => (dwell / PICTURES_PER_DWELL).min(gap_tolerance / 2),
            Phase::Open => clear_after / PICTURES_PER_CLEARING,
        })
    }

    fn within_bounds(interval: Duration) -> Self {
        Self { interval: interval.clamp(MIN_INTERVAL, MAX_INTERVAL) }
    }
}
