//! A point on the ground near a camera, in metres.

/// A point on the ground near a camera: metres east and north of the plane's own origin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundPoint {
    /// Metres to the east.
    pub east_m: f64,
    /// Metres to the north.
    pub north_m: f64,
}

impl GroundPoint {
    /// Metres to `other`.
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        (self.east_m - other.east_m).hypot(self.north_m - other.north_m)
    }
}
