//! Where an incident is, and which grid is responsible for it.

use scene::{Gcj02Point, GeoPoint};
use serde::Serialize;

use crate::alert::content::Alert;
use crate::place::GridStep;

#[derive(Serialize)]
pub(super) struct Grid<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    division_code: Option<&'a str>,
    path: &'a [GridStep],
    #[serde(skip_serializing_if = "Option::is_none")]
    grid_map_version: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Geo<'a> {
    point: [f64; 2],
    crs: &'static str,
    accuracy_m: f64,
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    gcj02: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    footprint: Option<Vec<[f64; 2]>>,
}

impl<'a> Grid<'a> {
    pub(super) fn of(alert: &'a Alert) -> Self {
        let on_map = alert.site.as_ref().and_then(|site| site.grid.as_ref());
        let grid = on_map.unwrap_or(&alert.camera.grid);
        Self {
            unit_code: grid.unit_code(),
            division_code: grid.division_code(),
            path: grid.path(),
            grid_map_version: grid.map_version(),
        }
    }
}

impl<'a> Geo<'a> {
    pub(super) fn of(alert: &'a Alert) -> Self {
        let camera = &*alert.camera;
        let place = &camera.place;
        let (point, accuracy_m, method) = match &alert.site {
            Some(site) => {
                let GeoPoint { longitude, latitude } = site.point;
                let point = GeoPoint { longitude: degrees(longitude), latitude: degrees(latitude) };
                // Rounded up: the stated radius must hold the place.
                (point, (site.accuracy_m * 10.0).ceil() / 10.0, "ground_plane")
            }
            None => (place.point(), place.accuracy_m(), "device_fixed"),
        };
        let gcj02 = camera.gcj02.then(|| {
            let drawn = Gcj02Point::from(point);
            [degrees(drawn.longitude), degrees(drawn.latitude)]
        });
        let position = |place: &GeoPoint| [degrees(place.longitude), degrees(place.latitude)];
        Self {
            point: [point.longitude, point.latitude],
            crs: "EPSG:4326",
            accuracy_m,
            method,
            gcj02,
            address: place.address(),
            footprint: alert.footprint.as_ref().map(|ring| ring.iter().map(position).collect()),
        }
    }
}

/// Degrees with seven decimals: a centimetre.
fn degrees(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}
