//! The part of a box where its object meets the ground.

use scene::BoundingBox;

/// The part of a box's height, from below, in which the object meets the ground.
pub(crate) const FOOTPRINT_HEIGHT: f32 = 1.0 / 3.0;

/// The part of the box where the object meets the ground.
pub(crate) fn footprint(bbox: &BoundingBox) -> BoundingBox {
    BoundingBox { top: bbox.bottom - FOOTPRINT_HEIGHT * bbox.height(), ..*bbox }
}
