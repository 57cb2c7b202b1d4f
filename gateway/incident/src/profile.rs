//! The fixed facts of one camera: its identity, its position and its detection model.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use scene::{CaptureTime, GroundPlane};

use crate::grid_map::GridMap;
use crate::place::{Grid, Place};
use crate::source::Source;
use rule::Slug;

/// What every alert of one camera says about its source and place.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraProfile {
    /// The gateway that watches it.
    pub gateway_id: Slug,
    /// The gateway's version, at most 32 characters.
    pub gateway_version: String,
    /// The camera, or the door or sensor that is described in the same way.
    pub camera_id: Slug,
    /// What kind of device it is.
    pub source: Source,
    /// Its 20-digit code by GB/T 28181 (国标编码), if it has one.
    pub gb_id: Option<String>,
    /// Offset from UTC of the times in its alerts.
    pub utc_offset: Offset,
    /// Its duty grid: the administrative area it is responsible for.
    pub grid: Grid,
    /// Where it stands.
    pub place: Place,
    /// The map from its picture to the ground, if it is calibrated.
    pub ground: Option<GroundPlane>,
    /// The city's grids, if there is a map of them.
    pub grid_map: Option<Arc<GridMap>>,
    /// Whether alerts also give the place in GCJ-02 (火星坐标).
    pub gcj02: bool,
    /// The model that finds its objects.
    pub model: Model,
    /// It is a drill or a simulation: case systems must not file its alerts.
    pub test: bool,
}

impl CameraProfile {
    /// The local time at the camera; after year 9999, the first moment of 1970.
    #[must_use]
    pub fn local_time(&self, at: CaptureTime) -> DateTime {
        let time = Timestamp::from_microsecond(at.unix_micros()).unwrap_or(Timestamp::UNIX_EPOCH);
        self.utc_offset.to_datetime(time)
    }

    /// When it is this local time at the camera; none beyond year 9999.
    #[must_use]
    pub fn moment_of(&self, local: DateTime) -> Option<CaptureTime> {
        let time = self.utc_offset.to_timestamp(local).ok()?;
        Some(CaptureTime::from_unix_micros(time.as_microsecond()))
    }
}

/// The part of a camera's profile that its memory keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct Standpoint {
    /// What kind of device it is.
    pub source: Source,
    /// Its 20-digit code by GB/T 28181, if it has one.
    pub gb_id: Option<String>,
    /// Its duty grid.
    pub grid: Grid,
    /// Where it stands.
    pub place: Place,
}

/// A model behind an alert: the detector, with those that look at its crops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its name, at most 64 characters.
    pub name: String,
    /// Its version, at most 32 characters.
    pub version: String,
    /// SHA-256 of the model file, 64 hex digits, if known.
    pub sha256: Option<String>,
    /// The models that look a second time, at crops; none if nothing is looked at twice.
    pub second_look: Vec<Self>,
    /// The net that finds new cables; none if nobody looks for any.
    pub cable: Option<Box<Self>>,
}
