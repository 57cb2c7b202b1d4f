//! How often rules that wait for a dwell, or for a clearing, must look.

use std::time::Duration;

use super::{Phase, Sampling};

/// No rule needs pictures faster than this.
pub(super) const MIN_INTERVAL: Duration = Duration::from_millis(200);
/// Slower than this, a watched zone would miss who comes and goes.
const MAX_INTERVAL: Duration = Duration::from_secs(5);
/// Pictures per dwell, and per clearing, that make the decision robust.
const PICTURES_PER_DWELL: u32 = 10;
const PICTURES_PER_CLEARING: u32 = 6;

impl Sampling {
    /// Until something has stayed for the dwell, ten pictures of it and two of the tolerated gap;
    /// while an incident is open, six of the time in which it clears: every 0.2 to 5 s.
    pub(super) fn of_dwell(
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
