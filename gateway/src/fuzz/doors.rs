//! What door controllers send over HTTP.

use fuzz::Executor;

/// An ISAPI stream: its `Content-Type` is the first line.
pub(super) fn isapi() -> Executor {
    Executor::each(intake::fuzz::isapi)
}

/// A stream of Dahua's events: its `Content-Type` is the first line.
pub(super) fn dahua() -> Executor {
    Executor::each(intake::fuzz::dahua)
}

/// An answer of an ONVIF device.
pub(super) fn onvif() -> Executor {
    Executor::each(intake::fuzz::onvif)
}
