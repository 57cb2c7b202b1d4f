//! By which time something is old: one that no step of the wall clock moves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use scene::CaptureTime;

use crate::belief::{is_before_all, is_step, step};
use crate::clock::utc_now;

/// The wall clock must have kept pace for this long before anything is old by it.
const NEEDED: Duration = Duration::from_hours(6);

/// A gateway that was off for longer than this counts as off for this long: what it keeps stays the
/// longer. A clock that is wrong at a start makes things older by no more than that.
const LONGEST_OFF: Duration = Duration::from_hours(24);

/// The time of upkeep. It is the wall clock's once that has kept pace for hours. From then on it goes
/// on by the monotonic clock, whatever is set. What a wrong clock deletes is gone for good, so this
/// time never runs faster than the true one. Cheap to clone: all clones are one, for whatever removes
/// what is old.
#[derive(Debug, Clone)]
pub struct Steadiness(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    needed: Duration,
    started: Instant,
    /// How far an earlier run had come.
    resumed_at: Option<CaptureTime>,
    /// Since when the wall clock has kept pace.
    since: Instant,
    latest: (Instant, CaptureTime),
    /// How far the wall clock is ahead of this time, once that is known.
    ahead_micros: Option<i64>,
}

impl Default for Steadiness {
    /// Nothing is known of the clock yet; six hours are needed.
    fn default() -> Self {
        Self::new(NEEDED)
    }
}

impl PartialEq for Steadiness {
    fn eq(&self, other: &Self) -> bool {
        self.state().needed == other.state().needed
    }
}

impl Eq for Steadiness {}

impl Steadiness {
    /// Nothing is known of the clock yet.
    pub fn new(needed: Duration) -> Self {
        Self::started(needed, Instant::now(), utc_now())
    }

    /// As [`Steadiness::new`], started at the instant `now`, when the wall clock said `wall`.
    pub fn started(needed: Duration, now: Instant, wall: CaptureTime) -> Self {
        let (resumed_at, latest, ahead_micros) = (None, (now, wall), None);
        let state = State { needed, started: now, resumed_at, since: now, latest, ahead_micros };
        Self(Arc::new(Mutex::new(state)))
    }

    /// An earlier run had come to `at`.
    pub fn resume(&self, at: Option<CaptureTime>) {
        self.state().resumed_at = at;
    }

    /// The time by which things are old, if there is one yet. To be asked now and then, so that a
    /// step of the wall clock is seen.
    pub fn now(&self) -> Option<CaptureTime> {
        self.at(Instant::now(), utc_now())
    }

    /// As [`Steadiness::now`], at the instant `now`, when the wall clock says `wall`.
    pub(crate) fn at(&self, now: Instant, wall: CaptureTime) -> Option<CaptureTime> {
        let mut state = self.state();
        let by_micros = step(state.latest, now, wall);
        state.latest = (now, wall);
        if is_step(by_micros) || is_before_all(wall) {
            state.since = now;
            state.ahead_micros = state.ahead_micros.map(|ahead| ahead.saturating_add(by_micros));
        }
        let is_steady = now.saturating_duration_since(state.since) >= state.needed;
        if state.ahead_micros.is_none() && is_steady && !is_before_all(wall) {
            let latest = state.resumed_at.map(|at| {
                let run = now.saturating_duration_since(state.started);
                at.after(run).after(LONGEST_OFF)
            });
            let ahead = latest.map_or(0, |at| wall.unix_micros().saturating_sub(at.unix_micros()));
            state.ahead_micros = Some(ahead.max(0));
        }
        state.ahead_micros.filter(|_| is_steady).map(|ahead| wall.moved(ahead.saturating_neg()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const DAY_MICROS: i64 = 86_400_000_000;

    /// Looks of which each is so many hours after the start, at a wall clock that is so many days
    /// off; gives how many days upkeep's time is off.
    fn look(steadiness: &Steadiness, hours: u32, off_days: i64) -> Option<i64> {
        // Whoever asks: a step that one has seen holds all others back.
        let steadiness = steadiness.clone();
        let (started, first) = (steadiness.state().started, utc_now());
        let right = first.after(HOUR * hours);
        let told = steadiness.at(started + HOUR * hours, right.moved(off_days * DAY_MICROS))?;
        let off_micros = told.unix_micros() - right.unix_micros();
        Some((off_micros + DAY_MICROS / 2).div_euclid(DAY_MICROS))
    }

    #[test]
    fn a_step_moves_nothing_however_long_the_clock_stays_there() {
        let steadiness = Steadiness::default();
        assert_eq!(look(&steadiness, 1, 0), None);
        assert_eq!(look(&steadiness, 6, 0), Some(0));
        assert_eq!(look(&steadiness, 7, 400), None, "it jumped");
        assert_eq!(look(&steadiness, 8, 0), None, "and back");
        assert_eq!(look(&steadiness, 13, 0), None);
        assert_eq!(look(&steadiness, 14, 0), Some(0));
        assert_eq!(look(&steadiness, 15, 40), None);
        assert_eq!(look(&steadiness, 100, 40), Some(0), "it stayed there");
        assert_eq!(look(&steadiness, 101, -3), None);
        assert_eq!(look(&steadiness, 201, -3), Some(0));
    }

    #[test]
    fn a_clock_that_is_set_soon_after_the_start_is_taken_as_it_is() {
        let steadiness = Steadiness::default();
        assert_eq!(look(&steadiness, 2, -20_000), None, "1970");
        assert_eq!(look(&steadiness, 50, -20_000), None, "for days");
        assert_eq!(look(&steadiness, 51, 0), None);
        assert_eq!(look(&steadiness, 57, 0), Some(0));
    }

    #[test]
    fn a_start_with_a_clock_far_ahead_counts_as_a_day_off() {
        let steadiness = Steadiness::default();
        steadiness.resume(Some(utc_now()));
        assert_eq!(look(&steadiness, 1, 40), None);
        assert_eq!(look(&steadiness, 7, 40), Some(1));
        assert_eq!(look(&steadiness, 100, 40), Some(1));
        let steadiness = Steadiness::default();
        steadiness.resume(Some(utc_now().after(HOUR * 24 * 40)));
        assert_eq!(look(&steadiness, 6, 0), Some(0), "the earlier run was ahead");
    }
}
