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

/// The same in microseconds.
const TRUSTED_MICROS: i64 = 5_000_000;

/// How fast an arrival anchor may move later, in parts per million. Camera oscillators are off by
/// some 20 ppm, and a network that became slower must be noticed in the end.
const CREEP_PPM: i64 = 100;

/// How much faster than arrival the time of pictures may run, as a part of the time that passes: a hundredth.
/// Reports that wobble, and clocks that jump, must not make a dwell end early.
const CATCH_UP_PART: i64 = 100;

/// RTP time that jumps by more than this against arrival has begun anew. Pictures that are sent in another
/// order than they are shown, and bursts after a stall, jump by less.
const JUMP_MICROS: i64 = 1_000_000;

/// A pause of arrival from this on is a stall, after which pictures come in a burst. What shorter ones hold up
/// is less than a jump.
const STALL_MICROS: i64 = 1_000_000;

/// Pictures that come this many times slower than those before them have stalled; others are just rare.
const STALL_PART: i64 = 2;

/// Packets are on their way for this much longer now and then. What falls further behind arrival without a
/// stall comes from RTP time that jumped, and does not get the time back.
const JITTER_MICROS: i64 = 300_000;

/// Pictures are never dated further behind their arrival than this.
const LONGEST_LAG_MICROS: i64 = 10_000_000;

/// RTP time slower than this part of arrival, an eighth, ...
const STANDSTILL_PART: i64 = 8;

/// ... for so many pictures in a row stands still, or counts in other units: it is of no use.
const STANDSTILL_PICTURES: u32 = 10;

/// Maps one session's RTP timestamps to UTC. Pure: arrival times are handed in.
///
/// Against arrival, the time of pictures may fall behind at once, but gains a hundredth of the time that
/// passes at most, and what a stall or the network's jitter took before. So what lasts a minute by its pictures
/// has lasted a minute, less a second, whatever the camera says of time.
#[derive(Debug)]
pub(crate) struct MediaClock {
    rate_hz: i64,
    /// What is added to RTP time, in microseconds, so that it goes on where it began anew.
    shift: i64,
    /// UTC minus RTP time, by the latest sender report.
    report: Option<i64>,
    /// RTP time and arrival of the picture that came with the least delay, in microseconds.
    arrival: Option<(i64, i64)>,
    /// UTC minus RTP time, as pictures are dated.
    mapping: Option<i64>,
    /// How far pictures are dated ahead of their arrival at most, in microseconds; mostly below zero. No
    /// picture is dated further below it than jitter and a stall explain, so none after it can gain more.
    lead: i64,
    latest: Option<Latest>,
    standstill: u32,
    last: Option<CaptureTime>,
}

/// The latest picture.
#[derive(Debug, Clone, Copy)]
struct Latest {
    rtp: i64,
    arrived: i64,
    /// How long after the one before it came, in microseconds.
    passed: i64,
    /// For so long the pictures stalled, in microseconds: they can make up for it in a burst.
    backlog: i64,
}

impl MediaClock {
    /// A clock for a stream of `rate_hz` RTP ticks a second (90,000 for video).
    pub(crate) fn new(rate_hz: u32) -> Self {
        Self {
            rate_hz: i64::from(rate_hz.max(1)),
            shift: 0,
            report: None,
            arrival: None,
            mapping: None,
            lead: 0,
            latest: None,
            standstill: 0,
            last: None,
        }
    }

    /// Takes in a sender report: `rtp` ticks (unwrapped) and the 64-bit NTP timestamp.
    pub(crate) fn sender_report(&mut self, rtp: i64, ntp: u64) {
        let media = self.media_micros(rtp);
        self.report = unix_micros(ntp).map(|utc_micros| utc_micros.saturating_sub(media));
    }

    /// When the picture with this `rtp` timestamp was taken, given when it arrived.
    ///
    /// Never earlier than the picture before it, unless a clock was set back by more than 5 s.
    pub(crate) fn capture_time(
        &mut self,
        rtp: i64,
        arrived_at: CaptureTime,
    ) -> (CaptureTime, Clock) {
        let arrived = arrived_at.unix_micros();
        let passed = self.go_on(rtp, arrived);
        let media = self.media_micros(rtp);
        let arrival = self.smoothed_arrival(media, arrived);
        let reported = self.report.map(|report| report.saturating_add(media));
        let offset_micros = reported.map(|micros| micros.abs_diff(arrived));
        let trusted =
            offset_micros.is_some_and(|offset| u128::from(offset) <= TRUSTED_OFFSET.as_micros());
        let (wanted, clock) = match reported {
            Some(micros) if trusted => {
                let error_ms = offset_micros.and_then(|offset| u32::try_from(offset / 1000).ok());
                (micros, Clock { source: ClockSource::SenderReport, error_ms })
            }
            _ => (arrival, Clock { source: ClockSource::Arrival, error_ms: None }),
        };
        let micros = self.dated(media, wanted, (arrived, passed));
        let captured_at = self.in_order(CaptureTime::from_unix_micros(micros));
        self.last = Some(captured_at);
        (captured_at, clock)
    }

