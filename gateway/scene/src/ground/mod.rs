//! The ground before a camera: from pixels to metres, and from metres to places on Earth.

mod calibration;
mod gcj02;
mod geodesy;
mod least_squares;
mod plane;
#[cfg(test)]
mod street_camera;

pub use calibration::{Calibration, InvalidCalibration, Pair, Residual};
pub use gcj02::Gcj02Point;
pub use geodesy::{GeoPoint, LocalFrame};
pub use plane::{FootError, GroundPlane, GroundPoint, Located};
