//! Known cameras recovered from exact and noisy pairs, and a table of nonsense.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Calibration, Pair};
use crate::ground::gcj02::Gcj02Point;
use crate::ground::geodesy::{GeoPoint, LocalFrame};
use crate::ground::ground_point::GroundPoint;
use crate::ground::plane::{FootUncertainty, GroundPlane};
use crate::ground::street_camera::{Noise, POLE, SPREAD, StreetCamera, point};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn exact_pairs_give_the_camera_back(
        height_m in 3.0..15.0, tilt in 22.0..80.0, heading in 0.0..360.0, width in 40.0..90.0,
        count in 4..=6_usize, x in 0.05..0.95, y in 0.3..0.95,
    ) {
        let camera = StreetCamera { height_m, tilt, heading, width };
        prop_assume!(camera.ground([0.5, 0.15]).is_some_and(|far| far.east_m.hypot(far.north_m) < 200.0));
        let fitted = Calibration::fit(&camera.pairs(&SPREAD[..count])).unwrap();
        prop_assert!(fitted.rms_m < 0.01, "{}", fitted.rms_m);
        let found = fitted.plane.locate_wgs84(point([x, y]), FootUncertainty::default()).unwrap();
        let truth = camera.place([x, y]).unwrap();
        prop_assert!(found.point.distance_m(truth) < 0.02, "{found:?} {truth:?}");
        prop_assert_eq!(fitted.residuals[0].left_out_m.is_some(), count > 4);
    }
}

/// Pairs as a technician takes them: places half a metre off, pixels a quarter of a per cent.
fn noisy(camera: &StreetCamera, noise: &mut Noise) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for at in SPREAD {
        let metres = LocalFrame::at(POLE).metres(camera.place(at).unwrap());
        let off = GroundPoint {
            east_m: metres.east_m + 0.5 * noise.normal(),
            north_m: metres.north_m + 0.5 * noise.normal(),
        };
        let pixel = at.map(|share| share + 0.0025 * noise.normal());
        pairs.push(Pair { picture: point(pixel), place: LocalFrame::at(POLE).place(off) });
    }
    pairs
}

#[test]
fn the_accuracy_circle_holds_what_it_promises() {
    let camera = StreetCamera::default();
    let error = FootUncertainty::default();
    let mut noise = Noise(7);
    let (mut within, mut total, mut radii, mut misses) = (0, 0, 0.0, 0.0);
    for _ in 0..200 {
        let fitted = Calibration::fit(&noisy(&camera, &mut noise)).unwrap();
        for _ in 0..10 {
            let at = [0.1 + 0.8 * noise.even(), 0.3 + 0.65 * noise.even()];
            let seen =
                [at[0] + error.across * noise.normal(), at[1] + error.along * noise.normal()];
            let found = fitted.plane.locate_wgs84(point(seen), error).unwrap();
            let miss_m = found.point.distance_m(camera.place(at).unwrap());
            total += 1;
            within += i32::from(miss_m <= found.accuracy_m);
            radii += found.accuracy_m;
            misses += miss_m;
        }
    }
    let share = f64::from(within) / f64::from(total);
    assert!((0.93..0.995).contains(&share), "{share}");
    // A circle as large as the street would hold everything.
    assert!(radii < 4.0 * misses, "{radii} {misses}");
}

#[test]
fn accuracy_fades_towards_the_horizon() {
    let camera = StreetCamera::default();
    let plane = Calibration::fit(&camera.pairs(&SPREAD)).unwrap().plane;
    let accuracy_m = |y| {
        plane
            .locate_wgs84(point([0.5, y]), FootUncertainty::default())
            .map(|found| found.accuracy_m)
    };
    let radii = [0.7, 0.5, 0.3, 0.15, 0.05].map(|y| accuracy_m(y).unwrap());
    assert!(radii.is_sorted() && radii[0] > 0.1 && radii[0] < 1.0, "{radii:?}");
    assert!(radii[4] > 8.0 * radii[0], "{radii:?}");
    // 25 degrees of tilt put the horizon 3.5 degrees above the upper edge of that picture, 15 well below.
    let low = StreetCamera { tilt: 15.0, ..camera };
    let points = [[0.1, 0.9], [0.9, 0.85], [0.75, 0.5], [0.2, 0.45]];
    let plane = Calibration::fit(&low.pairs(&points)).unwrap().plane;
    for y in [0.0, 0.1, 0.16] {
        assert_eq!(plane.locate_wgs84(point([0.5, y]), FootUncertainty::default()), None, "{y}");
    }
}

#[test]
fn a_plane_without_places_has_none() {
    let plane = GroundPlane::from_homography([10.0, 0.0, 0.0, 0.0, -10.0, 0.0, 0.0, 0.0, 1.0]);
    assert!(plane.locate(point([0.5, 0.5])).is_some());
    assert_eq!(plane.locate_wgs84(point([0.5, 0.5]), FootUncertainty::default()), None);
    assert_eq!(plane.origin(), None);
}

