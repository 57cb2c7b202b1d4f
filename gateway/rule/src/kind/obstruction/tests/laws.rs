//! What holds for all passages and all that stands in them.

use proptest::collection::vec;
use proptest::prelude::{Strategy, proptest};
use proptest::{prop_assert, prop_assert_eq};
use scene::{BoundingBox, GroundPlane, Point, Polygon};

use crate::footprint::footprint;
use crate::kind::obstruction::coverage::covered_share;
use crate::kind::obstruction::passage::Passage;
use crate::stage::polygon;

/// A camera 20 m long down a street: the horizon lies at 0.2, and a lane of 4 m is drawn into it,
/// from 4 m to 20 m before the camera.
fn street() -> (GroundPlane, Polygon) {
    let ground = GroundPlane::from_homography([2.0, 0.0, -1.0, 0.0, 0.0, 2.0, 0.0, 1.0, -0.2]);
    (ground, polygon(&[(0.0, 0.7), (1.0, 0.7), (0.6, 0.3), (0.4, 0.3)]))
}

fn clear_width(boxes: &[BoundingBox]) -> Option<f64> {
    let (ground, lane) = street();
    let passage = Passage::on(&ground, &lane).unwrap();
    let footprints: Vec<_> =
        boxes.iter().flat_map(|it| passage.footprints(&ground, it, &[footprint(it)])).collect();
    passage.clear_width(&footprints)
}

fn standing(left: f32, right: f32, bottom: f32) -> BoundingBox {
    BoundingBox { left, top: bottom - 0.1, right, bottom }
}

#[test]
fn metres_are_those_on_the_ground() {
    let near = |found: Option<f64>, expected: f64| {
        assert!(found.is_some_and(|m| (m - expected).abs() < 0.06), "{found:?} {expected}");
    };
    // 10 m before the camera a tenth of the picture is a metre; the lane reaches from 0.3 to 0.7.
    near(clear_width(&[standing(0.3, 0.4, 0.4)]), 3.0);
    near(clear_width(&[standing(0.55, 0.7, 0.4)]), 2.5);
    near(clear_width(&[standing(0.45, 0.55, 0.4)]), 1.5);
    // 5 m before the camera it is half a metre.
    near(clear_width(&[standing(0.1, 0.5, 0.6)]), 2.0);
    // The narrower of two places, and two side by side.
    near(clear_width(&[standing(0.3, 0.4, 0.4), standing(0.1, 0.5, 0.6)]), 2.0);
    near(clear_width(&[standing(0.3, 0.4, 0.4), standing(0.6, 0.7, 0.4)]), 2.0);
    assert_eq!(clear_width(&[standing(0.0, 0.1, 0.4)]), None);
    assert_eq!(clear_width(&[standing(0.3, 0.4, 0.15)]), None, "above the horizon");
}

#[test]
fn a_slanted_end_of_the_drawing_is_no_narrow_place() {
    // 4 m wide and 20 m long, its ends cut at 45 degrees; something small stands in the tip.
    let from_above =
        GroundPlane::from_homography([10.0, 0.0, 0.0, 0.0, -20.0, 20.0, 0.0, 0.0, 1.0]);
    let lane = polygon(&[(0.3, 0.0), (0.7, 0.2), (0.7, 1.0), (0.3, 0.8)]);
    let passage = Passage::on(&from_above, &lane).unwrap();
    let width = |bbox| {
        let footprints = passage.footprints(&from_above, &bbox, &[footprint(&bbox)]);
        passage.clear_width(&footprints)
    };
    let small = |left: f32, bottom: f32| BoundingBox {
        left,
        top: bottom - 0.03,
        right: left + 0.03,
        bottom,
    };
    assert_eq!(width(small(0.3, 0.03)), None);
    assert!(width(small(0.3, 0.5)).is_some_and(|m| m > 3.0));
}

fn boxes() -> impl Strategy<Value = Vec<BoundingBox>> {
    let bbox = (0.0..0.9_f32, 0.0..0.9_f32, 0.01..0.5_f32, 0.01..0.5_f32).prop_map(
        |(left, top, width, height)| BoundingBox {
            left,
            top,
            right: (left + width).min(1.0),
            bottom: (top + height).min(1.0),
        },
    );
    vec(bbox, 1..12)
}

/// The share by counting a grid of points.
fn counted_share(polygon: &Polygon, boxes: &[BoundingBox]) -> f32 {
    let steps = || (0..250_u8).map(|step| (f32::from(step) + 0.5) / 250.0);
    let points = steps().flat_map(|x| steps().map(move |y| Point { x, y }));
    let inside: Vec<_> = points.filter(|p| polygon.contains(*p)).collect();
    let is_covered = |p: &&Point| {
        boxes.iter().any(|b| b.left <= p.x && p.x < b.right && b.top <= p.y && p.y < b.bottom)
    };
    inside.iter().filter(is_covered).count() as f32 / inside.len() as f32
}

proptest! {
    #[test]
    fn a_share_is_what_a_grid_of_points_counts(boxes in boxes()) {
        let passage = polygon(&[(0.1, 0.1), (0.9, 0.2), (0.5, 0.5), (0.8, 0.95), (0.2, 0.9)]);
        let (share, counted) = (covered_share(&passage, &boxes), counted_share(&passage, &boxes));
        prop_assert!((share - counted).abs() < 0.02, "{share} {counted}");
    }

    #[test]
    fn whatever_is_added_a_passage_gets_no_freer(boxes in boxes()) {
        let (_, lane) = street();
        let (mut share, mut width) = (0.0, f64::INFINITY);
        for count in 1..=boxes.len() {
            let next = covered_share(&lane, &boxes[..count]);
            prop_assert!((share - 1e-4..=1.0).contains(&next), "{share} {next}");
            let left = clear_width(&boxes[..count]).unwrap_or(f64::INFINITY);
            prop_assert!(left <= width && left >= 0.0, "{width} {left}");
            (share, width) = (next, left);
        }
    }

    #[test]
    fn the_order_of_objects_makes_no_difference(mut boxes in boxes()) {
        let width = clear_width(&boxes);
        boxes.reverse();
        prop_assert_eq!(width, clear_width(&boxes));
    }
}
