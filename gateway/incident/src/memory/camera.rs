//! Who a camera is and where it stands, as JSON.

use serde::{Deserialize, Serialize};

use super::site::GridV1;
use crate::place::Place;
use crate::profile::{CameraProfile, Standpoint};
use crate::source::Source;

#[derive(Serialize, Deserialize)]
pub(super) struct CameraV1 {
    gb_id: Option<String>,
    grid: GridV1,
    longitude: f64,
    latitude: f64,
    accuracy_m: f64,
    address: Option<String>,
    /// Left out of cameras, and by older versions.
    #[serde(default, skip_serializing_if = "is_usual")]
    source: Source,
}

fn is_usual(source: &Source) -> bool {
    *source == Source::default()
}

impl CameraV1 {
    pub(super) fn of(camera: &CameraProfile) -> Self {
        let place = &camera.place;
        Self {
            gb_id: camera.gb_id.clone(),
            grid: GridV1::of(&camera.grid),
            longitude: place.point().longitude,
            latitude: place.point().latitude,
            accuracy_m: place.accuracy_m(),
            address: place.address().map(str::to_owned),
            source: camera.source,
        }
    }

    pub(super) fn standpoint(self) -> Result<Standpoint, serde_json::Error> {
        let Self { gb_id, grid, longitude, latitude, accuracy_m, address, source } = self;
        let place = Place::new(longitude, latitude, accuracy_m, address);
        let place = place.map_err(serde::de::Error::custom)?;
        Ok(Standpoint { source, gb_id, grid: grid.grid()?, place })
    }
}
