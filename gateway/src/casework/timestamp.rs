//! Times in answers and labels.

use scene::CaptureTime;

/// RFC 3339, UTC.
pub(super) fn rfc3339(at: CaptureTime) -> String {
    let time = jiff::Timestamp::from_microsecond(at.unix_micros());
    time.unwrap_or(jiff::Timestamp::MAX).to_string()
}
