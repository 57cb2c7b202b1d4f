//! What every alert of a camera, door or sensor says about its source.

use incident::{CameraProfile, Model, Source, Standpoint};
use rule::Slug;

use super::checkpoint::Checkpoint;
use super::settings::{Camera, Device, Gateway};

impl Gateway {
    /// What every alert of `camera` says about its source.
    pub(crate) fn profile(&self, camera: &Camera, model: Model) -> CameraProfile {
        let (gb_id, grid) = (camera.gb_id.clone(), camera.grid.clone());
        let source = Source::default();
        let standpoint = Standpoint { source, gb_id, grid, place: camera.place.clone() };
        CameraProfile {
            ground: camera.ground,
            grid_map: camera.grid_map.clone(),
            ..self.profile_at(camera.id.clone(), standpoint, model)
        }
    }

    /// What every alert of `device` says about its source.
    pub(crate) fn device_profile(&self, device: &Device, model: Model) -> CameraProfile {
        let (gb_id, grid) = (device.gb_id.clone(), device.grid.clone());
        let source = device.link.source();
        let standpoint = Standpoint { source, gb_id, grid, place: device.place.clone() };
        CameraProfile {
            grid_map: device.grid_map.clone(),
            ..self.profile_at(device.id.clone(), standpoint, model)
        }
    }

    /// What every alert of `checkpoint` says about its source.
    pub(crate) fn checkpoint_profile(
        &self,
        checkpoint: &Checkpoint,
        model: Model,
    ) -> CameraProfile {
        let (grid, place) = (checkpoint.grid.clone(), checkpoint.place.clone());
        let standpoint = Standpoint { source: checkpoint.source, gb_id: None, grid, place };
        CameraProfile {
            grid_map: checkpoint.grid_map.clone(),
            ..self.profile_at(checkpoint.id.clone(), standpoint, model)
        }
    }

    /// As [`Gateway::profile`], of a camera of which no more is known than where it stands.
    pub(crate) fn profile_at(
        &self,
        camera_id: Slug,
        standpoint: Standpoint,
        model: Model,
    ) -> CameraProfile {
        let Standpoint { source, gb_id, grid, place } = standpoint;
        CameraProfile {
            gateway_id: self.id.clone(),
            gateway_version: env!("CARGO_PKG_VERSION").to_owned(),
            camera_id,
            source,
            gb_id,
            utc_offset: self.utc_offset,
            grid,
            place,
            ground: None,
            grid_map: None,
            gcj02: self.gcj02,
            model,
            test: self.test,
        }
    }
}
