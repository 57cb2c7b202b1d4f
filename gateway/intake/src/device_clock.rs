//! How far the clock of a device is from ours, and when its messages happened by our clock.

use std::collections::VecDeque;
use std::time::Duration;

use scene::{CaptureTime, Clock, ClockSource};

/// Heartbeats that are compared; they come every 5 to 30 s.
const SAMPLES: usize = 8;
/// With fewer heartbeats than this nothing is known of the clock.
const MIN_SAMPLES: usize = 3;
/// Heartbeats that disagree by more show a clock that stands still, or was set meanwhile.
const MAX_SPREAD_MICROS: i64 = 5_000_000;
/// A message that seems older than this was dated by another setting of the clock.
const OLDEST: Duration = Duration::from_hours(24);

/// The clock of one device. Some stand at 1970 until somebody sets them. Keep it over the device's
/// connections.
#[derive(Debug, Clone, Default)]
pub struct DeviceClock {
    /// Arrival less device time of the latest heartbeats, in microseconds.
    offsets: VecDeque<i64>,
    /// An earlier run of the gateway has measured them; a clock may have been set since.
    is_of_before: bool,
}

impl DeviceClock {
    /// With what an earlier run has measured.
    pub(crate) fn of(offsets: &[i64]) -> Self {
        let beyond = offsets.len().saturating_sub(SAMPLES);
        Self { offsets: offsets.iter().skip(beyond).copied().collect(), is_of_before: true }
    }

    /// What it has measured, the oldest first.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = i64> {
        self.offsets.iter().copied()
    }

    /// Compares the clocks by a message that the device sent just now, such as a heartbeat. Events
    /// do not serve: a device may have stored them.
    pub fn measure(&mut self, device_time: CaptureTime, arrived_at: CaptureTime) {
        let offset = arrived_at.unix_micros().saturating_sub(device_time.unix_micros());
        let is_other = |before: &i64| before.abs_diff(offset) > MAX_SPREAD_MICROS.unsigned_abs();
        if std::mem::take(&mut self.is_of_before) && self.offsets.iter().any(is_other) {
            self.offsets.clear();
        }
        if self.offsets.len() >= SAMPLES {
            self.offsets.pop_front();
        }
        self.offsets.push_back(offset);
    }

    /// What must be added to the device's time to get ours, in microseconds, and the uncertainty.
    /// None as long as the clock is not known, and if it is of no use.
    #[must_use]
    pub fn offset_micros(&self) -> Option<(i64, i64)> {
        let (least, most) = (self.offsets.iter().min()?, self.offsets.iter().max()?);
        let spread = most.saturating_sub(*least);
        // The least offset is of the message with the least delay.
        let is_known = self.offsets.len() >= MIN_SAMPLES && spread <= MAX_SPREAD_MICROS;
        is_known.then_some((*least, spread))
    }

    /// When a message happened that the device dates `device_time`. It is the time of arrival if
    /// the device's clock is not known.
    #[must_use]
    pub fn date(&self, device_time: CaptureTime, arrived_at: CaptureTime) -> (CaptureTime, Clock) {
        let by_arrival = (arrived_at, Clock { source: ClockSource::Arrival, error_ms: None });
        let Some((offset, spread)) = self.offset_micros() else { return by_arrival };
        let at = CaptureTime::from_unix_micros(device_time.unix_micros().saturating_add(offset));
        if arrived_at.since(at) > OLDEST || at.since(arrived_at) > OLDEST {
            return by_arrival;
        }
        let error_ms = u32::try_from(spread / 1_000).ok();
        (at.min(arrived_at), Clock { source: ClockSource::SenderReport, error_ms })
    }
}

#[cfg(test)]
mod tests {
    use scene::{CaptureTime, ClockSource};

    use super::{DeviceClock, SAMPLES};

    const NOW: i64 = 1_795_309_800;

    fn secs(secs: i64) -> CaptureTime {
        CaptureTime::from_unix_micros(secs * 1_000_000)
    }

    /// Ten heartbeats, 10 s apart, up to `NOW`; `device` gives the device's time of each.
    fn beating(device: impl Fn(i64) -> i64) -> DeviceClock {
        let mut clock = DeviceClock::default();
        (-9..=0).for_each(|beat| clock.measure(secs(device(beat * 10)), secs(NOW + beat * 10)));
        assert_eq!(clock.offsets.len(), SAMPLES, "memory is bounded");
        clock
    }

    #[test]
    fn a_clock_that_runs_is_corrected_even_if_it_began_in_1970() {
        let (at, clock) = beating(|now| 1_000 + now).date(secs(970), secs(NOW));
        assert_eq!((at, clock.source), (secs(NOW - 30), ClockSource::SenderReport));
        assert_eq!(clock.error_ms, Some(0));
        let (at, clock) =
            beating(|now| NOW + 60 + now - now.abs() / 10 % 2).date(secs(NOW), secs(NOW));
        assert_eq!((at, clock.error_ms), (secs(NOW - 60), Some(1_000)));
    }

    #[test]
    fn a_clock_that_is_no_use_gives_way_to_the_arrival() {
        let arrival = |clock: &DeviceClock, time| {
            let (at, clock) = clock.date(time, secs(NOW));
            assert_eq!((at, clock.source), (secs(NOW), ClockSource::Arrival));
        };
        arrival(&DeviceClock::default(), secs(NOW - 30));
        arrival(&beating(|_| 0), secs(0)); // It stands still.
        arrival(&beating(|now| if now < -20 { now } else { NOW + now }), secs(NOW - 30)); // Just set.
        arrival(&beating(|now| NOW + now), secs(1_000)); // The event is dated before it was set.
    }

    #[test]
    fn what_an_earlier_run_measured_counts_until_a_clock_was_set() {
        let restored = |clock: &DeviceClock| DeviceClock::of(&clock.offsets().collect::<Vec<_>>());
        let minute_ahead = beating(|now| NOW + 60 + now);
        let mut next = restored(&minute_ahead);
        assert_eq!(next.date(secs(NOW + 30), secs(NOW)).0, secs(NOW - 30));
        next.measure(secs(NOW + 60), secs(NOW));
        assert_eq!(next.offsets.len(), SAMPLES, "it agrees");
        let mut set = restored(&minute_ahead);
        (0..3).for_each(|beat| set.measure(secs(NOW + beat), secs(NOW + beat)));
        assert_eq!(set.offset_micros(), Some((0, 0)), "nothing of before stands in its way");
    }

    #[test]
    fn nothing_happens_after_it_has_arrived() {
        let (at, _) = beating(|now| NOW + now).date(secs(NOW + 2), secs(NOW));
        assert_eq!(at, secs(NOW));
    }
}
