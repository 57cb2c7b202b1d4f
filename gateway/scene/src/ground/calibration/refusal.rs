//! What no calibration can be made from, and the pair that is to blame.

use super::fit::Observed;
use super::{FEWEST_PAIRS, Pair};
use crate::ground::gcj02::Gcj02Point;
use crate::ground::geodesy::GeoPoint;
use crate::ground::plane::GroundPoint;

/// No camera sees two points of one street further apart.
const FARTHEST_M: f64 = 5_000.0;
/// Beyond this a pair is asked whether it is meant in GCJ-02: the shift is 460 to 580 m.
const SUSPICIOUS_M: f64 = 300.0;
/// Closer ones say nothing that one of them does not: a share of the picture, and metres.
const SAME_PIXEL: f64 = 0.01;
const SAME_PLACE_M: f64 = 0.3;
/// Least height of a triangle as a share of its longest side: 2 m in a street of 200 m.
const THINNEST: f64 = 0.01;

/// Why pairs make no calibration. Pairs count from 0 here and from 1 in the messages, which
/// call them points, as configurations do.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCalibration {
    /// Fewer pairs than a plane has freedom.
    #[error("a plane needs at least 4 points, found {0}; 6 or more let it check itself")]
    TooFewPairs(usize),
    /// The pixel lies outside the picture or is not a number.
    #[error("the pixel of point {} lies outside the picture", .pair + 1)]
    OutsidePicture {
        /// The pair.
        pair: usize,
    },
    /// The degrees are out of range.
    #[error(
        "point {} is nowhere on Earth: expected a longitude within -180 to 180 and a latitude \
         within -90 to 90 degrees; were the two swapped?", .pair + 1
    )]
    NotOnEarth {
        /// The pair.
        pair: usize,
    },
    /// Far from all others.
    #[error(
        "point {} lies {:.1} km from the others: look for a wrong digit in its degrees",
        .pair + 1, .distance_m / 1000.0
    )]
    FarAway {
        /// The pair.
        pair: usize,
        /// From the middle of the others.
        distance_m: f64,
    },
    /// Read from a map with shifted coordinates.
    #[error(
        "point {} lies {distance_m:.0} m from the others, as if read from a map in GCJ-02 \
         (火星坐标, 460 to 580 m off): give WGS-84 degrees for all points", .pair + 1
    )]
    Gcj02 {
        /// The pair.
        pair: usize,
        /// From the middle of the others.
        distance_m: f64,
    },
    /// Two pairs where one would do.
    #[error(
        "points {} and {} are nearly the same point: spread the points over the picture",
        .pair + 1, .other + 1
    )]
    Repeated {
        /// The later pair.
        pair: usize,
        /// The earlier pair.
        other: usize,
    },
    /// No four pairs span a plane.
    #[error(
        "points {}, {} and {} lie nearly on one line: four points are needed of which no three do",
        .pairs[0] + 1, .pairs[1] + 1, .pairs[2] + 1
    )]
    Collinear {
        /// The three.
        pairs: [usize; 3],
    },
    /// The pairs can not be seen in this order from any side.
    #[error(
        "the other points put point {} above the horizon: compare the order of pixels and places, \
         two may be swapped", .pair + 1
    )]
    AboveHorizon {
        /// The pair.
        pair: usize,
    },
    /// As if seen from below the ground.
    #[error(
        "the places are a mirror image of the pixels: longitude and latitude, or two points, may \
         be swapped"
    )]
    Mirrored,
    /// The picture's lower edge would show sky.
    #[error(
        "the horizon would lie below the points, as if the picture stood on its head: compare the \
         order of pixels and places"
    )]
    UpsideDown,
    /// The pairs contradict each other, and it is open which of them is wrong.
    #[error(
        "point {} lies {distance_m:.1} m off the plane that fits all points best; up to \
         {limit_m:.1} m is plausible there. It or another point is wrong; more points tell which", .pair + 1
    )]
    Inconsistent {
        /// The one that is furthest off.
        pair: usize,
        /// How far.
        distance_m: f64,
        /// How far would have been accepted.
        limit_m: f64,
    },
    /// All pairs agree but one.
    #[error(
        "point {} contradicts all others, which {}: check its pixel and its degrees",
        .pair + 1,
        .distance_m.map_or("put it above the horizon".to_owned(), |m| format!("put it {m:.1} m away"))
    )]
    WrongPair {
        /// The pair.
        pair: usize,
        /// From its place to where the others put its pixel; none if they put it above the horizon.
        distance_m: Option<f64>,
    },
    /// The equations have no single answer.
    #[error("the points do not determine a plane: spread them over the picture, near and far")]
    Undetermined,
}

impl InvalidCalibration {
    /// The pair to look at first, from 0, if one stands out.
    #[must_use]
    pub const fn pair(&self) -> Option<usize> {
        match self {
            Self::OutsidePicture { pair }
            | Self::NotOnEarth { pair }
            | Self::FarAway { pair, .. }
            | Self::Gcj02 { pair, .. }
            | Self::Repeated { pair, .. }
            | Self::Collinear { pairs: [_, _, pair] }
            | Self::AboveHorizon { pair }
            | Self::Inconsistent { pair, .. }
            | Self::WrongPair { pair, .. } => Some(*pair),
            Self::TooFewPairs(_) | Self::Mirrored | Self::UpsideDown | Self::Undetermined => None,
        }
    }
}

/// Each pair on its own, and against the middle of the others.
pub(super) fn check_pairs(pairs: &[Pair]) -> Result<(), InvalidCalibration> {
    if pairs.len() < FEWEST_PAIRS {
        return Err(InvalidCalibration::TooFewPairs(pairs.len()));
    }
    for (index, pair) in pairs.iter().enumerate() {
        // NaN lies in no range.
        if !((0.0..=1.0).contains(&pair.picture.x) && (0.0..=1.0).contains(&pair.picture.y)) {
            return Err(InvalidCalibration::OutsidePicture { pair: index });
        }
        if !pair.place.is_on_earth() {
            return Err(InvalidCalibration::NotOnEarth { pair: index });
        }
    }
    for (index, pair) in pairs.iter().enumerate() {
        let Some(others) = median_without(pairs, index) else { continue };
        let distance_m = pair.place.distance_m(others);
        let GeoPoint { longitude, latitude } = pair.place;
        let unshifted = GeoPoint::from(Gcj02Point { longitude, latitude });
        if distance_m > SUSPICIOUS_M && unshifted.distance_m(others) < distance_m / 2.0 {
            return Err(InvalidCalibration::Gcj02 { pair: index, distance_m });
        }
        if distance_m > FARTHEST_M {
            return Err(InvalidCalibration::FarAway { pair: index, distance_m });
        }
    }
    Ok(())
}

/// The middle one of the other pairs' degrees, which one wrong pair does not move far.
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
pub(super) fn check_spread(observed: &[Observed]) -> Result<(), InvalidCalibration> {
    for (pair, b) in observed.iter().enumerate() {
        for (other, a) in observed.iter().enumerate().take(pair) {
            let pixels = (a.x - b.x).hypot(a.y - b.y);
            if pixels < SAME_PIXEL || a.ground.distance_m(b.ground) < SAME_PLACE_M {
                return Err(InvalidCalibration::Repeated { pair, other });
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
    Err(InvalidCalibration::Collinear { pairs: thinnest_of_it })
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
