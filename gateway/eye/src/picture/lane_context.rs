//! What one lane brings to every picture.

use camera::Scaler;
use detector::{CableNet, Detector, SecondLook};
use standing::Workbench;

use crate::inference::LaneModels;

/// Used by one thread, for one picture at a time.
pub(crate) struct LaneContext {
    /// The lane's own inference session.
    pub(crate) detector: Detector,
    /// Its own session of the model that looks at crops, if there is one.
    pub(crate) second_look: Option<SecondLook>,
    /// Its own session of the net that finds new cables, if there is one.
    pub(crate) cable: Option<CableNet>,
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
    pub(crate) fn new(models: LaneModels) -> Self {
        let LaneModels { detector, second_look, cable } = models;
        let (scaler, bench) = (Scaler::default(), Workbench::default());
        let sheets = Scaler::holding(MOST_SHEET_BYTES);
        Self { detector, second_look, cable, scaler, sheets, bench }
    }
}
