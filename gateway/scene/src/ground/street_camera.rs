//! A camera of known height and tilt over a flat street, and noise of known size: what the tests
//! of calibration and accuracy are measured against.

use super::calibration::pair::Pair;
use super::geodesy::{GeoPoint, LocalFrame};
use super::ground_point::GroundPoint;
use crate::geometry::Point;

/// The ground below the camera.
pub(super) const POLE: GeoPoint = GeoPoint { longitude: 117.112, latitude: 40.144 };

/// A pinhole camera on a pole, 16:9.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreetCamera {
    pub(super) height_m: f64,
    /// Degrees below the horizon that the picture's middle looks.
    pub(super) tilt: f64,
    /// Degrees clockwise from north.
    pub(super) heading: f64,
    /// Degrees from the left to the right edge.
    pub(super) width: f64,
}

impl Default for StreetCamera {
    fn default() -> Self {
        Self { height_m: 6.0, tilt: 25.0, heading: 30.0, width: 70.0 }
    }
}

impl StreetCamera {
    /// Where the ray through `[x, y]` of the picture meets the street; none above the horizon.
    pub(super) fn ground(&self, [x, y]: [f64; 2]) -> Option<GroundPoint> {
        let half = (self.width.to_radians() / 2.0).tan();
        let (across, down) = ((2.0 * x - 1.0) * half, (2.0 * y - 1.0) * half * 9.0 / 16.0);
        let (sin_tilt, cos_tilt) = self.tilt.to_radians().sin_cos();
        let (ahead, fall) = (cos_tilt - down * sin_tilt, sin_tilt + down * cos_tilt);
        let (sin, cos) = self.heading.to_radians().sin_cos();
        (fall > 0.0).then(|| {
            let reach = self.height_m / fall;
            let (ahead, across) = (ahead * reach, across * reach);
            GroundPoint { east_m: ahead * sin + across * cos, north_m: ahead * cos - across * sin }
        })
    }

    /// The same as a place on Earth.
    pub(super) fn place(&self, picture: [f64; 2]) -> Option<GeoPoint> {
        self.ground(picture).map(|ground| LocalFrame::at(POLE).place(ground))
    }

    /// Exact pairs at these points of the picture.
    pub(super) fn pairs(&self, picture: &[[f64; 2]]) -> Vec<Pair> {
        let pair = |at: &[f64; 2]| Pair { picture: point(*at), place: self.place(*at).unwrap() };
        picture.iter().map(pair).collect()
    }
}

/// Six points of a picture, near and far.
pub(super) const SPREAD: [[f64; 2]; 6] =
    [[0.1, 0.9], [0.9, 0.85], [0.75, 0.35], [0.2, 0.3], [0.5, 0.6], [0.55, 0.2]];

#[expect(clippy::cast_possible_truncation, reason = "shares of a picture")]
pub(super) fn point([x, y]: [f64; 2]) -> Point {
    Point { x: x as f32, y: y as f32 }
}

/// Normally distributed numbers, the same in each run.
pub(super) struct Noise(pub(super) u64);

impl Noise {
    /// Evenly within 0..1: Steele, Lea and Flood's `SplitMix64`.
    pub(super) fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller.
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.even()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.even()).cos()
    }
}
