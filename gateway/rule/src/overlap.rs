//! How far one box lies in another.

use scene::BoundingBox;

/// Share of the smaller box that lies inside the other, 0..=1; 0 if either is empty.
pub(crate) fn contained(a: &BoundingBox, b: &BoundingBox) -> f32 {
    let smaller = a.area().min(b.area());
    if smaller > 0.0 { a.common_area(b) / smaller } else { 0.0 }
}

/// Share of `inner` that lies inside `outer`, 0..=1; 0 if it is empty.
pub(crate) fn share_inside(inner: &BoundingBox, outer: &BoundingBox) -> f32 {
    let area = inner.area();
    if area > 0.0 { inner.common_area(outer) / area } else { 0.0 }
}
