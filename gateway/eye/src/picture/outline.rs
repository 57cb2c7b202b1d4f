//! The outline of a thing of no class, or the way of a cable, as a picture shows it.

use scene::{BoundingBox, Point};

/// Boxes that differ by less are one: a tenth of a pixel of any camera.
const SAME: f32 = 1e-5;

/// The outline of a thing of no class, or the way of a cable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outline {
    /// The smallest box around it, by which the gateway names it.
    pub(crate) bounds: BoundingBox,
    /// Its corners in order, normalised. Each edge of an outline is level or upright.
    pub(crate) corners: Vec<Point>,
    /// They are a way with two ends.
    pub(crate) is_way: bool,
}

impl Outline {
    /// Whether it is that of what stands in `bbox`.
    pub(crate) fn fills(&self, bbox: &BoundingBox) -> bool {
        let near = |one: f32, other: f32| (one - other).abs() < SAME;
        near(self.bounds.left, bbox.left)
            && near(self.bounds.top, bbox.top)
            && near(self.bounds.right, bbox.right)
            && near(self.bounds.bottom, bbox.bottom)
    }
}
