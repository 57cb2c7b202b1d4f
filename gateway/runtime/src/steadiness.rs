//! Whether the wall clock can be believed when it says that something is old.

use std::time::{Duration, Instant};

use scene::CaptureTime;

use crate::clock::utc_now;

/// More than this is a step; less is a clock that is being put right.
const TOLERANCE: Duration = Duration::from_mins(1);

/// Holds the wall clock against the monotonic one. A clock that jumped ahead may be right again a
/// minute later, but what was deleted by it is gone.
#[derive(Debug)]
pub(crate) struct Steadiness {
    /// How long the wall clock must have kept pace.
    needed: Duration,
    since: (Instant, CaptureTime),
}

impl Steadiness {
    /// Nothing is known of the clock yet.
    pub(crate) fn new(needed: Duration) -> Self {
        Self { needed, since: (Instant::now(), utc_now()) }
    }

    /// Whether the wall clock, which says `wall` at the instant `now`, has kept pace for long
    /// enough. To be asked now and then, so that a step is seen.
    pub(crate) fn is_shown(&mut self, now: Instant, wall: CaptureTime) -> bool {
        let (began_at, told_at) = self.since;
        let passed = now.duration_since(began_at);
        let told = wall.since(told_at);
        if wall < told_at || told.abs_diff(passed) > TOLERANCE {
            self.since = (now, wall);
            return self.needed.is_zero();
        }
        passed >= self.needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_steps_is_believed_again_when_it_has_kept_pace() {
        const HOUR: Duration = Duration::from_hours(1);
        let mut steadiness = Steadiness::new(HOUR * 6);
        let (start, wall) = steadiness.since;
        let mut look = |hours: u32, ahead: Duration| {
            steadiness.is_shown(start + HOUR * hours, wall.after(HOUR * hours + ahead))
        };
        assert!(!look(1, Duration::ZERO));
        assert!(look(6, Duration::from_secs(30)));
        let year = HOUR * 24 * 400;
        assert!(!look(7, year), "it jumped");
        assert!(!look(8, Duration::ZERO), "and back");
        assert!(!look(13, Duration::ZERO));
        assert!(look(14, Duration::ZERO));
    }
}
