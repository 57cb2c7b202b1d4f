//! The gateway's own clock: the one place that reads it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use scene::CaptureTime;

/// What the wall clock is off by more than this, it was set to on purpose: that is told at once, and whoever
/// remembers times moves them. It is more than the tolerance by which they see it, since each of them looks
/// at another moment.
const SET: Duration = Duration::from_secs(70);

/// What it is off by less is caught up with by this part of the time that passes, a hundredth: what has
/// lasted a minute by this clock has lasted a minute, less a second.
const CATCH_UP_PART: u32 = 100;

/// So often the clock counts from a new moment.
const COUNT_ANEW_EVERY: Duration = Duration::from_secs(1);

/// What is read at once must not lie further apart: the system may give the processor to others in between.
const AT_ONCE: Duration = Duration::from_millis(1);
const TRIES: usize = 5;

static CLOCK: Mutex<Smooth> = Mutex::new(Smooth { from: None });

/// The time of day, UTC. The host keeps it right by NTP or GNSS.
///
/// A step of the wall clock by more than about a minute shows at once. A smaller one is caught up with
/// slowly: whoever counts how long something lasts is not told that it lasted longer.
pub fn utc_now() -> CaptureTime {
    let mut clock = CLOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let (now, wall) = read();
    clock.tell(now, wall)
}

/// Processor time of this thread. What another program takes of the machine is not in it.
pub fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let secs = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(secs, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Both clocks of the machine at one moment.
fn read() -> (Instant, CaptureTime) {
    let mut tries = 0;
    loop {
        tries += 1;
        let now = Instant::now();
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if now.elapsed() <= AT_ONCE || tries >= TRIES {
            let micros = i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX);
            return (now, CaptureTime::from_unix_micros(micros));
        }
    }
}

/// The wall clock without its small steps. Pure: both clocks are handed in.
#[derive(Debug)]
struct Smooth {
    /// What it told, and when, a moment ago.
    from: Option<(Instant, CaptureTime)>,
}

impl Smooth {
    fn tell(&mut self, now: Instant, wall: CaptureTime) -> CaptureTime {
        let Some((then, told)) = self.from else {
            self.from = Some((now, wall));
            return wall;
        };
        let passed = now.saturating_duration_since(then);
        let expected = told.after(passed);
        let off_micros = wall.unix_micros().saturating_sub(expected.unix_micros());
        if Duration::from_micros(off_micros.unsigned_abs()) > SET {
            self.from = Some((now, wall));
            return wall;
        }
        let most = passed / CATCH_UP_PART;
        let most_micros = i64::try_from(most.as_micros()).unwrap_or(i64::MAX);
        let told = expected.moved(off_micros.clamp(-most_micros, most_micros));
        if passed >= COUNT_ANEW_EVERY {
            self.from = Some((now, told));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const START: CaptureTime = CaptureTime::from_unix_micros(1_796_000_000_000_000);

    /// A clock that is looked at four times a second; the wall clock can be set.
    struct Looks {
        smooth: Smooth,
        now: Instant,
        wall: CaptureTime,
        told: CaptureTime,
    }

    impl Looks {
        fn begin() -> Self {
            let (mut smooth, now) = (Smooth { from: None }, Instant::now());
            let told = smooth.tell(now, START);
            Self { smooth, now, wall: START, told }
        }

        fn set(&mut self, by_secs: i64) {
            self.wall = self.wall.moved(by_secs * 1_000_000);
        }

        /// Lets `time` pass; gives how much passed by the clock, in microseconds.
        fn pass(&mut self, time: Duration) -> i64 {
            let before = self.told;
            for _ in 0..time.as_millis() / 250 {
                self.now += SECOND / 4;
                self.wall = self.wall.after(SECOND / 4);
                let told = self.smooth.tell(self.now, self.wall);
                assert!(told >= self.told || self.wall < self.told, "it never runs back by itself");
                self.told = told;
            }
            self.told.unix_micros() - before.unix_micros()
        }
    }

    #[test]
    fn a_small_step_makes_nothing_last_longer_and_is_caught_up_with() {
        for by_secs in [1, 5, 30, 60, -1, -5, -30, -60] {
            let mut looks = Looks::begin();
            looks.pass(SECOND * 10);
            assert_eq!(looks.told, looks.wall, "a clock that is right is told as it is");
            looks.set(by_secs);
            let passed = looks.pass(SECOND * 60);
            assert!((59_400_000..=60_600_000).contains(&passed), "{by_secs} s: {passed}");
            looks.pass(SECOND * 100 * u32::try_from(by_secs.abs()).unwrap());
            assert_eq!(looks.told, looks.wall, "{by_secs} s");
        }
    }

    #[test]
    fn a_large_step_and_many_small_ones_show() {
        for by_secs in [71, 3_600, 40 * 86_400, -71, -3_600] {
            let mut looks = Looks::begin();
            looks.set(by_secs);
            looks.pass(SECOND / 4);
            assert_eq!(looks.told, looks.wall, "{by_secs} s");
        }
        let mut looks = Looks::begin();
        for _ in 0..8 {
            looks.set(9);
            looks.pass(SECOND);
        }
        assert_eq!(
            looks.told, looks.wall,
            "it runs ten times too fast: that is no clock put right"
        );
    }

    #[test]
    fn looks_without_number_at_one_moment_catch_up_as_well() {
        let mut looks = Looks::begin();
        looks.set(1);
        for _ in 0..2_000_000 {
            looks.now += Duration::from_micros(50);
            looks.wall = looks.wall.after(Duration::from_micros(50));
            looks.told = looks.smooth.tell(looks.now, looks.wall);
        }
        assert_eq!(looks.told, looks.wall);
    }
}
