//! A wall clock that was set while rules remember times by it.

use incident::Assessor;
use runtime::{CLOCK_TOLERANCE, is_before_all};
use scene::CaptureTime;
use tracing::error;

/// From `from` to `to` in microseconds, negative if that is earlier.
pub(super) fn micros_from(from: CaptureTime, to: CaptureTime) -> i64 {
    to.unix_micros().saturating_sub(from.unix_micros())
}

/// By how much what an earlier run remembers up to `latest_at` must move, if this run begins at `now`. Its clock
/// was never set, or one of the two clocks is wrong: it ended just now, for all that is known.
pub(super) fn behind_us(
    latest_at: CaptureTime,
    now: CaptureTime,
    is_believed: bool,
) -> Option<i64> {
    let was_never_set = is_believed && is_before_all(latest_at);
    let lies_ahead = latest_at.since(now) > CLOCK_TOLERANCE;
    (was_never_set || lies_ahead).then(|| micros_from(latest_at, now))
}

/// Moves all that an assessor remembers. Whether it worked; if not, the assessor goes on as it was.
pub(super) fn move_clock(assessor: &mut Assessor, by_micros: i64) -> bool {
    let moved = assessor.move_clock(by_micros);
    moved.inspect_err(|error| error!(%error, "what the rules remember keeps its old times")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_run_that_lies_ahead_or_in_1970_ended_just_now() {
        let secs = |secs: i64| CaptureTime::from_unix_micros(secs * 1_000_000);
        let now = 1_796_000_000;
        let moved = |latest, is_believed| behind_us(secs(latest), secs(now), is_believed);
        let hour = 3_600;
        assert_eq!(moved(now - hour, true), None, "it was off for an hour");
        assert_eq!(moved(now + 1, true), None);
        assert_eq!(moved(now + hour, true), Some(-hour * 1_000_000));
        assert_eq!(moved(now + hour, false), Some(-hour * 1_000_000));
        assert_eq!(moved(1_000, true), Some((now - 1_000) * 1_000_000));
        assert_eq!(behind_us(secs(1_000), secs(2_000), false), None, "both are in 1970");
    }
}
