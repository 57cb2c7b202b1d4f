//! What one lane brings to every picture.

use camera::Scaler;
use detector::Detector;

/// Used by one thread, for one picture at a time.
pub(crate) struct LaneContext {
    /// The lane's own inference session.
    pub(crate) detector: Detector,
    /// The lane's own scalers.
    pub(crate) scaler: Scaler,
}
