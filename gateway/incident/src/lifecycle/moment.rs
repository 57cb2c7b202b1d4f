//! When something is so.

use std::time::Duration;

use scene::{CaptureTime, Clock};

/// When something is so: by which clock, and how much had been watched by then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) at: CaptureTime,
    pub(crate) clock: Clock,
    pub(crate) watched: Duration,
}