#[test]
fn four_pairs_check_nothing_and_say_so() {
    let four = Calibration::fit(&noisy(&StreetCamera::default(), &mut Noise(3))[..4]).unwrap();
    assert!(four.rms_m < 1e-6 && four.residuals.iter().all(|pair| pair.left_out_m.is_none()));
    let six = Calibration::fit(&noisy(&StreetCamera::default(), &mut Noise(3))).unwrap();
    assert!(six.rms_m > 0.1 && six.rms_m < 1.5, "{}", six.rms_m);
    for pair in &six.residuals {
        assert!(pair.left_out_m.unwrap() > pair.distance_m, "{pair:?}");
    }
}

/// Changes exact pairs of a known camera and compares what is said of the result.
fn check(count: usize, change: impl FnOnce(&mut Vec<Pair>), expected: Expect) {
    let mut pairs = StreetCamera::default().pairs(&SPREAD[..count]);
    change(&mut pairs);
    let refusal = Calibration::fit(&pairs).unwrap_err();
    let pair = refusal.pair().map_or(String::new(), |pair| format!(" [{pair}]"));
    expected.assert_eq(&format!("{refusal}{pair}"));
}

fn moved(place: GeoPoint, east_m: f64, north_m: f64) -> GeoPoint {
    LocalFrame::at(place).place(GroundPoint { east_m, north_m })
}

#[test]
fn nonsense_is_refused_by_pair() {
    check(
        3,
        |_| {},
        expect!["a plane needs at least 4 points, found 3; 6 or more let it check itself"],
    );
    check(
        4,
        |pairs| pairs[1].picture.x = 1.2,
        expect!["the pixel of point 2 lies outside the picture [1]"],
    );
    check(
        4,
        |pairs| pairs[1].picture.y = f32::NAN,
        expect!["the pixel of point 2 lies outside the picture [1]"],
    );
    check(
        4,
        |pairs| {
            let GeoPoint { longitude, latitude } = pairs[2].place;
            pairs[2].place = GeoPoint { longitude: latitude, latitude: longitude };
        },
        expect![
            "point 3 is nowhere on Earth: expected a longitude within -180 to 180 and a latitude within -90 to 90 degrees; were the two swapped? [2]"
        ],
    );
    check(
        4,
        |pairs| pairs[3].place.longitude += 1.0,
        expect!["point 4 lies 85.2 km from the others: look for a wrong digit in its degrees [3]"],
    );
    check(
        5,
        |pairs| {
            let Gcj02Point { longitude, latitude } = pairs[4].place.into();
            pairs[4].place = GeoPoint { longitude, latitude };
        },
        expect![
            "point 5 lies 578 m from the others, as if read from a map in GCJ-02 (火星坐标, 460 to 580 m off): give WGS-84 degrees for all points [4]"
        ],
    );
    check(
        5,
        |pairs| pairs[4] = pairs[0],
        expect!["points 5 and 1 are nearly the same point: spread the points over the picture [4]"],
    );
    check(
        5,
        |pairs| pairs[4].place = moved(pairs[1].place, 0.1, 0.1),
        expect!["points 5 and 2 are nearly the same point: spread the points over the picture [4]"],
    );
    check(
        4,
        |pairs| {
            *pairs =
                StreetCamera::default().pairs(&[[0.1, 0.5], [0.4, 0.5], [0.9, 0.5], [0.5, 0.8]])
        },
        expect![
            "points 1, 2 and 3 lie nearly on one line: four points are needed of which no three do [2]"
        ],
    );
}

#[test]
fn contradictions_are_refused_by_pair() {
    let swap = |pairs: &mut Vec<Pair>, a: usize, b: usize| {
        (pairs[a].place, pairs[b].place) = (pairs[b].place, pairs[a].place);
    };
    check(
        4,
        |pairs| swap(pairs, 0, 1),
        expect![
            "the other points put point 3 above the horizon: compare the order of pixels and places, two may be swapped [2]"
        ],
    );
    check(
        4,
        |pairs| {
            swap(pairs, 0, 1);
            swap(pairs, 2, 3);
        },
        expect![
            "the places are a mirror image of the pixels: longitude and latitude, or two points, may be swapped"
        ],
    );
    check(
        4,
        |pairs| {
            for pair in pairs {
                (pair.picture.x, pair.picture.y) = (1.0 - pair.picture.x, 1.0 - pair.picture.y);
            }
        },
        expect![
            "the horizon would lie below the points, as if the picture stood on its head: compare the order of pixels and places"
        ],
    );
    check(
        5,
        |pairs| pairs[1].place = moved(pairs[1].place, 15.0, 0.0),
        expect![
            "point 5 lies 4.5 m off the plane that fits all points best; up to 3.0 m is plausible there. It or another point is wrong; more points tell which [4]"
        ],
    );
    check(
        6,
        |pairs| pairs[1].place = moved(pairs[1].place, 15.0, 0.0),
        expect![
            "point 2 contradicts all others, which put it 15.0 m away: check its pixel and its degrees [1]"
        ],
    );
    check(
        6,
        |pairs| pairs[4].place = moved(pairs[4].place, -100.0, -200.0),
        expect![
            "point 5 contradicts all others, which put it 223.6 m away: check its pixel and its degrees [4]"
        ],
    );
}
