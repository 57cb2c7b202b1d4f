//! What is seen: time, geometry, detections, tracks, appearance, and the signals of doors and
//! sensors. Pure: no clock, no disk, no network.
//!
//! All image geometry is **normalised**: x grows right, y grows down, the picture is the unit
//! square. A zone therefore keeps its meaning when a camera switches to another resolution.

mod appearance;
mod crop_look;
mod detection;
mod geometry;
mod ground;
mod shades;
mod signal;
mod standing;
mod thresholds;
mod time;
pub mod track;
mod two_wheeler;

pub use appearance::{Appearance, GRID_CELLS, GRID_COLUMNS, GRID_ROWS};
pub use crop_look::{CropLook, MOST_CROPS};
pub use detection::{Class, Detection, Observation, ObservationGap};
pub use geometry::{BoundingBox, Point, Polygon, PolygonError};
pub use ground::{
    Calibration, CalibrationError, FootUncertainty, Gcj02Point, GeoPoint, GroundPlane, GroundPoint,
    LocalFrame, Located, Pair, Residual,
};
pub use shades::{Change, Shades};
pub use signal::{
    DEVICE_POINT, DoorEvent, Reading, Signal, SignalError, SignalKind, SignalSource, SignalValue,
};
pub use standing::{
    MOST_FOOT_PARTS, MOST_STANDING_ZONES, MOST_THINGS, MOST_UNSURE, StandingLook, StandingThing,
    UNKNOWN_OBJECT,
};
pub use thresholds::Thresholds;
pub use time::{CaptureTime, Clock, ClockSource};
pub use two_wheeler::{E_BIKE, PEDAL_BICYCLE, is_looked_at_twice, is_of_second_look, seen_as};
