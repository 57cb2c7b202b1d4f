//! What one lane brings to every picture.

use camera::Scaler;
use detector::Detector;
use standing::Workbench;

/// Used by one thread, for one picture at a time.
pub(crate) struct LaneContext {
    /// The lane's own inference session.
    pub(crate) detector: Detector,
    /// The lane's own scalers.
    pub(crate) scaler: Scaler,
    /// The lane's own, for what newly stands in zones.
    pub(crate) bench: Workbench,
}