    /// How much time passed since the latest picture, in microseconds; none if that cannot be said. Where
    /// RTP time jumped, it is moved so that it goes on with arrival.
    fn go_on(&mut self, rtp: i64, arrived: i64) -> Option<i64> {
        let latest = self.latest.replace(Latest { rtp, arrived, passed: i64::MAX, backlog: 0 })?;
        let passed = arrived.saturating_sub(latest.arrived);
        if passed < -TRUSTED_MICROS {
            // The gateway's clock was set back: nothing of before counts.
            (self.arrival, self.mapping, self.report) = (None, None, None);
            return None;
        }
        let passed = passed.max(0);
        let told = self.micros(rtp).saturating_sub(self.micros(latest.rtp));
        let is_slow = passed > 0 && told < passed / STANDSTILL_PART;
        self.standstill = if is_slow { self.standstill.saturating_add(1) } else { 0 };
        let ahead = told.saturating_sub(passed.saturating_add(latest.backlog));
        let jumped = told < -JUMP_MICROS || ahead > JUMP_MICROS;
        let backlog = if jumped || self.standstill >= STANDSTILL_PICTURES {
            self.shift = self.shift.saturating_add(passed.saturating_sub(told));
            self.report = None;
            latest.backlog
        } else {
            // Pictures that are shown before the one before them are no stall, nor is a slow network.
            let is_stall = passed >= STALL_MICROS.max(latest.passed.saturating_mul(STALL_PART));
            let stalled = if is_stall && told >= 0 { passed } else { 0 };
            let backlog = latest.backlog.saturating_add(stalled).saturating_sub(told.max(0));
            backlog.clamp(0, LONGEST_LAG_MICROS)
        };
        self.latest = Some(Latest { rtp, arrived, passed, backlog });
        Some(passed)
    }

    /// The date of a picture whose RTP time is `media` and that is wanted to be dated `wanted`.
    fn dated(&mut self, media: i64, wanted: i64, (arrived, passed): (i64, Option<i64>)) -> i64 {
        let gain = passed.map(|passed| passed / CATCH_UP_PART);
        let wanted_mapping = wanted.saturating_sub(media);
        let mapping = match (self.mapping, passed) {
            (Some(mapping), Some(passed)) => {
                // After a pause, or a step of the gateway's clock, it is as good as new.
                let gain = if passed > TRUSTED_MICROS { passed } else { passed / CATCH_UP_PART };
                wanted_mapping.min(mapping.saturating_add(gain))
            }
            _ => wanted_mapping,
        };
        self.mapping = Some(mapping);
        let ahead = mapping.saturating_add(media).saturating_sub(arrived);
        let backlog = self.latest.map_or(0, |latest| latest.backlog);
        let explained = ahead.saturating_add(JITTER_MICROS).saturating_add(backlog);
        let lead = match gain {
            Some(gain) if ahead > self.lead => ahead.min(self.lead.saturating_add(gain)),
            Some(gain) => ahead.max(self.lead.saturating_sub(gain)).min(explained),
            None => ahead,
        };
        self.lead = lead.max(-LONGEST_LAG_MICROS);
        arrived.saturating_add(ahead.min(self.lead).max(-LONGEST_LAG_MICROS))
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
    pub(crate) fn offset_ms(&self, rtp: i64, arrived_at: CaptureTime) -> Option<i64> {
        let reported = self.report?.saturating_add(self.media_micros(rtp));
        Some(reported.saturating_sub(arrived_at.unix_micros()) / 1000)
    }

    /// The RTP timestamp, unwrapped, that a picture without one would have.
    pub(crate) fn ticks_at(&self, arrived_at: CaptureTime) -> i64 {
        let Some(latest) = self.latest else { return 0 };
        let passed = arrived_at.unix_micros().saturating_sub(latest.arrived).max(0);
        let ticks = i128::from(passed) * i128::from(self.rate_hz) / 1_000_000;
        latest.rtp.saturating_add(i64::try_from(ticks).unwrap_or(0))
    }

    /// Arrival time without jitter: the earliest line through all arrivals, which may move later
    /// slowly.
    fn smoothed_arrival(&mut self, media: i64, arrived: i64) -> i64 {
        let Some((anchor_media, anchor_arrived)) = self.arrival else {
            self.arrival = Some((media, arrived));
            return arrived;
        };
        let since = media.saturating_sub(anchor_media);
        let creep = since.max(0) / 1_000_000 * CREEP_PPM;
        let expected = anchor_arrived.saturating_add(since).saturating_add(creep);
        if arrived < expected || arrived.saturating_sub(expected) > TRUSTED_MICROS {
            self.arrival = Some((media, arrived));
            return arrived;
        }
        if creep > 0 {
            self.arrival = Some((media, expected));
        }
        expected
    }

    /// RTP time that never jumps, in microseconds.
    fn media_micros(&self, rtp: i64) -> i64 {
        self.micros(rtp).saturating_add(self.shift)
    }

    fn micros(&self, rtp: i64) -> i64 {
        let micros = i128::from(rtp) * 1_000_000 / i128::from(self.rate_hz);
        i64::try_from(micros).unwrap_or(if rtp < 0 { i64::MIN / 4 } else { i64::MAX / 4 })
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
