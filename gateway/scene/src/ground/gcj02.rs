//! GCJ-02 (火星坐标): the shifted degrees that Chinese consumer maps draw.

use std::f64::consts::PI;

use super::geodesy::GeoPoint;

/// Krasovsky's ellipsoid, as the published formula has it.
const SEMI_MAJOR_AXIS_M: f64 = 6_378_245.0;
const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;
/// Between two places the shift differs by a ten-thousandth of their distance at most: each round
/// gains four digits.
const ROUNDS: usize = 8;

/// A place as Chinese consumer maps draw it: GCJ-02 degrees, up to 700 m from WGS-84 ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gcj02Point {
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
}

impl From<GeoPoint> for Gcj02Point {
    /// The same place by the published formula; outside China (the formula's rectangle) unchanged.
    fn from(place: GeoPoint) -> Self {
        let (east, north) = if is_shifted(place) { shift(place) } else { (0.0, 0.0) };
        Self { longitude: place.longitude + east, latitude: place.latitude + north }
    }
}

impl From<Gcj02Point> for GeoPoint {
    /// The same place, found by iteration: good to 1e-9 degrees.
    fn from(drawn: Gcj02Point) -> Self {
        let Gcj02Point { longitude, latitude } = drawn;
        let mut place = Self { longitude, latitude };
        for _ in 0..ROUNDS {
            let reached = Gcj02Point::from(place);
            place.longitude += longitude - reached.longitude;
            place.latitude += latitude - reached.latitude;
        }
        place
    }
}

fn is_shifted(place: GeoPoint) -> bool {
    (72.004..=137.8347).contains(&place.longitude) && (0.8293..=55.8271).contains(&place.latitude)
}

/// Degrees by which a place is drawn too far east and north.
fn shift(place: GeoPoint) -> (f64, f64) {
    let (x, y) = (place.longitude - 105.0, place.latitude - 35.0);
    let wave = |of: f64, weights: [(f64, f64); 2]| -> f64 {
        weights.iter().map(|(weight, period)| weight * (of / period * PI).sin()).sum()
    };
    let ripple = 2.0 / 3.0 * (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin());
    let root = x.abs().sqrt();
    let east_m = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + ripple
        + 2.0 / 3.0 * wave(x, [(20.0, 1.0), (40.0, 3.0)])
        + 2.0 / 3.0 * wave(x, [(150.0, 12.0), (300.0, 30.0)]);
    let north_m = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + ripple
        + 2.0 / 3.0 * wave(y, [(20.0, 1.0), (40.0, 3.0)])
        + 2.0 / 3.0 * wave(y, [(160.0, 12.0), (320.0, 30.0)]);
    let (sin, cos) = place.latitude.to_radians().sin_cos();
    let magic = 1.0 - ECCENTRICITY_SQUARED * sin * sin;
    let meridian_m = SEMI_MAJOR_AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / (magic * magic.sqrt());
    let parallel_m = SEMI_MAJOR_AXIS_M / magic.sqrt() * cos;
    (east_m / parallel_m.to_radians(), north_m / meridian_m.to_radians())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Gcj02Point, GeoPoint};

    #[test]
    fn known_places_are_drawn_where_maps_draw_them() {
        for (place, drawn, offset_m) in [
            ((116.397_428, 39.909_23), (116.403_671_6, 39.910_633_5), 555.0),
            ((117.112, 40.144), (117.118_564_7, 40.145_429_4), 580.0),
            ((116.318, 39.984), (116.324_120_7, 39.985_295_4), 541.0),
            ((108.94, 34.265), (108.944_649_9, 34.263_410_7), 462.0),
        ] {
            let place = GeoPoint { longitude: place.0, latitude: place.1 };
            let shown = Gcj02Point::from(place);
            assert!((shown.longitude - drawn.0).abs() < 6e-8, "{shown:?}");
            assert!((shown.latitude - drawn.1).abs() < 6e-8, "{shown:?}");
            let apart = GeoPoint { longitude: shown.longitude, latitude: shown.latitude };
            assert!((place.distance_m(apart) - offset_m).abs() < 2.0);
        }
    }

    #[test]
    fn outside_china_nothing_is_shifted() {
        for (longitude, latitude) in [(2.35, 48.85), (139.69, 35.69), (151.2, -33.87)] {
            let place = GeoPoint { longitude, latitude };
            assert_eq!(Gcj02Point::from(place), Gcj02Point { longitude, latitude });
            assert_eq!(GeoPoint::from(Gcj02Point { longitude, latitude }), place);
        }
    }

    proptest! {
        #[test]
        fn the_way_back_ends_where_it_began(longitude in 73.0..137.0, latitude in 3.0..55.0) {
            let place = GeoPoint { longitude, latitude };
            let back = GeoPoint::from(Gcj02Point::from(place));
            prop_assert!((back.longitude - longitude).abs() < 1e-9, "{back:?}");
            prop_assert!((back.latitude - latitude).abs() < 1e-9, "{back:?}");
        }
    }
}
