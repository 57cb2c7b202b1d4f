//! One checkpoint, checked.

use std::sync::Arc;

use incident::{Grid, GridMap, Place, SignalRuleSettings, Source};
use rule::Slug;

/// One checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) id: Slug,
    pub(crate) name: String,
    /// What kind of device it is, as its alerts say: that of its first door.
    pub(crate) source: Source,
    /// Its doors, and where the guard signs in.
    pub(crate) points: Vec<NamedPoint>,
    /// Devices whose incidents are joined with what its camera sees, those of its doors among them.
    pub(crate) devices: Vec<Slug>,
    /// The camera that sees it.
    pub(crate) camera: Option<SeenBy>,
    pub(crate) place: Place,
    pub(crate) grid: Grid,
    /// The city's grids, to find that of an incident.
    pub(crate) grid_map: Option<Arc<GridMap>>,
    /// Unique by id and by incident type.
    pub(crate) rules: Vec<SignalRuleSettings>,
}

/// A point of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPoint {
    pub(crate) device: Slug,
    pub(crate) point: String,
}

/// What a checkpoint asks of its camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeenBy {
    pub(crate) camera: Slug,
    /// The rule that counts who crosses inward.
    pub(crate) line: Option<Slug>,
    /// The rule that tells whether the guard is there.
    pub(crate) guard: Option<Slug>,
}

impl NamedPoint {
    /// As the checkpoint's signals name it.
    pub(crate) fn heard_as(&self) -> String {
        format!("{}/{}", self.device, self.point)
    }
}
