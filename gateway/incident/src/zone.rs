//! A named part of one camera's picture.

use scene::{FootError, GeoPoint, Polygon};

use crate::profile::CameraProfile;
use crate::slug::Slug;

/// Corners of an outline that a message can hold, the first one repeated at the end.
const MAX_RING: usize = 64;

/// A part of one camera's picture to which rules apply.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// Unique within the gateway, by convention `camera.zone`: `cam-01.shutter`.
    pub id: Slug,
    /// Its outline, normalised.
    pub polygon: Polygon,
}

impl Zone {
    /// Its outline on the ground as a closed ring, if `camera` is calibrated and knows each corner
    /// better than the camera's own place.
    pub(crate) fn footprint(&self, camera: &CameraProfile) -> Option<Vec<GeoPoint>> {
        let ground = camera.ground.as_ref()?;
        let corners = self.polygon.corners();
        if corners.len() >= MAX_RING {
            return None;
        }
        let ring = corners.iter().chain(corners.first()).map(|corner| {
            let located = ground.locate_wgs84(*corner, FootError::default())?;
            (located.accuracy_m < camera.place.accuracy_m()).then_some(located.point)
        });
        ring.collect()
    }
}
