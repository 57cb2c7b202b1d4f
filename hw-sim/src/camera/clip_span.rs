//! A stretch of a clip.

use std::time::Duration;

/// From one moment of a clip to a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClipSpan {
    /// From here.
    pub from: Duration,
    /// To here, later than `from`.
    pub to: Duration,
}
