//! Spans as a memory keeps them.

use std::time::Duration;

/// Whole microseconds; a span beyond 584,000 years is cut to that.
#[must_use]
pub fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
