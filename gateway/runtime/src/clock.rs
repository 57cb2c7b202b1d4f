//! The gateway's own clock: the one place that reads it.

use std::time::{SystemTime, UNIX_EPOCH};

use scene::CaptureTime;

/// The gateway's wall clock, UTC. The host keeps it right by NTP or GNSS.
pub fn utc_now() -> CaptureTime {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    CaptureTime::from_unix_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}
