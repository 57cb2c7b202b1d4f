//! A lane's look at pictures that no camera sent: for whoever judges how well an eye sees.

use std::sync::Mutex;

use camera::Picture;
use detector::Detector;
use scene::{Clock, Detection, Observation};
use standing::Workbench;

use super::glances::Glances;
use super::lane::{Lost, Whose, detect, look_on};
use super::standing::StandingZones;
use crate::picture::LaneContext;
use crate::protocol::Watch;

/// Looks at pictures as a lane of an eye does, one camera after the other, in the time that the pictures
/// tell. It has no stream, no gateway and no process of its own.
pub struct Onlooker {
    context: LaneContext,
    camera: String,
    standing: Mutex<StandingZones>,
    glances: Glances,
}

/// Why a picture was not looked at.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LookError(String);

impl Onlooker {
    /// Looks with this detector, at nobody yet.
    #[must_use]
    pub fn new(detector: Detector) -> Self {
        let context = LaneContext::new((detector, None));
        let glances = Glances::default();
        Self { context, camera: String::new(), standing: Mutex::default(), glances }
    }

    /// Looks at another camera from now on, of which nothing is known, with this workbench for what newly
    /// stands in its zones.
    pub fn turn_to(&mut self, camera: &str, bench: Workbench) {
        camera.clone_into(&mut self.camera);
        self.context.bench = bench;
        self.standing = Mutex::default();
        self.glances = Glances::default();
    }

    /// What the detector finds in a picture of what `watch` asks for. That depends on nothing else.
    ///
    /// # Errors
    /// The picture cannot be scaled, or the model fails.
    pub fn detect(
        &mut self,
        picture: &Picture,
        watch: &Watch,
    ) -> Result<Vec<Detection>, LookError> {
        detect(&mut self.context, picture, watch).map_err(|Lost(reason)| LookError(reason))
    }

    /// What the camera's next picture, in which this would be detected, shows of what `watch` asks for. Where a lane
    /// would not ask the detector, `detections` are not looked at.
    pub fn look(
        &mut self,
        (picture, clock): (Picture, Clock),
        detections: Vec<Detection>,
        watch: &Watch,
    ) -> Observation {
        let (at, shades) = (picture.captured_at, picture.shades());
        let detections = self.glances.known(at, shades.as_ref(), watch).unwrap_or_else(|| {
            self.glances.keep(at, shades, &detections, watch);
            detections
        });
        let whose = Whose { name: &self.camera, standing: &self.standing };
        let found = (detections, watch);
        look_on(&mut self.context, whose, (picture, clock), found, &|| ()).observation
    }
}
