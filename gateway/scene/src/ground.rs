//! From the picture to the ground: where on the plane that a camera looks down on something stands.

use crate::geometry::Point;

/// A point on the ground near a camera: metres east and north of the plane's own origin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundPoint {
    /// Metres to the east.
    pub east_m: f64,
    /// Metres to the north.
    pub north_m: f64,
}

/// The homography from a camera's normalised picture to the ground plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundPlane {
    /// Row by row, `[x, y, 1]` of the picture to homogeneous metres east and north.
    to_ground: [f64; 9],
}

impl GroundPlane {
    /// The plane of a known homography, row by row: `[x, y, 1]` of the normalised picture to
    /// homogeneous metres east and north.
    #[must_use]
    pub const fn from_homography(to_ground: [f64; 9]) -> Self {
        Self { to_ground }
    }

    /// Where on the ground the picture's `point` lies; none at and above the horizon.
    #[must_use]
    pub fn locate(&self, point: Point) -> Option<GroundPoint> {
        let [a, b, c, d, e, f, g, h, i] = self.to_ground;
        let (x, y) = (f64::from(point.x), f64::from(point.y));
        let depth = g * x + h * y + i;
        (depth > 0.0).then(|| GroundPoint {
            east_m: (a * x + b * y + c) / depth,
            north_m: (d * x + e * y + f) / depth,
        })
    }
}
