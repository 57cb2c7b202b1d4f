//! Whether the wall clock can be believed when it dates something, and when it was set.
//!
//! A box without a battery starts in 1970, or where it was switched off, and its clock is set minutes
//! later. So a time before this software was made is not believed. A clock that was right and is set
//! elsewhere is believed again once it has kept pace for a while, or is back where it was.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use scene::CaptureTime;

use crate::clock::utc_now;

/// More than this is a step; less is a clock that is being put right.
pub const CLOCK_TOLERANCE: Duration = Duration::from_mins(1);

/// No gateway ran before it was built. Who builds for others sets `SOURCE_DATE_EPOCH`, as for every
/// build that can be repeated (<https://reproducible-builds.org/specs/source-date-epoch/>): package
/// builders do so by themselves, and `make build` sets it to the time of the latest commit.
const MADE_AT: CaptureTime =
    CaptureTime::from_unix_micros(made_at_secs(option_env!("SOURCE_DATE_EPOCH")) * 1_000_000);

/// Where nothing else is known: 2026-11-29T00:00:00Z.
const EARLIEST_SECS: i64 = 1_795_910_400;

/// What is no number of seconds, or lies before all, is not believed. After the year 2100 it is none.
const LATEST_SECS: i64 = 4_102_444_800;

/// The time in `written`, in seconds since 1970.
const fn made_at_secs(written: Option<&str>) -> i64 {
    let Some(written) = written else { return EARLIEST_SECS };
    let Ok(secs) = i64::from_str_radix(written, 10) else { return EARLIEST_SECS };
    if EARLIEST_SECS < secs && secs < LATEST_SECS { secs } else { EARLIEST_SECS }
}

/// A clock that was believed and was set is believed again after this time.
const BELIEVED_AFTER: Duration = Duration::from_mins(5);

static CLOCK: Mutex<Option<Belief>> = Mutex::new(None);

/// What is known of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockState {
    /// Whether what it dates can be relied on.
    pub believed: bool,
    /// When it was last set by more than a minute while this process ran, and by how many seconds.
    pub set: Option<(CaptureTime, i64)>,
}

/// Whether the wall clock is believed now.
pub fn clock_is_believed() -> bool {
    clock_state().believed
}

/// Whether `at`, which something tells that went by the wall clock, can be right: the clock is believed
/// now, and was then. A picture may have waited while the clock was set.
pub fn is_believable(at: CaptureTime) -> bool {
    let is_to_come = is_step_ahead(at, utc_now());
    clock_is_believed() && !is_before_all(at) && !is_to_come
}

/// Whether the wall clock is believed now, and `at` is now.
pub fn is_now(at: CaptureTime) -> bool {
    let now = utc_now();
    is_believable(at) && !is_step_ahead(now, at)
}

fn is_step_ahead(at: CaptureTime, now: CaptureTime) -> bool {
    at.since(now) > CLOCK_TOLERANCE
}

/// What is known of the wall clock now. To be asked each second or so: steps are seen by asking.
pub fn clock_state() -> ClockState {
    let mut clock = CLOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let (now, wall) = (Instant::now(), utc_now());
    clock.get_or_insert_with(|| Belief::new(now, wall)).look(now, wall)
}

/// Whether this time lies before any that a clock which was set can have told.
pub fn is_before_all(at: CaptureTime) -> bool {
    at < MADE_AT
}

/// The wall clock held against the monotonic one. Pure: both are handed in.
#[derive(Debug)]
struct Belief {
    /// Since when the wall clock keeps pace.
    since: Instant,
    /// The latest look.
    latest: (Instant, CaptureTime),
    believed: bool,
    /// The latest look at a clock that was believed.
    right: Option<(Instant, CaptureTime)>,
    set: Option<(CaptureTime, i64)>,
}

impl Belief {
    fn new(now: Instant, wall: CaptureTime) -> Self {
        let believed = !is_before_all(wall);
        let right = believed.then_some((now, wall));
        Self { since: now, latest: (now, wall), believed, right, set: None }
    }

