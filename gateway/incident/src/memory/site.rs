//! Where an incident is, as JSON.

use scene::GeoPoint;
use serde::{Deserialize, Serialize};

use crate::place::{Grid, GridStep};
use crate::site::Site;

#[derive(Serialize, Deserialize)]
pub(super) struct SiteV1 {
    longitude: f64,
    latitude: f64,
    accuracy_m: f64,
    grid: Option<GridV1>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct GridV1 {
    unit_code: Option<String>,
    division_code: Option<String>,
    path: Vec<GridStep>,
    map_version: Option<String>,
}

impl SiteV1 {
    pub(super) fn of(site: &Site) -> Self {
        Self {
            longitude: site.point.longitude,
            latitude: site.point.latitude,
            accuracy_m: site.accuracy_m,
            grid: site.grid.as_ref().map(GridV1::of),
        }
    }

    pub(super) fn site(self) -> Result<Site, serde_json::Error> {
        let Self { longitude, latitude, accuracy_m, grid } = self;
        let grid = grid.map(GridV1::grid).transpose()?;
        Ok(Site { point: GeoPoint { longitude, latitude }, accuracy_m, grid })
    }
}

impl GridV1 {
    pub(super) fn of(grid: &Grid) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Self {
            unit_code: text(grid.unit_code()),
            division_code: text(grid.division_code()),
            path: grid.path().to_vec(),
            map_version: text(grid.map_version()),
        }
    }

    pub(super) fn grid(self) -> Result<Grid, serde_json::Error> {
        let Self { unit_code, division_code, path, map_version } = self;
        Grid::new(unit_code, division_code, path, map_version).map_err(serde::de::Error::custom)
    }
}
