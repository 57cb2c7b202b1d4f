//! Polygons: a table of refusals, known shapes, and laws that hold for any shape.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{BoundingBox, Point, Polygon};

fn points(corners: &[(f32, f32)]) -> Vec<Point> {
    corners.iter().map(|&(x, y)| Point { x, y }).collect()
}

fn check(corners: &[(f32, f32)], expected: Expect) {
    let said = match Polygon::new(points(corners)) {
        Ok(polygon) => format!("area {:.4}", polygon.area()),
        Err(refusal) => refusal.to_string(),
    };
    expected.assert_eq(&said);
}

#[test]
fn a_polygon_is_simple_and_inside_the_picture() {
    check(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)], expect!["area 1.0000"]);
    check(&[(0.1, 0.1), (0.1, 0.3), (0.5, 0.1)], expect!["area 0.0400"]);
    check(&[(0.1, 0.1), (0.9, 0.9)], expect!["a polygon needs at least 3 corners, found 2"]);
    check(&[(0.1, 0.1), (0.9, 0.1), (0.5, 1.01)], expect!["corner 2 lies outside the picture"]);
    check(&[(0.1, 0.1), (f32::NAN, 0.1), (0.5, 0.5)], expect!["corner 1 lies outside the picture"]);
    check(&[(0.1, 0.1), (0.5, 0.5), (0.9, 0.9)], expect!["the polygon encloses no area"]);
    check(
        &[(0.1, 0.1), (0.9, 0.1), (0.9, 0.1), (0.5, 0.5)],
        expect!["corner 2 repeats the corner before it; name each corner once, also the first"],
    );
    check(
        &[(0.1, 0.1), (0.9, 0.1), (0.5, 0.5), (0.1, 0.1)],
        expect!["corner 0 repeats the corner before it; name each corner once, also the first"],
    );
    // A bow tie of unequal halves, a spike that folds back, and a corner on a far edge.
    check(&[(0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.5)], expect!["edges 0 and 2 cross"]);
    check(&[(0.1, 0.1), (0.9, 0.1), (0.5, 0.1), (0.5, 0.5)], expect!["edges 0 and 1 cross"]);
    check(
        &[(0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.5, 0.0), (0.0, 0.5)],
        expect!["edges 0 and 2 cross"],
    );
}

/// A yard open to the right: its notch is x 0.5..=1, y 0.25..=0.75.
fn yard() -> Polygon {
    let corners = [
        (0.0, 0.0),
        (1.0, 0.0),
        (1.0, 0.25),
        (0.5, 0.25),
        (0.5, 0.75),
        (1.0, 0.75),
        (1.0, 1.0),
        (0.0, 1.0),
    ];
    Polygon::new(points(&corners)).unwrap()
}

#[test]
fn the_border_belongs_to_the_polygon_and_the_notch_does_not() {
    let inside = |x, y| yard().contains(Point { x, y });
    assert!(inside(0.25, 0.5) && inside(0.75, 0.1) && inside(0.75, 0.9));
    assert!(inside(0.3, 1.0) && inside(0.0, 0.0) && inside(0.5, 0.5) && inside(0.7, 0.25));
    assert!(!inside(0.75, 0.5) && !inside(0.3, 1.001) && !inside(-0.001, 0.5));
}

#[test]
fn the_covered_share_is_exact_around_a_notch() {
    let share =
        |left, top, right, bottom| yard().covered_share(&BoundingBox { left, top, right, bottom });
    let close = |a: f32, b: f32| (a - b).abs() < 1e-6;
    assert!(close(share(0.0, 0.0, 1.0, 1.0), 0.75));
    assert!(close(share(0.6, 0.3, 0.9, 0.7), 0.0));
    assert!(close(share(0.4, 0.4, 0.6, 0.6), 0.5));
    assert!(close(share(0.75, 0.0, 1.0, 1.0), 0.5));
    assert!(close(share(0.3, 0.3, 0.3, 0.9), 0.0));
}

