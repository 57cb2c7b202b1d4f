//! The report as a technician reads it.

use expect_test::expect;
use scene::{Calibration, GeoPoint, GroundPoint, LocalFrame, Pair, Point};

use super::report;

/// A camera that sees 4 m ahead at its lower edge and 20 m at the upper one; each place is
/// `off_m` metres too far east or west in turn.
fn pairs(corners: &[(f32, f32)], off_m: f64) -> Vec<Pair> {
    let frame = LocalFrame::at(GeoPoint { longitude: 117.112, latitude: 40.144 });
    let mut off_m = off_m;
    let pair = |&(x, y): &(f32, f32)| {
        let depth = 0.2 + 0.8 * f64::from(y);
        off_m = -off_m;
        let east_m = 8.0 * (f64::from(x) - 0.5) / depth + off_m;
        let place = frame.place(GroundPoint { east_m, north_m: 4.0 / depth });
        Pair { picture: Point { x, y }, place }
    };
    corners.iter().map(pair).collect()
}

fn said(corners: &[(f32, f32)], off_m: f64, warnings: &[String]) -> String {
    let pairs = pairs(corners, off_m);
    report("cam-01", [1920, 1080], &pairs, &Calibration::fit(&pairs).unwrap(), warnings)
}

#[test]
fn six_points_that_nearly_agree() {
    let corners = [(0.1, 0.95), (0.9, 0.9), (0.85, 0.2), (0.1, 0.25), (0.5, 0.6), (0.4, 0.1)];
    expect![[r#"
        camera cam-01, 6 points, picture 1920 x 1080 px

        point                  pixel      residual      left out
        1                [192, 1026]        0.09 m        0.19 m
        2                [1728, 972]        0.25 m        0.84 m
        3                [1632, 216]        0.12 m        1.56 m
        4                 [192, 270]        0.17 m        0.53 m
        5                 [960, 648]        0.24 m        0.35 m
        6                 [768, 108]        0.19 m        0.81 m
        RMS                                 0.18 m

        picture          m/px across    m/px along   95 % radius
        bottom third           0.005         0.004        0.87 m
        middle third           0.007         0.009        0.80 m
        top third              0.012         0.024        1.18 m

        residual: metres from the point's place to where the plane puts its pixel; left out: the same for a plane of the other points; 95 % radius: how surely the place of an object is known, its box one hundredth of the picture's height off
        verdict: nothing wrong
    "#]].assert_eq(&said(&corners, 0.3, &[]));
}

#[test]
fn four_points_in_a_corner() {
    let corners = [(0.6, 0.95), (0.9, 0.9), (0.85, 0.75), (0.6, 0.7)];
    expect![[r#"
        camera cam-01, 4 points, picture 1920 x 1080 px

        point                  pixel      residual      left out
        1               [1152, 1026]        0.00 m             -
        2                [1728, 972]        0.00 m             -
        3                [1632, 810]        0.00 m             -
        4                [1152, 756]        0.00 m             -
        RMS                                 0.00 m

        picture          m/px across    m/px along   95 % radius
        bottom third           0.005         0.004        3.51 m
        middle third           0.007         0.008        8.38 m
        top third              0.012         0.026       59.85 m

        residual: metres from the point's place to where the plane puts its pixel; left out: the same for a plane of the other points; 95 % radius: how surely the place of an object is known, its box one hundredth of the picture's height off
        warning: four fit exactly
        warning: the points lie close together in the picture: places elsewhere are guesses; spread them
    "#]].assert_eq(&said(&corners, 0.0, &["four fit exactly".to_owned()]));
}
