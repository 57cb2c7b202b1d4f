//! The plane that a camera looks down on: where something stands on it, and how certain that is.

use super::geodesy::{GeoPoint, LocalFrame};
use super::ground_point::GroundPoint;
use super::least_squares::{PARAMETERS, Square, quadratic_form};
use crate::geometry::Point;

/// How far a foot point may lie from where an object really touches the ground: one standard
/// deviation each way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FootUncertainty {
    /// As a share of the picture's width.
    pub across: f64,
    /// As a share of the picture's height.
    pub along: f64,
}

impl Default for FootUncertainty {
    /// One hundredth of a 16:9 picture's height both ways: how far detectors set a box's lower
    /// edge off, shadows and hidden wheels included.
    fn default() -> Self {
        Self { across: 0.01 * 9.0 / 16.0, along: 0.01 }
    }
}

/// A place on Earth, and how certain it is that something is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Located {
    /// The place.
    pub point: GeoPoint,
    /// Radius around it that holds the true place with 95 % certainty, in metres.
    pub accuracy_m: f64,
}

/// The homography from a camera's normalised picture to the ground plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroundPlane {
    /// Row by row, `[x, y, 1]` of the picture to homogeneous metres east and north.
    to_ground: [f64; 9],
    /// None if it is not known where on Earth the plane lies.
    survey: Option<Survey>,
}

/// Where on Earth a plane lies, and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Survey {
    frame: LocalFrame,
    /// The picture's point at which the parameters were fitted.
    centre: [f64; 2],
    /// Variances and covariances of the parameters there.
    covariance: Square,
}

/// A homography about a point of the picture, as it was fitted: `[x, y]` less `centre` to
/// `(p0 x + p1 y + p2, p3 x + p4 y + p5) / (p6 x + p7 y + 1)`.
pub(super) struct Fitted {
    pub(super) frame: LocalFrame,
    pub(super) centre: [f64; 2],
    pub(super) parameters: [f64; PARAMETERS],
    pub(super) covariance: Square,
}

impl GroundPlane {
    /// The plane of a known homography, row by row: `[x, y, 1]` of the normalised picture to
    /// homogeneous metres east and north. Where on Earth it lies stays open.
    #[must_use]
    pub const fn from_homography(to_ground: [f64; 9]) -> Self {
        Self { to_ground, survey: None }
    }

    pub(super) fn from_fit(fitted: &Fitted) -> Self {
        let Fitted { frame, centre, parameters, covariance } = *fitted;
        let [cx, cy] = centre;
        let [a, b, c, d, e, f, g, h] = parameters;
        let to_ground =
            [a, b, c - a * cx - b * cy, d, e, f - d * cx - e * cy, g, h, 1.0 - g * cx - h * cy];
        Self { to_ground, survey: Some(Survey { frame, centre, covariance }) }
    }

    /// Where on the ground the picture's `point` lies; none at and above the horizon.
    #[must_use]
    pub fn locate(&self, point: Point) -> Option<GroundPoint> {
        self.ground_at(f64::from(point.x), f64::from(point.y))
    }

    /// Where on Earth the picture's `point` lies, if the plane was fitted to places on Earth; none
    /// at and near the horizon, where `foot_uncertainty` alone may reach above it.
    ///
    /// The radius is twice the root of the summed variances, which holds 95 to 98 % of a normal
    /// distribution. Two errors go into it: that of the foot point, carried through the plane two
    /// standard deviations each way, and that of the calibration, carried from the pairs it was
    /// fitted to. Both grow towards the horizon, the second also away from the pairs.
    #[must_use]
    pub fn locate_wgs84(&self, point: Point, foot_uncertainty: FootUncertainty) -> Option<Located> {
        let survey = self.survey.as_ref()?;
        let (x, y) = (f64::from(point.x), f64::from(point.y));
        let ground = self.ground_at(x, y)?;
        let reach_m = |dx: f64, dy: f64| -> Option<f64> {
            let ahead = self.ground_at(x + dx, y + dy)?.distance_m(ground);
            Some(ahead.max(self.ground_at(x - dx, y - dy)?.distance_m(ground)))
        };
        let across_m = reach_m(2.0 * foot_uncertainty.across, 0.0)?;
        let along_m = reach_m(0.0, 2.0 * foot_uncertainty.along)?;
        let fit_m = 2.0 * survey.variance_m2(self.depth_at(x, y), (x, y), ground).sqrt();
        let accuracy_m = across_m.hypot(along_m).hypot(fit_m);
        Some(Located { point: survey.frame.place(ground), accuracy_m })
    }

    /// Where its metres begin, if it was fitted to places on Earth.
    #[must_use]
    pub fn origin(&self) -> Option<GeoPoint> {
        self.survey.as_ref().map(|survey| survey.frame.origin())
    }

    fn ground_at(&self, x: f64, y: f64) -> Option<GroundPoint> {
        let [a, b, c, d, e, f, ..] = self.to_ground;
        let depth = self.depth_at(x, y);
        (depth > 0.0).then(|| GroundPoint {
            east_m: (a * x + b * y + c) / depth,
            north_m: (d * x + e * y + f) / depth,
        })
    }

    /// 0 at the horizon, positive below it.
    fn depth_at(&self, x: f64, y: f64) -> f64 {
        let [.., g, h, i] = self.to_ground;
        g * x + h * y + i
    }
}

impl Survey {
    /// Summed variances east and north that the fit's own uncertainty gives a point.
    fn variance_m2(&self, depth: f64, (x, y): (f64, f64), ground: GroundPoint) -> f64 {
        let [cx, cy] = self.centre;
        let [east, north] = slopes([x - cx, y - cy], depth, ground);
        quadratic_form(&self.covariance, &east) + quadratic_form(&self.covariance, &north)
    }
}

/// How metres east and north of the picture's point `[x, y]`, less the fit's centre, change with
/// each parameter of the fit.
pub(super) fn slopes([x, y]: [f64; 2], depth: f64, ground: GroundPoint) -> [[f64; PARAMETERS]; 2] {
    let (x, y, one) = (x / depth, y / depth, 1.0 / depth);
    let GroundPoint { east_m, north_m } = ground;
    [
        [x, y, one, 0.0, 0.0, 0.0, -east_m * x, -east_m * y],
        [0.0, 0.0, 0.0, x, y, one, -north_m * x, -north_m * y],
    ]
}
