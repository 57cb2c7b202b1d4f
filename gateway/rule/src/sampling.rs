//! How often a rule must be shown a picture.

use std::time::Duration;

/// No rule needs pictures faster than this.
pub(crate) const MIN_INTERVAL: Duration = Duration::from_millis(200);
/// Slower than this, whoever is followed from picture to picture is lost.
const MAX_INTERVAL: Duration = Duration::from_secs(5);
/// Slower than this, nobody would know whether a camera still shows anything.
const MAX_IDLE_INTERVAL: Duration = Duration::from_secs(60);
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

impl Phase {
    /// The phase for a rule that learns from looks at pixels, or is told after several of them: idle, it needs as
    /// many as with a candidate.
    #[must_use]
    pub(crate) fn by_pixels(self) -> Self {
        if self == Self::Idle { Self::Candidate } else { self }
    }
}

/// How often a camera must be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sampling {
    /// The longest time between two analysed pictures that the rules tolerate.
    pub interval: Duration,
}

impl Sampling {
    /// How often a rule with this dwell looks with nothing in sight: every 0.2 to 60 s.
    pub(crate) fn idle(dwell: Duration) -> Duration {
        (dwell / PICTURES_PER_DWELL).clamp(MIN_INTERVAL, MAX_IDLE_INTERVAL)
    }

    /// With nothing in sight ten pictures of the dwell, every 0.2 to 60 s: what comes is seen by then, so
    /// it is reported no later than that after its dwell. Until something has stayed for the dwell, two of the
    /// tolerated gap besides; while an incident is open, six of the time in which it clears: every 0.2
    /// to 5 s.
    pub(crate) fn of_dwell(
        phase: Phase,
        (dwell, gap_tolerance): (Duration, Duration),
        clear_after: Duration,
    ) -> Self {
        let interval = match phase {
            Phase::Idle => return Self { interval: Self::idle(dwell) },
            Phase::Candidate => (dwell / PICTURES_PER_DWELL).min(gap_tolerance / 2),
            Phase::Open => clear_after / PICTURES_PER_CLEARING,
        };
        Self { interval: interval.clamp(MIN_INTERVAL, MAX_INTERVAL) }
    }
}