    fn look(&mut self, now: Instant, wall: CaptureTime) -> ClockState {
        let by_micros = step(self.latest, now, wall);
        self.latest = (now, wall);
        if is_step(by_micros) {
            self.since = now;
            self.set = Some((wall, by_micros / 1_000_000));
            // Nothing speaks against the first time that can be right, nor against the old one.
            let is_back = self.right.is_none_or(|right| !is_step(step(right, now, wall)));
            self.believed = is_back && !is_before_all(wall);
        } else if !self.believed && now.saturating_duration_since(self.since) >= BELIEVED_AFTER {
            self.believed = !is_before_all(wall);
        }
        if self.believed {
            self.right = Some((now, wall));
        }
        ClockState { believed: self.believed, set: self.set }
    }
}

/// How far the wall clock was set since `then`, in microseconds.
pub(crate) fn step(then: (Instant, CaptureTime), now: Instant, wall: CaptureTime) -> i64 {
    let expected = then.1.after(now.saturating_duration_since(then.0));
    wall.unix_micros().saturating_sub(expected.unix_micros())
}

pub(crate) fn is_step(by_micros: i64) -> bool {
    Duration::from_micros(by_micros.unsigned_abs()) > CLOCK_TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const DAY_SECS: i64 = 86_400;

    /// A clock as the looks of a test see it, each a second after the one before.
    struct Looks {
        belief: Belief,
        now: Instant,
        wall: CaptureTime,
    }

    impl Looks {
        fn from(wall: CaptureTime) -> Self {
            let now = Instant::now();
            Self { belief: Belief::new(now, wall), now, wall }
        }

        fn look(&mut self, set_secs: i64) -> (bool, Option<i64>) {
            self.now += SECOND;
            self.wall = self.wall.after(SECOND).moved(set_secs * 1_000_000);
            let ClockState { believed, set } = self.belief.look(self.now, self.wall);
            (believed, set.map(|(_, by_secs)| by_secs))
        }
    }

    #[test]
    fn the_time_of_the_build_is_believed_if_it_can_be_one() {
        let told = |text| made_at_secs(Some(text));
        assert_eq!(made_at_secs(None), EARLIEST_SECS);
        assert_eq!(told("1800000000"), 1_800_000_000);
        for wrong in ["", "0", "-5", "yesterday", "1700000000", "99999999999999999999", "9e9"] {
            assert_eq!(told(wrong), EARLIEST_SECS, "{wrong}");
        }
        // In milliseconds, as some write it.
        assert_eq!(told("1800000000000"), EARLIEST_SECS);
    }

    #[test]
    fn a_clock_from_1970_is_believed_as_soon_as_it_is_set() {
        let mut looks = Looks::from(CaptureTime::from_unix_micros(0));
        for _ in 0..1_000 {
            assert_eq!(looks.look(0), (false, None), "keeping pace in 1970 proves nothing");
        }
        let to_now = MADE_AT.unix_micros() / 1_000_000 + DAY_SECS;
        assert_eq!(looks.look(to_now), (true, Some(to_now)));
        assert!(looks.look(0).0);
    }

    #[test]
    fn a_clock_that_runs_away_is_believed_when_it_is_back_or_has_stayed() {
        let mut looks = Looks::from(MADE_AT.after(SECOND * 1_000));
        assert_eq!(looks.look(0), (true, None));
        assert_eq!(looks.look(40 * DAY_SECS), (false, Some(40 * DAY_SECS)));
        for _ in 0..17 {
            assert!(!looks.look(0).0);
        }
        assert_eq!(looks.look(-40 * DAY_SECS), (true, Some(-40 * DAY_SECS)), "back");
        assert!(!looks.look(3_600).0);
        for _ in 0..299 {
            assert!(!looks.look(0).0);
        }
        assert!(looks.look(0).0, "it has stayed there");
        assert!(looks.look(30).0, "what NTP does every day is no step");
    }
}
