//! What was measured at a point, as an alert tells it.

use rule::signal::Measurement;

/// What was measured at a point of a device.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The point; none: the device as a whole is meant.
    pub point: Option<String>,
    /// What about it, and the latest value.
    pub measurement: Measurement,
}
