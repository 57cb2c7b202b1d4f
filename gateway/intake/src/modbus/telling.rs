//! When a reading is told: at once if it is another one, and now and then if it is not.

use std::time::Duration;

use scene::Reading;
use tokio::time::Instant;

/// A reading that stays the same is told again this often. Rules that wait for a state to last need
/// readings while it does; ten seconds is fine enough for minutes, and a fifth of the signals of a
/// device that is polled every two seconds.
pub const TOLD_AGAIN_EVERY: Duration = Duration::from_secs(10);

/// What was last told of each point.
#[derive(Debug)]
pub(crate) struct Telling {
    /// Half an interval between polls: a poll that comes a little early still counts.
    early: Duration,
    told: Vec<Option<(Reading, Instant)>>,
}

impl Telling {
    /// For `count` points that are polled every `interval`.
    pub(crate) fn new(count: usize, interval: Duration) -> Self {
        Self { early: interval / 2, told: vec![None; count] }
    }

    /// Whether `reading` of the point at `at` is to be told at `now`. If so, it counts as told.
    pub(crate) fn is_due(&mut self, at: usize, reading: Reading, now: Instant) -> bool {
        let Some(told) = self.told.get_mut(at) else { return false };
        let is_due = told.is_none_or(|(before, told_at)| {
            before != reading || now.duration_since(told_at) + self.early >= TOLD_AGAIN_EVERY
        });
        if is_due {
            *told = Some((reading, now));
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use scene::{Reading, SignalValue};
    use tokio::time::Instant;

    use super::Telling;

    #[test]
    fn a_change_is_told_at_once_and_the_same_after_ten_seconds() {
        let mut telling = Telling::new(1, Duration::from_secs(2));
        let begin = Instant::now();
        let on = Reading::Good(SignalValue::Flag(true));
        let at = |millis| begin + Duration::from_millis(millis);
        assert!(telling.is_due(0, on, at(0)));
        assert!(!telling.is_due(0, on, at(8_000)));
        assert!(telling.is_due(0, on, at(9_990)), "the poll came a little early");
        assert!(telling.is_due(0, Reading::Bad, at(10_000)));
        assert!(!telling.is_due(0, Reading::Bad, at(12_000)));
        assert!(telling.is_due(0, on, at(12_001)));
        assert!(!telling.is_due(1, on, at(0)), "there is no such point");
    }
}
