//! How a camera's clip time and the wall clock belong together.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;

/// RTP ticks a second of all video payload formats (RFC 6184 §5.1, RFC 7798 §4.1).
pub(crate) const TICKS_PER_SEC: u32 = 90_000;

/// A span of `ticks` at 90 kHz, rounded down to the nanosecond.
pub(crate) fn duration_of(ticks: u64) -> Duration {
    Duration::from_nanos(ticks.saturating_mul(100_000) / 9)
}

/// The whole 90 kHz ticks in `span`.
pub(crate) fn ticks_of(span: Duration) -> u64 {
    u64::try_from(span.as_nanos() * 9 / 100_000).unwrap_or(u64::MAX)
}

/// Which moment of its clip a camera shows when. Cheap to clone; all clones are the same timeline.
///
/// The wall clock is read once, when the clip starts. From then on the monotonic clock advances it,
/// so that ground truth and sender reports agree even if the system clock is set.
#[derive(Debug, Clone)]
pub struct Timeline {
    start: Arc<watch::Sender<Option<Start>>>,
    clip_duration: Duration,
    start_offset: Duration,
}

/// One instant on both clocks: when the clip time was the start offset.
#[derive(Debug, Clone, Copy)]
struct Start {
    at: Instant,
    utc: SystemTime,
}

impl Timeline {
    pub(crate) fn new(clip_duration: Duration, start_offset: Duration) -> Self {
        let start = Arc::new(watch::Sender::new(None));
        Self { start, clip_duration, start_offset }
    }

    /// Starts the clip now, unless it has started before.
    pub(crate) fn start(&self) {
        self.start.send_if_modified(|start| {
            let fresh = start.is_none();
            start.get_or_insert_with(|| Start { at: Instant::now(), utc: SystemTime::now() });
            fresh
        });
    }

    /// The wall-clock instant at which clip time was (or would have been) zero for the first time;
    /// `None` while a `Playback::Once` camera waits for its first PLAY.
    #[must_use]
    pub fn clip_zero_at(&self) -> Option<SystemTime> {
        let start = (*self.start.borrow())?;
        start.utc.checked_sub(self.start_offset)
    }

    /// As [`clip_zero_at`](Self::clip_zero_at), waiting until the clip has started.
    pub async fn started(&self) -> SystemTime {
        let mut start = self.start.subscribe();
        loop {
            if let Some(zero_at) = self.clip_zero_at() {
                return zero_at;
            }
            if start.changed().await.is_err() {
                std::future::pending::<()>().await; // unreachable: `self` keeps the sender alive
            }
        }
    }

    /// The wall-clock instant at which `clip_time` is shown in the given round of the loop, the
    /// first round being 0; `None` before the clip has started.
    #[must_use]
    pub fn wall_clock(&self, round: u32, clip_time: Duration) -> Option<SystemTime> {
        self.clip_zero_at()?.checked_add(self.clip_duration.checked_mul(round)? + clip_time)
    }

    /// The duration of one round of the clip.
    #[must_use]
    pub fn clip_duration(&self) -> Duration {
        self.clip_duration
    }

    /// Ticks since clip time zero of the first round at `now`; `None` before the clip has started.
    pub(crate) fn ticks_at(&self, now: Instant) -> Option<u64> {
        let start = (*self.start.borrow())?;
        Some(ticks_of(self.start_offset + now.saturating_duration_since(start.at)))
    }

    /// The instant at which `ticks` have passed since clip time zero of the first round, but not before
    /// the start.
    pub(crate) fn instant_at(&self, ticks: u64) -> Option<Instant> {
        let start = (*self.start.borrow())?;
        start.at.checked_add(duration_of(ticks).saturating_sub(self.start_offset))
    }

    /// The wall clock at `now`, for sender reports.
    pub(crate) fn utc_at(&self, now: Instant) -> Option<SystemTime> {
        let start = (*self.start.borrow())?;
        start.utc.checked_add(now.saturating_duration_since(start.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn maps_clip_time_to_both_clocks() {
        let timeline = Timeline::new(Duration::from_secs(10), Duration::from_secs(4));
        assert_eq!(timeline.clip_zero_at(), None);
        assert_eq!(timeline.ticks_at(Instant::now()), None);

        timeline.start();
        let zero_at = timeline.started().await;
        tokio::time::advance(Duration::from_secs(7)).await;
        timeline.start(); // a second start changes nothing

        let now = Instant::now();
        assert_eq!(timeline.started().await, zero_at);
        assert_eq!(timeline.ticks_at(now), Some(11 * 90_000));
        assert_eq!(timeline.instant_at(11 * 90_000), Some(now));
        assert_eq!(timeline.utc_at(now), Some(zero_at + Duration::from_secs(11)));
        let second_round = timeline.wall_clock(1, Duration::from_secs(1));
        assert_eq!(second_round, Some(zero_at + Duration::from_secs(11)));
    }

    #[test]
    fn ticks_survive_the_way_there_and_back_within_one() {
        for ticks in [0, 1, 2, 3_600, 90_000, 1 << 40] {
            assert!(ticks - ticks_of(duration_of(ticks)) <= 1, "{ticks}");
        }
    }
}
