//! Whether the wall clock can be believed when it says that something is old.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use scene::CaptureTime;

use crate::belief::CLOCK_TOLERANCE;
use crate::clock::utc_now;

/// Holds the wall clock against the monotonic one. A clock that jumped ahead may be right again a
/// minute later, but what was deleted by it is gone. Cheap to clone: all clones are one, for
/// whatever removes what is old.
#[derive(Debug, Clone)]
pub struct Steadiness {
    /// How long the wall clock must have kept pace.
    needed: Duration,
    since: Arc<Mutex<(Instant, CaptureTime)>>,
}

impl Default for Steadiness {
    /// Nothing is known of the clock yet; six hours are needed.
    fn default() -> Self {
        Self::new(Duration::from_hours(6))
    }
}

impl PartialEq for Steadiness {
    fn eq(&self, other: &Self) -> bool {
        self.needed == other.needed
    }
}

impl Eq for Steadiness {}

impl Steadiness {
    /// Nothing is known of the clock yet.
    pub fn new(needed: Duration) -> Self {
        Self { needed, since: Arc::new(Mutex::new((Instant::now(), utc_now()))) }
    }

    /// The time, if the wall clock has kept pace for long enough. To be asked now and then, so that
    /// a step is seen.
    pub fn now(&self) -> Option<CaptureTime> {
        let wall = utc_now();
        self.is_shown(Instant::now(), wall).then_some(wall)
    }

    /// Whether the wall clock, which says `wall` at the instant `now`, has kept pace for long enough.
    pub(crate) fn is_shown(&self, now: Instant, wall: CaptureTime) -> bool {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let (began_at, told_at) = *since;
        let passed = now.saturating_duration_since(began_at);
        let told = wall.since(told_at);
        if wall < told_at || told.abs_diff(passed) > CLOCK_TOLERANCE {
            *since = (now, wall);
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
        let steadiness = Steadiness::new(HOUR * 6);
        let (start, wall) = *steadiness.since.lock().unwrap();
        let look = |hours: u32, ahead: Duration| {
            // Whoever asks: a step that one has seen holds all others back.
            steadiness.clone().is_shown(start + HOUR * hours, wall.after(HOUR * hours + ahead))
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
