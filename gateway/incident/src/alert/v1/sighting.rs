//! The wire form of what the camera that sees a door has shown.

use serde::Serialize;

use crate::alert::witness::{CameraWitness, Sight};

#[derive(Serialize)]
pub(super) struct Sighting<'a> {
    camera_id: &'a str,
    sight: Sight,
}

impl<'a> Sighting<'a> {
    pub(super) fn of(witness: &'a CameraWitness) -> Self {
        Self { camera_id: witness.camera.as_str(), sight: witness.sight }
    }
}
