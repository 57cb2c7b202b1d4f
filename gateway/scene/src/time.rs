//! When a picture or a reading was taken, and how far that statement can be trusted.

use std::time::Duration;

/// The instant at which a camera exposed a picture, or a door or sensor took a reading: UTC,
/// microseconds since 1970-01-01.
///
/// It comes with the data (for pictures, RTP time and RTCP sender reports, RFC 3550 §6.4.1) or,
/// marked as such, from the arrival of the packet. Pure code never asks a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaptureTime(i64);

impl CaptureTime {
    /// From microseconds since the Unix epoch, UTC.
    #[must_use]
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch, UTC.
    #[must_use]
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// This instant moved later by `span`; saturates at the end of time.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// This instant on a clock that was set `by_micros` later, or earlier if negative; saturates.
    #[must_use]
    pub const fn moved(self, by_micros: i64) -> Self {
        Self(self.0.saturating_add(by_micros))
    }

    /// This instant moved earlier by `span`; saturates at the beginning of time.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }
}

/// Where a capture time came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockSource {
    /// The device's own wall clock: of a camera, by RTP time and RTCP sender reports; of a door or
    /// sensor, by the time that its message names.
    SenderReport,
    /// When the packet arrived: the delay of network and device is in it.
    Arrival,
}

/// A clock's source and its estimated error against the gateway's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Where the time came from.
    pub source: ClockSource,
    /// Estimated absolute error in milliseconds, if known.
    pub error_ms: Option<u32>,
}
