//! Where an incident is, if its camera can tell better than where it stands itself.

use scene::{BoundingBox, FootError, GeoPoint, GroundPlane, Located};

use crate::grid_map::Assignment;
use crate::place::Grid;
use crate::profile::CameraProfile;
use rule::Finding;

/// A box that ends below this line of the picture is cut off by its lower edge: where the object
/// touches the ground is out of sight.
const LOWEST_FOOT: f32 = 0.995;

/// The place of an incident on the ground, found when it was opened and kept for its whole life:
/// a place that wandered from message to message would look like several incidents.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Where it is.
    pub point: GeoPoint,
    /// Radius around it that holds all its objects, with 95 % certainty, in metres.
    pub accuracy_m: f64,
    /// The grid of the city's map that it belongs to; none if the camera's own grid answers: near
    /// a border, off the map, or without a map.
    pub grid: Option<Grid>,
}

impl Site {
    /// The site of what `finding` shows: the middle of its objects' foot points on the ground.
    ///
    /// None if the camera is not calibrated, if no foot point can be located, and if the camera's
    /// own place is known to be no worse.
    pub(crate) fn of(finding: &Finding, camera: &CameraProfile) -> Option<Self> {
        let ground = camera.ground.as_ref()?;
        let boxes = finding.subjects.iter().map(|subject| &subject.bbox);
        let located: Vec<Located> = boxes.filter_map(|bbox| foot_on(ground, bbox)).collect();
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
    is_in_sight.then(|| ground.locate_wgs84(bbox.foot(), FootError::default()))?
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
