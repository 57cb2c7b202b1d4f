//! Boxes that are no obstacle: the place itself, which the detector takes for an object.
//!
//! Detectors have no class for an empty road, a platform or a conveyor belt, and now and then call the
//! whole of it "bench" or "train". Such a box is as large as the place, it is there from the first look,
//! and the detector is not sure of it. A lorry that blocks a lane is narrower than the lane, or is surely
//! a lorry, or the place was seen without it.

use scene::{BoundingBox, Class, E_BIKE, Polygon};

/// A box holds this share of the passage if it is taken for it.
const MOST_OF_PASSAGE: f32 = 0.8;

/// The box reaches across this share of the passage's width where it stands. Whoever drives into a lane
/// leaves some of its width on either side.
const ACROSS: f32 = 0.95;

/// A box with this share of the picture shows the place, not something that stands in it.
const MOST_OF_PICTURE: f32 = 0.6;

/// The detector is sure of an object from this score on.
pub(crate) const SURE: f32 = 0.75;

/// What drives is seldom taken for a road, nor a road for it.
const VEHICLES: [&str; 5] = ["car", "truck", "bus", "motorcycle", E_BIKE];

/// Whether the box is too large for something that stands in a passage.
pub(crate) fn fills_picture(bbox: &BoundingBox) -> bool {
    bbox.area() >= MOST_OF_PICTURE
}

/// Whether the class is that of something that drives into a passage.
pub(crate) fn is_vehicle(class: &Class) -> bool {
    VEHICLES.contains(&class.as_str())
}

/// The share of the passage that lies in the box, 0..=1.
pub(crate) fn share_held(bbox: &BoundingBox, passage: &Polygon) -> f32 {
    passage.covered_share(bbox) * bbox.area() / passage.area()
}

/// Whether the box holds most of the passage, and all of its width where the box stands.
pub(crate) fn fills_passage(bbox: &BoundingBox, passage: &Polygon) -> bool {
    let bounds = passage.bounds();
    // A foot before or behind the passage is compared with its nearer end.
    let end = bounds.height() * (1.0 - MOST_OF_PASSAGE) / 2.0;
    let foot = bbox.bottom.clamp(bounds.top + end, bounds.bottom - end);
    share_held(bbox, passage) >= MOST_OF_PASSAGE
        && width_at(passage, foot).is_some_and(|(left, right)| {
            let common = bbox.right.min(right) - bbox.left.max(left);
            common >= ACROSS * (right - left)
        })
}

/// The outermost edges of the polygon at this height.
fn width_at(polygon: &Polygon, y: f32) -> Option<(f32, f32)> {
    let corners = polygon.corners();
    let next = corners.iter().cycle().skip(1);
    let crossings = corners.iter().zip(next).filter(|(a, b)| (a.y > y) != (b.y > y));
    let places: Vec<f32> =
        crossings.map(|(a, b)| a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y)).collect();
    let (left, right) =
        places.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, r), x| (l.min(*x), r.max(*x)));
    (left < right).then_some((left, right))
}
