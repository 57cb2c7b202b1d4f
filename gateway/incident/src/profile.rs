//! One camera's standing facts: who it is, where it stands, which model looks through it.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use scene::{CaptureTime, GroundPlane};

use crate::grid_map::GridMap;
use crate::place::{Grid, Place};
use rule::Slug;

/// What every alert of one camera says about its source and place.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraProfile {
    /// The gateway that watches it.
    pub gateway_id: Slug,
    /// The gateway's version, at most 32 characters.
    pub gateway_version: String,
    /// The camera.
    pub camera_id: Slug,
    /// Its 20-digit code by GB/T 28181 (国标编码), if it has one.
    pub gb_id: Option<String>,
    /// Offset from UTC of the times in its alerts.
    pub utc_offset: Offset,
    /// The administrative place it is responsible for: its duty grid.
    pub grid: Grid,
    /// Where it stands.
    pub place: Place,
    /// From its picture to the ground, if it is calibrated.
    pub ground: Option<GroundPlane>,
    /// The city's grids, if their map is at hand.
    pub grid_map: Option<Arc<GridMap>>,
    /// Whether alerts give the place in GCJ-02 (火星坐标) too.
    pub gcj02: bool,
    /// The model that finds its objects.
    pub model: Model,
    /// Drill or simulator: case systems must not file its alerts.
    pub test: bool,
}

impl CameraProfile {
    /// The time on the wall beside the camera; beyond year 9999, the first moment of 1970.
    #[must_use]
    pub fn local_time(&self, at: CaptureTime) -> DateTime {
        let time = Timestamp::from_microsecond(at.unix_micros()).unwrap_or(Timestamp::UNIX_EPOCH);
        self.utc_offset.to_datetime(time)
    }
}

/// What a camera's saved state keeps of its profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Standpoint {
    /// Its 20-digit code by GB/T 28181, if it has one.
    pub gb_id: Option<String>,
    /// Its duty grid.
    pub grid: Grid,
    /// Where it stands.
    pub place: Place,
}

/// The detector behind an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its name, at most 64 characters.
    pub name: String,
    /// Its version, at most 32 characters.
    pub version: String,
    /// SHA-256 of the model file, 64 hex digits, if known.
    pub sha256: Option<String>,
}
