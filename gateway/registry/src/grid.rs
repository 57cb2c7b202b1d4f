//! The grids that a sheet may name.

use std::collections::BTreeMap;

use incident::{Grid, GridLevel, GridMap, GridStep};
use scene::{Gcj02Point, GeoPoint};

/// What is known of grids.
pub(crate) struct Grids<'a> {
    map: Option<&'a GridMap>,
    /// By unit code and by the lowest code of the path.
    by_code: BTreeMap<&'a str, &'a Grid>,
    county: Option<&'a str>,
}

/// How a place lies to the grid that a sheet names for it.
pub(crate) enum Lie {
    /// In it, or nobody knows.
    Inside,
    /// In it once the place is taken for GCJ-02.
    InsideIfGcj02,
    /// In this other grid.
    Elsewhere(String),
    /// On no grid of the map.
    OffMap,
}

impl<'a> Grids<'a> {
    /// The grids of the city's map, or what follows from the gateway's county.
    pub(crate) fn new(map: Option<&'a GridMap>, county: Option<&'a str>) -> Self {
        let grids = map.into_iter().flat_map(GridMap::grids);
        let by_code = grids.flat_map(|grid| {
            let lowest = grid.path().last().map(|step| step.code.as_str());
            grid.unit_code().into_iter().chain(lowest).map(move |code| (code, grid))
        });
        Self { by_code: by_code.collect(), map, county }
    }

    /// The grid of a code.
    ///
    /// # Errors
    /// What was expected.
    pub(crate) fn of_code(&self, code: &str) -> Result<Grid, String> {
        if self.map.is_some() {
            let known = self.by_code.get(code).map(|grid| (*grid).clone());
            return known.ok_or_else(|| "the city's grid map (grid.geojson) has no grid of this code: expected a unit code or the lowest code of a path".to_owned());
        }
        let is_code =
            code.bytes().all(|b| b.is_ascii_digit()) && matches!(code.len(), 14 | 15 | 20);
        if !is_code {
            return Err("expected a unit grid code of 14, 15 or 20 digits (the city has no grid map to look up others)".to_owned());
        }
        if let Some(county) = self.county.filter(|county| !code.starts_with(*county)) {
            return Err(format!(
                "this grid is not in the gateway's county {county}: expected a code that begins with {county}"
            ));
        }
        // County, street and community, as GB/T 2260 and GB/T 10114 number them.
        let levels = [(GridLevel::District, 6), (GridLevel::Street, 9), (GridLevel::Community, 12)];
        let path = levels.map(|(level, digits)| {
            let code = code.get(..digits).unwrap_or_default().to_owned();
            GridStep { level, code, name: None }
        });
        let division = code.get(..12).map(str::to_owned);
        Grid::new(Some(code.to_owned()), division, path.into(), None)
            .map_err(|error| error.to_string())
    }

    /// How `place` lies to `grid`.
    pub(crate) fn lie(&self, grid: &Grid, place: GeoPoint) -> Lie {
        let Some(map) = self.map else { return Lie::Inside };
        let found = map.grid_at(place);
        if found.is_some_and(|found| found.path().starts_with(grid.path())) {
            return Lie::Inside;
        }
        let GeoPoint { longitude, latitude } = place;
        let meant = GeoPoint::from(Gcj02Point { longitude, latitude });
        if map.grid_at(meant).is_some_and(|found| found.path().starts_with(grid.path())) {
            return Lie::InsideIfGcj02;
        }
        match found.and_then(|grid| grid.path().last()) {
            Some(step) => Lie::Elsewhere(step.code.clone()),
            None => Lie::OffMap,
        }
    }
}
