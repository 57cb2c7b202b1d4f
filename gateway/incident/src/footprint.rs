//! Where a zone lies on the ground.

use rule::Zone;
use scene::{FootUncertainty, GeoPoint};

use crate::profile::CameraProfile;

/// Corners of an outline that a message can hold, the first one repeated at the end.
const MAX_RING: usize = 64;

/// The zone's outline on the ground as a closed ring. None unless `camera` is calibrated and each
/// corner is known better than the camera's own position.
pub(crate) fn footprint(zone: &Zone, camera: &CameraProfile) -> Option<Vec<GeoPoint>> {
    let ground = camera.ground.as_ref()?;
    let corners = zone.polygon.corners();
    if corners.len() >= MAX_RING {
        return None;
    }
    let ring = corners.iter().chain(corners.first()).map(|corner| {
        let located = ground.locate_wgs84(*corner, FootUncertainty::default())?;
        (located.accuracy_m < camera.place.accuracy_m()).then_some(located.point)
    });
    ring.collect()
}
