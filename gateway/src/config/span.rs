//! Spans of time as files write them: whole seconds, hours or days.

use std::time::Duration;

/// Whole seconds as a span.
pub(super) fn secs(secs: u32) -> Duration {
    Duration::from_secs(u64::from(secs))
}

/// Whole hours as a span.
pub(super) fn hours(hours: u16) -> Duration {
    Duration::from_hours(u64::from(hours))
}

/// Whole days as a span.
pub(super) fn days(days: u16) -> Duration {
    Duration::from_hours(24 * u64::from(days))
}

/// A span in whole seconds, for a default.
pub(super) fn in_secs(span: Duration) -> u32 {
    u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
}

/// A span in whole hours, for a default.
pub(super) fn in_hours(span: Duration) -> u16 {
    u16::try_from(span.as_secs() / 3600).unwrap_or(u16::MAX)
}

/// A span in whole days, for a default.
pub(super) fn in_days(span: Duration) -> u16 {
    u16::try_from(span.as_secs() / 86_400).unwrap_or(u16::MAX)
}
