//! What a message says once it is understood, and why one was not.

use scene::{CaptureTime, Reading};

/// The longest message that is read; a hundred readings take 15 kB.
pub const MOST_MESSAGE_BYTES: usize = 64 * 1024;

/// One reading, or a sign of life.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) about: About,
    /// When, by the device's own clock.
    pub(crate) device_time: Option<CaptureTime>,
    /// What tells it apart from others at the same time.
    pub(crate) serial: Option<u64>,
}

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum About {
    /// The point, by its place in the settings.
    Point(usize, Reading),
    /// The device itself: whether it is there.
    Device { is_there: bool },
}

/// A field of a message that cannot be. It repeats nothing of the message: that may be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub(crate) struct MessageFault {
    pub(crate) field: String,
    pub(crate) expected: String,
}

impl MessageFault {
    pub(crate) fn new(field: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { field: field.into(), expected: expected.into() }
    }
}

/// What one message brought. A list may hold some readings that are understood and some that are not.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Understood {
    pub(crate) said: Vec<Said>,
    pub(crate) faults: Vec<MessageFault>,
    /// Parts that mean nothing here.
    pub(crate) ignored: u64,
}
