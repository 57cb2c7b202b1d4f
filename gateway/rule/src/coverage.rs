//! How much of a polygon, or of the ground, several boxes cover together.

use scene::{BoundingBox, GroundPlane, GroundPoint, Point, Polygon};

use crate::spans::{Span, united};

/// The share of the polygon's area that lies in at least one of the boxes, 0..=1.
pub(crate) fn covered_share(polygon: &Polygon, boxes: &[BoundingBox]) -> f32 {
    let covered: f64 =
        pieces(boxes).map(|piece| f64::from(polygon.covered_share(&piece)) * area(&piece)).sum();
    narrow(covered / f64::from(polygon.area())).clamp(0.0, 1.0)
}

/// How many square metres of the ground lie in at least one of the boxes; none if they reach the horizon.
pub(crate) fn covered_square_metres(ground: &GroundPlane, boxes: &[BoundingBox]) -> Option<f64> {
    pieces(boxes).try_fold(0.0, |sum, piece| Some(sum + square_metres(ground, &piece)?))
}

/// What the boxes cover, without overlaps. They are cut into upright strips between neighbouring edges: in
/// each, every box is there in full or not at all.
fn pieces(boxes: &[BoundingBox]) -> impl Iterator<Item = BoundingBox> {
    let mut edges: Vec<f32> = boxes.iter().flat_map(|b| [b.left, b.right]).collect();
    edges.sort_by(f32::total_cmp);
    edges.dedup();
    let rights = edges.clone().into_iter().skip(1);
    edges.into_iter().zip(rights).flat_map(move |(left, right)| strip(boxes, left, right))
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

fn square_metres(ground: &GroundPlane, bbox: &BoundingBox) -> Option<f64> {
    let BoundingBox { left, top, right, bottom } = *bbox;
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
    let [a, b, c, d] = corners.map(|(x, y)| ground.locate(Point { x, y }));
    let corners: [GroundPoint; 4] = [a?, b?, c?, d?];
    let next = corners.iter().cycle().skip(1);
    let doubled: f64 = corners
        .iter()
        .zip(next)
        .map(|(one, other)| one.east_m * other.north_m - other.east_m * one.north_m)
        .sum();
    Some(doubled.abs() / 2.0)
}

#[expect(clippy::cast_possible_truncation, reason = "places in the picture fit in 7 digits")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bbox(left: f32, top: f32, right: f32, bottom: f32) -> BoundingBox {
        BoundingBox { left, top, right, bottom }
    }

    #[test]
    fn what_two_boxes_share_lies_on_the_ground_once() {
        // Seen from above: the picture is 10 m wide and 20 m long.
        let above = GroundPlane::from_homography([10.0, 0.0, 0.0, 0.0, -20.0, 20.0, 0.0, 0.0, 1.0]);
        let metres = |boxes: &[BoundingBox]| {
            covered_square_metres(&above, boxes).map(|it| format!("{it:.2}")).unwrap()
        };
        assert_eq!(metres(&[]), "0.00");
        assert_eq!(metres(&[bbox(0.25, 0.5, 0.5, 0.75)]), "12.50");
        assert_eq!(metres(&[bbox(0.25, 0.5, 0.5, 0.75), bbox(0.375, 0.5, 0.625, 0.75)]), "18.75");
    }

    #[test]
    fn what_is_farther_away_is_larger_on_the_ground_and_beyond_the_horizon_it_is_nothing() {
        // The horizon lies at a fifth of the picture's height.
        let slanted = GroundPlane::from_homography([2.0, 0.0, -1.0, 0.0, 0.0, 2.0, 0.0, 1.0, -0.2]);
        let metres = |top: f32| covered_square_metres(&slanted, &[bbox(0.4, top, 0.6, top + 0.1)]);
        assert!(metres(0.3).unwrap() > 4.0 * metres(0.7).unwrap());
        assert_eq!(metres(0.15), None);
    }
}
