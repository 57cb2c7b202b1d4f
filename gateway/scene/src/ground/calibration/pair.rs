//! Pixels whose places on the ground are known.

use crate::geometry::Point;
use crate::ground::geodesy::GeoPoint;
use crate::ground::ground_point::GroundPoint;

/// Fewest pairs that determine a plane.
pub(super) const FEWEST_PAIRS: usize = 4;

/// A point of the picture, on the ground, and its place on Earth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Where the picture shows it.
    pub picture: Point,
    /// Where it is.
    pub place: GeoPoint,
}

/// A pair in metres: a pixel and the ground point that it shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observed {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) ground: GroundPoint,
}
