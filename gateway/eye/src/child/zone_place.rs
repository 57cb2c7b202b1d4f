//! Points and boxes of the picture in shares of the place of a zone, and back.

use scene::{BoundingBox, Point};

/// A point of the picture in shares of the place.
pub(crate) fn into(place: &BoundingBox, point: Point) -> Point {
    Point {
        x: ((point.x - place.left) / place.width()).clamp(0.0, 1.0),
        y: ((point.y - place.top) / place.height()).clamp(0.0, 1.0),
    }
}

/// A box of the picture in shares of the place, which it may reach beyond.
pub(crate) fn relative(place: &BoundingBox, bbox: &BoundingBox) -> BoundingBox {
    let x = |x: f32| (x - place.left) / place.width();
    let y = |y: f32| (y - place.top) / place.height();
    BoundingBox {
        left: x(bbox.left),
        top: y(bbox.top),
        right: x(bbox.right),
        bottom: y(bbox.bottom),
    }
}

/// A box given in shares of the place, in the picture.
pub(crate) fn in_picture(bbox: &BoundingBox, place: &BoundingBox) -> BoundingBox {
    let Point { x: left, y: top } = out_of(place, bbox.left, bbox.top);
    let Point { x: right, y: bottom } = out_of(place, bbox.right, bbox.bottom);
    BoundingBox { left, top, right, bottom }
}

/// A point given in shares of the place, in the picture.
pub(crate) fn out_of(place: &BoundingBox, x: f32, y: f32) -> Point {
    Point {
        x: (place.left + x * place.width()).clamp(0.0, 1.0),
        y: (place.top + y * place.height()).clamp(0.0, 1.0),
    }
}

/// The share of the place that a box covers, given in shares of the place.
pub(crate) fn share_of_zone(bbox: &BoundingBox) -> f32 {
    let side = |low: f32, high: f32| (high.min(1.0) - low.max(0.0)).max(0.0);
    side(bbox.left, bbox.right) * side(bbox.top, bbox.bottom)
}
