//! How far one box lies in another.

use scene::BoundingBox;

/// Share of the smaller box that lies inside the other, 0..=1; 0 if either is empty.
pub(crate) fn contained(a: &BoundingBox, b: &BoundingBox) -> f32 {
    let smaller = a.area().min(b.area());
    if smaller > 0.0 { common_area(a, b) / smaller } else { 0.0 }
}

/// The area that lies in both.
pub(crate) fn common_area(a: &BoundingBox, b: &BoundingBox) -> f32 {
    let width = (a.right.min(b.right) - a.left.max(b.left)).max(0.0);
    let height = (a.bottom.min(b.bottom) - a.top.max(b.top)).max(0.0);
    width * height
}
