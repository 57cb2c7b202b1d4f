//! How much of a polygon several boxes cover together.

use scene::{BoundingBox, Polygon};

use crate::spans::{Span, united};

/// The share of the polygon's area that lies in at least one of the boxes, 0..=1.
pub(crate) fn covered_share(polygon: &Polygon, boxes: &[BoundingBox]) -> f32 {
    let mut edges: Vec<f32> = boxes.iter().flat_map(|b| [b.left, b.right]).collect();
    edges.sort_by(f32::total_cmp);
    edges.dedup();
    // Upright strips between neighbouring edges: in each, every box is there in full or not at all.
    let covered: f64 = edges
        .iter()
        .zip(edges.iter().skip(1))
        .flat_map(|(left, right)| strip(boxes, *left, *right))
        .map(|piece| f64::from(polygon.covered_share(&piece)) * area(&piece))
        .sum();
    narrow(covered / f64::from(polygon.area())).clamp(0.0, 1.0)
}

/// What the boxes cover between two upright lines, without overlaps.
fn strip(boxes: &[BoundingBox], left: f32, right: f32) -> Vec<BoundingBox> {
    let spans: Vec<Span> = boxes
        .iter()
        .filter(|b| b.left <= left && b.right >= right)
        .map(|b| (f64::from(b.top), f64::from(b.bottom)))
        .collect();
    let piece =
        |(top, bottom)| BoundingBox { left, top: narrow(top), right, bottom: narrow(bottom) };
    united(spans).into_iter().map(piece).collect()
}

fn area(bbox: &BoundingBox) -> f64 {
    f64::from(bbox.width()) * f64::from(bbox.height())
}

#[expect(clippy::cast_possible_truncation, reason = "places in the picture fit in 7 digits")]
fn narrow(value: f64) -> f32 {
    value as f32
}
