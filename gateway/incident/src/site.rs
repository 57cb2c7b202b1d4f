//! Where an incident is, if its camera knows that better than its own position.

use scene::{BoundingBox, CHARGING_WIRE, FootUncertainty, GeoPoint, GroundPlane, Located, Point};

use crate::grid_map::Assignment;
use crate::place::Grid;
use crate::profile::CameraProfile;
use rule::{Finding, Subject, Zone};

/// The lower edge of the picture cuts off a box that ends below this line: the point where the
/// object touches the ground is not visible.
const LOWEST_FOOT: f32 = 0.995;

/// The place of an incident on the ground. It is found at the opening and kept for the whole life:
/// a place that changed from message to message would look like several incidents.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Where it is.
    pub point: GeoPoint,
    /// The radius around it that holds all its objects with 95 % certainty, in metres.
    pub accuracy_m: f64,
    /// The grid of the city's map that it belongs to. None near a border, off the map and without
    /// a map: the camera's own grid is responsible then.
    pub grid: Option<Grid>,
}

impl Site {
    /// The site of what `finding` shows: the middle of its objects' foot points on the ground. What
    /// is missing from a zone is somewhere in it: the middle of the corners of `lacks_in`.
    ///
    /// None if the camera is not calibrated, if no foot point can be located, or if the camera's
    /// own position is known at least as well.
    pub(crate) fn of(
        finding: &Finding,
        lacks_in: Option<&Zone>,
        camera: &CameraProfile,
    ) -> Option<Self> {
        let ground = camera.ground.as_ref()?;
        // A cable hangs: where it ends is nowhere on the ground.
        let hangs = |it: &&Subject| finding.cable.is_some() && it.class.as_str() == CHARGING_WIRE;
        let stand = || finding.subjects.iter().filter(|it| !hangs(it));
        let feet = || stand().filter_map(|it| foot_on(ground, &it.bbox));
        let locate = |corner: &Point| ground.locate_wgs84(*corner, FootUncertainty::default());
        let located: Vec<Located> = match lacks_in {
            Some(zone) => zone.polygon.corners().iter().map(locate).collect::<Option<_>>()?,
            None => feet().collect(),
        };
        let point = middle(&located)?;
        let reach = |found: &Located| point.distance_m(found.point) + found.accuracy_m;
        let accuracy_m = located.iter().map(reach).fold(0.0, f64::max);
        if accuracy_m >= camera.place.accuracy_m() {
            return None;
        }
        let assignment =
            camera.grid_map.as_ref().map(|map| map.assign(point, accuracy_m, &camera.grid));
        let grid = match assignment {
            Some(Assignment::Mapped { grid, .. }) => Some(grid.clone()),
            Some(Assignment::NearBorder { .. } | Assignment::OffMap { .. }) | None => None,
        };
        Some(Self { point, accuracy_m, grid })
    }
}

fn foot_on(ground: &GroundPlane, bbox: &BoundingBox) -> Option<Located> {
    let is_in_sight = bbox.bottom <= LOWEST_FOOT;
    is_in_sight.then(|| ground.locate_wgs84(bbox.foot(), FootUncertainty::default()))?
}

fn middle(located: &[Located]) -> Option<GeoPoint> {
    let (first, count) = (located.first()?.point, located.len() as f64);
    // Relative to one of them: the mean of one place is that place to the last digit.
    let mean = |degrees: fn(&GeoPoint) -> f64| {
        let offsets = located.iter().map(|found| degrees(&found.point) - degrees(&first));
        degrees(&first) + offsets.sum::<f64>() / count
    };
    let (longitude, latitude) = (mean(|at| at.longitude), mean(|at| at.latitude));
    Some(GeoPoint { longitude, latitude })
}
