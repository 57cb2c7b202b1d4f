//! What one worker thread brings to every camera's turn.

use camera::Scaler;
use detector::Detector;

/// Used by one thread at a time, for one picture at a time.
pub(crate) struct WorkerContext {
    /// The thread's own inference session.
    pub(crate) detector: Detector,
    /// The thread's own scalers.
    pub(crate) scaler: Scaler,
}
