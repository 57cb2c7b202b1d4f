//! What one lane brings to every picture.

use camera::Scaler;
use detector::{Detector, SecondLook};
use standing::Workbench;

/// Used by one thread, for one picture at a time.
pub(crate) struct LaneContext {
    /// The lane's own inference session.
    pub(crate) detector: Detector,
    /// Its own session of the model that looks at crops, if there is one.
    pub(crate) second_look: Option<SecondLook>,
    /// The lane's own scalers.
    pub(crate) scaler: Scaler,
    /// Others, for what zones and crops are cut from: those pictures are large, and must not displace what the
    /// detector needs.
    pub(crate) sheets: Scaler,
    /// The lane's own, for what newly stands in zones.
    pub(crate) bench: Workbench,
}

/// Bytes of the pictures that zones are cut from: five of the largest.
const MOST_SHEET_BYTES: usize = 32 * 1024 * 1024;

impl LaneContext {
    /// Of a lane that has these sessions.
    pub(crate) fn new((detector, second_look): (Detector, Option<SecondLook>)) -> Self {
        let (scaler, bench) = (Scaler::default(), Workbench::default());
        Self { detector, second_look, scaler, sheets: Scaler::holding(MOST_SHEET_BYTES), bench }
    }
}
