//! The part of a box where its object meets the ground.

use scene::{BoundingBox, Polygon};

/// The part of a box's height, from below, in which the object meets the ground.
pub(crate) const FOOTPRINT_HEIGHT: f32 = 1.0 / 3.0;

/// A box is off by so much of the footprint's width and height on each side. What reaches into a passage by less
/// stands beside it.
const RIM: f32 = 0.2;

/// Whether an object stands in this passage: more than the rim of its footprint lies there.
pub(crate) fn stands_in(passage: &Polygon, bbox: &BoundingBox) -> bool {
    let foot = footprint(bbox);
    let (wide, high) = (RIM * foot.width(), RIM * foot.height());
    let core = BoundingBox {
        left: foot.left + wide,
        top: foot.top + high,
        right: foot.right - wide,
        bottom: foot.bottom - high,
    };
    passage.covered_share(&core) > 0.0
}

/// The part of the box where the object meets the ground.
pub(crate) fn footprint(bbox: &BoundingBox) -> BoundingBox {
    BoundingBox { top: bbox.bottom - FOOTPRINT_HEIGHT * bbox.height(), ..*bbox }
}
