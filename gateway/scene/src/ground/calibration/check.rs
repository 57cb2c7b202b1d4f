//! Checks of pairs before a plane is fitted to them.

use super::error::CalibrationError;
use super::pair::{FEWEST_PAIRS, Observed, Pair};
use crate::ground::gcj02::Gcj02Point;
use crate::ground::geodesy::GeoPoint;
use crate::ground::ground_point::GroundPoint;

/// No camera sees two points of one street further apart.
const FARTHEST_M: f64 = 5_000.0;
/// A pair further off than this may be meant in GCJ-02: the shift is 460 to 580 m.
const SUSPICIOUS_M: f64 = 300.0;
/// Two pairs that are closer than this say the same: a share of the picture, and metres.
const SAME_PIXEL: f64 = 0.01;
const SAME_PLACE_M: f64 = 0.3;
/// Least height of a triangle as a share of its longest side: 2 m in a street of 200 m.
const THINNEST: f64 = 0.01;

/// Each pair on its own, and against the middle of the others.
pub(super) fn pairs(pairs: &[Pair]) -> Result<(), CalibrationError> {
    if pairs.len() < FEWEST_PAIRS {
        return Err(CalibrationError::TooFewPairs(pairs.len()));
    }
    for (index, pair) in pairs.iter().enumerate() {
        // NaN lies in no range.
        if !((0.0..=1.0).contains(&pair.picture.x) && (0.0..=1.0).contains(&pair.picture.y)) {
            return Err(CalibrationError::OutsidePicture { pair: index });
        }
        if !pair.place.is_on_earth() {
            return Err(CalibrationError::NotOnEarth { pair: index });
        }
    }
    for (index, pair) in pairs.iter().enumerate() {
        let Some(others) = median_without(pairs, index) else { continue };
        let distance_m = pair.place.distance_m(others);
        let GeoPoint { longitude, latitude } = pair.place;
        let unshifted = GeoPoint::from(Gcj02Point { longitude, latitude });
        if distance_m > SUSPICIOUS_M && unshifted.distance_m(others) < distance_m / 2.0 {
            return Err(CalibrationError::Gcj02 { pair: index, distance_m });
        }
        if distance_m > FARTHEST_M {
            return Err(CalibrationError::FarAway { pair: index, distance_m });
        }
    }
    Ok(())
}

/// The median of the other pairs' degrees: one wrong pair does not move it far.
fn median_without(pairs: &[Pair], index: usize) -> Option<GeoPoint> {
    let median = |degrees: fn(&GeoPoint) -> f64| {
        let others = pairs.iter().enumerate().filter(|(other, _)| *other != index);
        let mut values: Vec<f64> = others.map(|(_, pair)| degrees(&pair.place)).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    Some(GeoPoint {
        longitude: median(|place| place.longitude)?,
        latitude: median(|place| place.latitude)?,
    })
}

/// No two pairs are alike, and some four of them span picture and ground.
pub(super) fn spread(observed: &[Observed]) -> Result<(), CalibrationError> {
    for (pair, b) in observed.iter().enumerate() {
        for (other, a) in observed.iter().enumerate().take(pair) {
            let pixels = (a.x - b.x).hypot(a.y - b.y);
            if pixels < SAME_PIXEL || a.ground.distance_m(b.ground) < SAME_PLACE_M {
                return Err(CalibrationError::Repeated { pair, other });
            }
        }
    }
    // The best four, as thin as their thinnest triangle.
    let (mut widest, mut thinnest_of_it) = (-1.0, [0, 1, 2]);
    for quad in quads(observed.len()) {
        let (share, triple) = thinnest_triangle(observed, quad);
        if share > widest {
            (widest, thinnest_of_it) = (share, triple);
        }
        if widest >= THINNEST {
            return Ok(());
        }
    }
    Err(CalibrationError::Collinear { pairs: thinnest_of_it })
}

/// All ways to pick four of `count`, in ascending order.
fn quads(count: usize) -> impl Iterator<Item = [usize; 4]> {
    (0..count).flat_map(move |a| {
        (a + 1..count).flat_map(move |b| {
            (b + 1..count).flat_map(move |c| (c + 1..count).map(move |d| [a, b, c, d]))
        })
    })
}

fn thinnest_triangle(observed: &[Observed], [a, b, c, d]: [usize; 4]) -> (f64, [usize; 3]) {
    let mut thinnest = (f64::INFINITY, [a, b, c]);
    for triple in [[a, b, c], [a, b, d], [a, c, d], [b, c, d]] {
        let [Some(p), Some(q), Some(r)] = triple.map(|index| observed.get(index)) else { continue };
        let ground = |o: &Observed| {
            let GroundPoint { east_m, north_m } = o.ground;
            (east_m, north_m)
        };
        let pixel = |o: &Observed| (o.x, o.y);
        let share =
            thinness(pixel(p), pixel(q), pixel(r)).min(thinness(ground(p), ground(q), ground(r)));
        if share < thinnest.0 {
            thinnest = (share, triple);
        }
    }
    thinnest
}

/// A triangle's height as a share of its longest side: 0 on a line, 0.87 with equal sides.
fn thinness(a: (f64, f64), b: (f64, f64), c: (f64, f64)) -> f64 {
    let side = |p: (f64, f64), q: (f64, f64)| (p.0 - q.0).hypot(p.1 - q.1);
    let longest = side(a, b).max(side(b, c)).max(side(a, c));
    let twice_area = (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0);
    if longest > 0.0 { twice_area.abs() / (longest * longest) } else { 0.0 }
}
