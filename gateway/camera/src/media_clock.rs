//! From RTP time to UTC: when was this picture taken?
//!
//! RTCP sender reports pair an RTP timestamp with the camera's wall clock (RFC 3550 §6.4.1). Until
//! the first one arrives, or if the camera's clock is plainly wrong, time is counted from the
//! arrival of packets. The source is stated with every picture.

use std::time::Duration;

use scene::{CaptureTime, Clock, ClockSource};

/// Seconds from the NTP epoch (1900) to the Unix epoch (RFC 5905 §6).
const NTP_TO_UNIX_SECS: u64 = 2_208_988_800;

/// A camera clock further than this from the gateway's is not believed: such a camera has never
/// been set, and its alerts would be filed under the wrong minute.
const TRUSTED_OFFSET: Duration = Duration::from_secs(5);

/// How fast an arrival anchor may move later, in parts per million. Camera oscillators are off by
/// some 20 ppm, and a network that became slower must be noticed in the end.
const CREEP_PPM: i64 = 100;

/// Maps one session's RTP timestamps to UTC. Pure: arrival times are handed in.
#[derive(Debug)]
pub struct MediaClock {
    rate_hz: i64,
    report: Option<Anchor>,
    arrival: Option<Anchor>,
    last: Option<CaptureTime>,
}

/// An RTP timestamp and the UTC it stands for, in microseconds.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    rtp: i64,
    utc_micros: i64,
}

impl MediaClock {
    /// A clock for a stream of `rate_hz` RTP ticks a second (90,000 for video).
    pub fn new(rate_hz: u32) -> Self {
        Self { rate_hz: i64::from(rate_hz.max(1)), report: None, arrival: None, last: None }
    }

    /// Takes in a sender report: `rtp` ticks (unwrapped) and the 64-bit NTP timestamp.
    pub fn sender_report(&mut self, rtp: i64, ntp: u64) {
        self.report = unix_micros(ntp).map(|utc_micros| Anchor { rtp, utc_micros });
    }

    /// When the picture with this `rtp` timestamp was taken, given when it arrived.
    ///
    /// Never earlier than the picture before it, unless a clock was set back by more than 5 s.
    pub fn capture_time(&mut self, rtp: i64, arrived_at: CaptureTime) -> (CaptureTime, Clock) {
        let arrival_micros = self.smoothed_arrival(rtp, arrived_at);
        let reported = self.report.map(|anchor| self.extrapolate(anchor, rtp));
        let offset_micros = reported.map(|micros| micros.abs_diff(arrived_at.unix_micros()));
        let trusted =
            offset_micros.is_some_and(|offset| u128::from(offset) <= TRUSTED_OFFSET.as_micros());
        let (micros, clock) = match reported {
            Some(micros) if trusted => {
                let error_ms = offset_micros.and_then(|offset| u32::try_from(offset / 1000).ok());
                (micros, Clock { source: ClockSource::SenderReport, error_ms })
            }
            _ => (arrival_micros, Clock { source: ClockSource::Arrival, error_ms: None }),
        };
        let captured_at = self.in_order(CaptureTime::from_unix_micros(micros));
        self.last = Some(captured_at);
        (captured_at, clock)
    }

    /// Small steps back (jitter, a first sender report) are smoothed away. A larger one is a clock
    /// that was set: waiting for the old time to come again would blind the camera until then.
    fn in_order(&self, captured_at: CaptureTime) -> CaptureTime {
        match self.last {
            Some(last) if last.since(captured_at) <= TRUSTED_OFFSET => {
                captured_at.max(last.after(Duration::from_micros(1)))
            }
            _ => captured_at,
        }
    }

    /// The camera's clock minus the gateway's, in milliseconds, if it ever reported one.
    pub fn offset_ms(&self, rtp: i64, arrived_at: CaptureTime) -> Option<i64> {
        let anchor = self.report?;
        Some((self.extrapolate(anchor, rtp) - arrived_at.unix_micros()) / 1000)
    }

    /// Arrival time without jitter: the earliest line through all arrivals, which may move later
    /// slowly.
    fn smoothed_arrival(&mut self, rtp: i64, arrived_at: CaptureTime) -> i64 {
        let here = Anchor { rtp, utc_micros: arrived_at.unix_micros() };
        let Some(anchor) = self.arrival else {
            self.arrival = Some(here);
            return here.utc_micros;
        };
        let expected = self.extrapolate(anchor, rtp);
        let creep = (expected - anchor.utc_micros).max(0) / 1_000_000 * CREEP_PPM;
        let off_by_micros = here.utc_micros.abs_diff(expected);
        if here.utc_micros < expected + creep
            || u128::from(off_by_micros) > TRUSTED_OFFSET.as_micros()
        {
            self.arrival = Some(here);
            return here.utc_micros;
        }
        if creep > 0 {
            self.arrival = Some(Anchor { rtp, utc_micros: expected + creep });
        }
        expected + creep
    }

    fn extrapolate(&self, anchor: Anchor, rtp: i64) -> i64 {
        let ticks = i128::from(rtp) - i128::from(anchor.rtp);
        let micros = ticks * 1_000_000 / i128::from(self.rate_hz);
        anchor.utc_micros.saturating_add(i64::try_from(micros).unwrap_or(0))
    }
}

/// An NTP timestamp as Unix microseconds; none for zero, which means "no wall clock" (RFC 3550).
fn unix_micros(ntp: u64) -> Option<i64> {
    if ntp == 0 {
        return None;
    }
    let secs = ntp >> 32;
    // Era 1 begins on 2036-02-07: seconds below the Unix epoch's belong to it.
    let era_secs = if secs < NTP_TO_UNIX_SECS { 1 << 32 } else { 0 };
    let unix_secs = i64::try_from(secs + era_secs - NTP_TO_UNIX_SECS).ok()?;
    let micros = i64::try_from(((ntp & 0xffff_ffff) * 1_000_000) >> 32).ok()?;
    Some(unix_secs * 1_000_000 + micros)
}

#[cfg(test)]
mod tests;
