//! How a moment is written where no local time is known.

use jiff::Timestamp;
use scene::CaptureTime;

/// RFC 3339, UTC. After year 9999 it is the last moment that RFC 3339 can write.
#[must_use]
pub fn rfc3339(at: CaptureTime) -> String {
    Timestamp::from_microsecond(at.unix_micros()).unwrap_or(Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_the_microsecond_and_never_beyond_what_can_be_written() {
        let written = |micros| rfc3339(CaptureTime::from_unix_micros(micros));
        assert_eq!(written(1_795_309_800_000_001), "2026-11-22T01:10:00.000001Z");
        assert!(written(i64::MAX).starts_with("9999-12-"));
    }
}
