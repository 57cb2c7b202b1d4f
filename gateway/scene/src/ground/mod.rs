//! The ground before a camera: from pixels to metres, and from metres to places on Earth.

mod calibration;
mod gcj02;
mod geodesy;
mod ground_point;
mod least_squares;
mod plane;
#[cfg(test)]
mod street_camera;

pub use calibration::{Calibration, CalibrationError, Pair, Residual};
pub use gcj02::Gcj02Point;
pub use geodesy::{GeoPoint, LocalFrame};
pub use ground_point::GroundPoint;
pub use plane::{FootUncertainty, GroundPlane, Located};
