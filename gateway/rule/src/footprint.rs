//! The part of a box where its object meets the ground.

use scene::BoundingBox;

/// The part of a box's height, from below, in which the object meets the ground.
pub(crate) const FOOTPRINT_HEIGHT: f32 = 1.0 / 3.0;

/// A box with this share of the picture shows the place, not something that stands in it.
const MOST_OF_PICTURE: f32 = 0.6;

/// Whether the box is too large for something that stands in a passage.
pub(crate) fn fills_picture(bbox: &BoundingBox) -> bool {
    bbox.area() >= MOST_OF_PICTURE
}

/// The part of the box where the object meets the ground.
pub(crate) fn footprint(bbox: &BoundingBox) -> BoundingBox {
    BoundingBox { top: bbox.bottom - FOOTPRINT_HEIGHT * bbox.height(), ..*bbox }
}