/// Star-shaped around its centre, hence never self-crossing; often not convex.
fn star() -> impl Strategy<Value = Polygon> {
    (proptest::collection::vec(0.05_f32..0.25, 3..12), 0.3_f32..0.5, 0.3_f32..0.5).prop_map(
        |(radii, x, y)| {
            let step = std::f32::consts::TAU / radii.len() as f32;
            let corner = |(i, r): (usize, &f32)| {
                let (sin, cos) = (i as f32 * step).sin_cos();
                Point { x: x + r * cos, y: y + r * sin }
            };
            Polygon::new(radii.iter().enumerate().map(corner).collect()).unwrap()
        },
    )
}

fn any_box() -> impl Strategy<Value = BoundingBox> {
    (0.0_f32..0.8, 0.0_f32..0.8, 0.01_f32..0.2, 0.01_f32..0.2)
        .prop_map(|(left, top, w, h)| BoundingBox { left, top, right: left + w, bottom: top + h })
}

fn moved(polygon: &Polygon, dx: f32, dy: f32) -> Polygon {
    let move_point = |p: &Point| Point { x: p.x + dx, y: p.y + dy };
    Polygon::new(polygon.corners().iter().map(move_point).collect()).unwrap()
}

proptest! {
    #[test]
    fn turning_the_corners_around_changes_nothing(
        star in star(), b in any_box(), skip in 0_usize..12,
    ) {
        let mut corners = star.corners().to_vec();
        corners.reverse();
        let skip = skip % corners.len();
        corners.rotate_left(skip);
        let other = Polygon::new(corners).unwrap();
        prop_assert!((star.area() - other.area()).abs() < 1e-6);
        prop_assert!((star.covered_share(&b) - other.covered_share(&b)).abs() < 1e-4);
        prop_assert_eq!(star.contains(b.foot()), other.contains(b.foot()));
        prop_assert_eq!(star.bounds(), other.bounds());
    }

    #[test]
    fn moving_polygon_and_box_together_changes_nothing(star in star(), b in any_box()) {
        let far = moved(&star, 0.125, 0.25);
        let far_box = BoundingBox {
            left: b.left + 0.125, right: b.right + 0.125, top: b.top + 0.25, bottom: b.bottom + 0.25,
        };
        prop_assert!((star.area() - far.area()).abs() < 1e-5);
        prop_assert!((star.covered_share(&b) - far.covered_share(&far_box)).abs() < 1e-3);
    }

    #[test]
    fn the_common_area_is_above_neither_area(star in star(), b in any_box()) {
        let common = star.covered_share(&b) * b.area();
        prop_assert!(common <= star.area() + 1e-6);
        prop_assert!(common <= b.area() + 1e-6);
        let all = star.bounds();
        prop_assert!((star.covered_share(&all) * all.area() - star.area()).abs() < 1e-6);
    }

    #[test]
    fn the_parts_of_a_box_add_up(star in star(), b in any_box(), cut in 0.1_f32..0.9) {
        let x = b.left + cut * b.width();
        let parts = [BoundingBox { right: x, ..b }, BoundingBox { left: x, ..b }];
        let sum: f32 = parts.iter().map(|p| star.covered_share(p) * p.area()).sum();
        prop_assert!((sum - star.covered_share(&b) * b.area()).abs() < 1e-6);
    }

    #[test]
    fn a_tiny_box_is_covered_where_its_centre_is_inside(star in star(), b in any_box()) {
        let centre = b.centre();
        let r = 1e-4;
        let tiny = BoundingBox {
            left: centre.x - r, right: centre.x + r, top: centre.y - r, bottom: centre.y + r,
        };
        let share = star.covered_share(&tiny);
        if share > 0.999 { prop_assert!(star.contains(centre)); }
        if share < 0.001 { prop_assert!(!star.contains(centre)); }
    }
}
