//! Places on Earth (WGS-84), and metres around one of them.

use super::ground_point::GroundPoint;

/// Semi-major axis of the WGS-84 ellipsoid (NGA.STND.0036, table 3.1).
const SEMI_MAJOR_AXIS_M: f64 = 6_378_137.0;
/// First eccentricity squared of the same ellipsoid.
const ECCENTRICITY_SQUARED: f64 = 6.694_379_990_141_4e-3;
/// Each round shortens the error of [`LocalFrame::place`] a thousandfold.
const ROUNDS: usize = 6;

/// A place on Earth: WGS-84 degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeoPoint {
    /// Degrees east, -180..=180.
    pub longitude: f64,
    /// Degrees north, -90..=90.
    pub latitude: f64,
}

impl GeoPoint {
    /// Metres to `other` in a straight line; good to centimetres within 2 km.
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        let GroundPoint { east_m, north_m } = LocalFrame::at(self).metres(other);
        east_m.hypot(north_m)
    }

    /// Whether both degrees are numbers in their range.
    #[must_use]
    pub fn is_on_earth(self) -> bool {
        // NaN lies in no range.
        (-180.0..=180.0).contains(&self.longitude) && (-90.0..=90.0).contains(&self.latitude)
    }

    /// Earth-centred coordinates in metres, on the ellipsoid.
    fn earth_centred(self) -> [f64; 3] {
        let (sin_lat, cos_lat) = self.latitude.to_radians().sin_cos();
        let (sin_lon, cos_lon) = self.longitude.to_radians().sin_cos();
        let normal = SEMI_MAJOR_AXIS_M / (1.0 - ECCENTRICITY_SQUARED * sin_lat * sin_lat).sqrt();
        [
            normal * cos_lat * cos_lon,
            normal * cos_lat * sin_lon,
            normal * (1.0 - ECCENTRICITY_SQUARED) * sin_lat,
        ]
    }
}

/// The plane that touches the ellipsoid at a place: metres east and north of it.
///
/// Good to centimetres within 2 km; not for the poles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalFrame {
    origin: GeoPoint,
    centre: [f64; 3],
}

impl LocalFrame {
    /// The plane that touches at `origin`.
    #[must_use]
    pub fn at(origin: GeoPoint) -> Self {
        Self { origin, centre: origin.earth_centred() }
    }

    /// Where it touches.
    #[must_use]
    pub const fn origin(&self) -> GeoPoint {
        self.origin
    }

    /// `place` as metres east and north of the origin.
    #[must_use]
    pub fn metres(&self, place: GeoPoint) -> GroundPoint {
        let [x, y, z] = place.earth_centred();
        let [x0, y0, z0] = self.centre;
        let (dx, dy, dz) = (x - x0, y - y0, z - z0);
        let (sin_lat, cos_lat) = self.origin.latitude.to_radians().sin_cos();
        let (sin_lon, cos_lon) = self.origin.longitude.to_radians().sin_cos();
        GroundPoint {
            east_m: cos_lon * dy - sin_lon * dx,
            north_m: cos_lat * dz - sin_lat * (cos_lon * dx + sin_lon * dy),
        }
    }

    /// The place that lies `metres` east and north of the origin.
    #[must_use]
    pub fn place(&self, metres: GroundPoint) -> GeoPoint {
        // One degree on a sphere is near enough for a step; the next round walks what is left.
        let degree_m = SEMI_MAJOR_AXIS_M.to_radians();
        let parallel_m = degree_m * self.origin.latitude.to_radians().cos();
        let mut place = self.origin;
        for _ in 0..ROUNDS {
            let reached = self.metres(place);
            place.longitude += (metres.east_m - reached.east_m) / parallel_m;
            place.latitude += (metres.north_m - reached.north_m) / degree_m;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{GeoPoint, GroundPoint, LocalFrame};

    /// Metres in a degree of longitude and of latitude: the series that the American Practical
    /// Navigator (Bowditch, table 7) gives for WGS-84, so an oracle of another origin.
    fn degrees_m(latitude: f64) -> (f64, f64) {
        let times = |factor: f64| (latitude.to_radians() * factor).cos();
        (
            111_412.84 * times(1.0) - 93.5 * times(3.0) + 0.118 * times(5.0),
            111_132.92 - 559.82 * times(2.0) + 1.175 * times(4.0) - 0.0023 * times(6.0),
        )
    }

    proptest! {
        #[test]
        fn near_places_are_metres_apart_as_in_the_tables(
            latitude in -60.0..60.0_f64, east in -0.01..0.01_f64, north in -0.01..0.01_f64,
        ) {
            let here = GeoPoint { longitude: 117.0, latitude };
            let there = GeoPoint { longitude: 117.0 + east, latitude: latitude + north };
            let (parallel, meridian) = degrees_m(latitude + north / 2.0);
            let expected = (east * parallel).hypot(north * meridian);
            prop_assert!((here.distance_m(there) - expected).abs() < 0.02, "{expected}");
        }

        #[test]
        fn metres_lead_back_to_the_place(
            latitude in -70.0..70.0_f64, east_m in -2e3..2e3_f64, north_m in -2e3..2e3_f64,
        ) {
            let frame = LocalFrame::at(GeoPoint { longitude: 116.4, latitude });
            let back = frame.metres(frame.place(GroundPoint { east_m, north_m }));
            prop_assert!((back.east_m - east_m).hypot(back.north_m - north_m) < 1e-6);
        }
    }

    #[test]
    fn east_is_east_and_north_is_north() {
        let frame = LocalFrame::at(GeoPoint { longitude: 117.112, latitude: 40.144 });
        let GroundPoint { east_m, north_m } =
            frame.metres(GeoPoint { longitude: 117.113, latitude: 40.145 });
        assert!((east_m - 85.2).abs() < 0.1 && (north_m - 111.0).abs() < 0.1, "{east_m} {north_m}");
    }
}
