//! A city's folder, from text to what cameras and their rules take from it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use incident::schedule::Calendar;
use incident::{Grid, GridLevel, GridMap};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::city_file::{CalendarFile, CityFile, TypesFile};
use super::document::Document;
use super::faults::Fault;
use super::findings::Findings;
use super::schema::FileSchema;
use super::types::TypeBook;

/// What a city lays down for all cameras of a gateway.
#[derive(Debug, Clone)]
pub(super) struct City {
    /// Its own words, if the gateway names a city.
    pub(super) file: Option<CityFile>,
    pub(super) types: TypeBook,
    pub(super) calendar: Arc<Calendar>,
    pub(super) grid_map: Option<Arc<GridMap>>,
}

impl City {
    /// What holds where no city is named.
    pub(super) fn standard(types: TypeBook) -> Self {
        Self { file: None, types, calendar: Arc::default(), grid_map: None }
    }

    /// Reads `folder`: `city.toml`, and `types.toml`, `calendar.toml` and `grid.geojson` if they
    /// are there.
    pub(super) fn read(folder: &Path, types: TypeBook, findings: &mut Findings) -> Self {
        let mut city = Self::standard(types);
        if let Some((file, document)) = sound::<CityFile>(&folder.join("city.toml"), findings) {
            check_levels(&file, &document, findings);
            city.file = Some(file);
        }
        if let Some((file, document)) = optional::<TypesFile>(&folder.join("types.toml"), findings)
        {
            city.types.amend(file, &document, findings);
        }
        if let Some((file, document)) =
            optional::<CalendarFile>(&folder.join("calendar.toml"), findings)
        {
            match Calendar::new(file.holidays, file.workdays) {
                Ok(calendar) => city.calendar = Arc::new(calendar),
                Err(fault) => findings.refuse(&document, "", fault.to_string()).unwrap_or(()),
            }
        }
        city.grid_map = grid_map(&folder.join("grid.geojson"), findings).map(Arc::new);
        city
    }

    /// The city in a line: its name, the levels of its hierarchy, its stages and its grids.
    pub(super) fn summary(&self) -> Option<String> {
        let CityFile { name, level, stage } = self.file.as_ref()?;
        let levels: Vec<&str> = level.iter().map(|table| table.name.as_str()).collect();
        let stages: Vec<&str> = stage.iter().map(|table| table.name.as_str()).collect();
        let grids = self.grid_map.as_ref().map_or(0, |map| map.len());
        let (levels, stages) = (levels.join(" › "), stages.join(" → "));
        Some(format!("{name}: {levels}; {grids} grid(s) on the map; {stages}"))
    }

    /// Why `grid` does not fit the city's hierarchy: its levels must appear in the city's order.
    pub(super) fn objection(&self, grid: &Grid) -> Option<String> {
        let levels: Vec<GridLevel> =
            self.file.as_ref()?.level.iter().map(|table| table.level).collect();
        let mut above = 0;
        for step in grid.path() {
            let Some(place) = levels.iter().position(|level| *level == step.level) else {
                let name = step.level.as_str();
                return Some(format!("this city has no level `{name}`: see its city.toml"));
            };
            if place < above {
                let name = step.level.as_str();
                return Some(format!("level `{name}` stands below one that it contains"));
            }
            above = place;
        }
        None
    }
}

fn check_levels(file: &CityFile, document: &Document, findings: &mut Findings) {
    for (index, table) in file.level.iter().enumerate() {
        if file.level.iter().take(index).any(|other| other.level == table.level) {
            let at = format!("/level/{index}/level");
            let message = format!("level `{}` is named twice", table.level.as_str());
            findings.refuse::<()>(document, &at, message);
        }
    }
}

fn grid_map(path: &Path, findings: &mut Findings) -> Option<GridMap> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            findings.faults.push(Fault::of_whole(path, format!("cannot be read: {error}")));
            return None;
        }
    };
    match GridMap::parse(&text) {
        Ok(map) => Some(map),
        Err(invalid) => {
            let faults = invalid.faults().iter();
            findings.faults.extend(faults.map(|fault| Fault::of_whole(path, fault.to_string())));
            None
        }
    }
}

fn optional<T: DeserializeOwned + JsonSchema>(
    path: &Path,
    findings: &mut Findings,
) -> Option<(T, Document)> {
    if path.exists() { sound(path, findings) } else { None }
}

/// A file that is sound as a whole; its faults are noted.
fn sound<T: DeserializeOwned + JsonSchema>(
    path: &Path,
    findings: &mut Findings,
) -> Option<(T, Document)> {
    let mut document = Document::read(path).map_err(|fault| findings.faults.push(fault)).ok()?;
    let (faults, _) = FileSchema::of::<T>().check(&mut document);
    if !faults.is_empty() {
        findings.faults.extend(faults);
        return None;
    }
    let file = document.decode().map_err(|fault| findings.faults.push(fault)).ok()?;
    Some((file, document))
}
