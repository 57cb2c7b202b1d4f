//! A city's folder, from text to what cameras and their rules take from it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use incident::casefile::{CaseEvent, StageNames};
use incident::{Grid, GridLevel, GridMap};
use jiff::civil::Date;
use rule::schedule::Calendar;
use scene::Class;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::city_file::{CalendarFile, CityFile, TypesFile};
use super::document::{Document, unreadable};
use super::faults::Fault;
use super::findings::Findings;
use super::schema::FileSchema;
use super::types::TypeBook;
use super::wording::nearest;

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
    /// What is read of its folder. Only the first must be there.
    pub(super) const FILES: [&str; 4] =
        ["city.toml", "types.toml", "calendar.toml", "grid.geojson"];

    /// What holds where no city is named.
    pub(super) fn standard(types: TypeBook) -> Self {
        Self { file: None, types, calendar: Arc::default(), grid_map: None }
    }

    /// Reads `folder`, of which [`City::FILES`] count. `classes` are those that the model knows.
    pub(super) fn read(
        folder: &Path,
        types: TypeBook,
        classes: Option<&[Class]>,
        findings: &mut Findings,
    ) -> Self {
        let mut city = Self::standard(types);
        let [city_file, types_file, calendar_file, map_file] =
            Self::FILES.map(|file| folder.join(file));
        if let Some((file, document)) = sound::<CityFile>(&city_file, findings) {
            check_levels(&file, &document, findings);
            check_stages(&file, &document, findings);
            city.file = Some(file);
        }
        if let Some((file, document)) = optional::<TypesFile>(&types_file, findings) {
            check_classes(&file, classes.unwrap_or_default(), &document, findings);
            city.types.amend(file, &document, findings);
        }
        if let Some((file, document)) = optional::<CalendarFile>(&calendar_file, findings) {
            city.calendar = calendar(&file, &document, findings).map(Arc::new).unwrap_or_default();
        }
        city.grid_map = grid_map(&map_file, findings).map(Arc::new);
        let grids = city.grid_map.iter().flat_map(|map| map.grids()).enumerate();
        let objections = grids.filter_map(|(index, grid)| Some((index, city.objection(grid)?)));
        // A city's map repeats one mistake in every grid: the first one tells.
        if let Some((index, objection)) = { objections }.next() {
            let message = format!("features[{index}].properties.path: {objection}");
            findings.faults.push(Fault::of_whole(&map_file, message));
        }
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

    /// What it calls the stages of a case, by the event that brings one there.
    pub(super) fn stage_names(&self) -> StageNames {
        let stages = self.file.iter().flat_map(|file| &file.stage);
        let names =
            stages.flat_map(|stage| stage.events.iter().map(|event| (*event, stage.name.clone())));
        names.collect()
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

/// A case cannot be at two stages at once.
fn check_stages(file: &CityFile, document: &Document, findings: &mut Findings) {
    let mut known: BTreeMap<CaseEvent, &str> = BTreeMap::new();
    for (index, stage) in file.stage.iter().enumerate() {
        for (number, event) in stage.events.iter().enumerate() {
            if let Some(other) = known.insert(*event, &stage.name) {
                let at = format!("/stage/{index}/events/{number}");
                let message = format!("this event brings a case to stage `{other}` already");
                findings.refuse::<()>(document, &at, message);
            }
        }
    }
}

/// A city's types serve many models, so a class that this one does not know is no fault; one that
/// is nearly known is a slip.
fn check_classes(
    file: &TypesFile,
    classes: &[Class],
    document: &Document,
    findings: &mut Findings,
) {
    let known: Vec<&str> = classes.iter().map(Class::as_str).collect();
    for (index, table) in file.types.iter().enumerate() {
        // A term that names classes is called so.
        for (term, named) in table.rule.iter().filter(|(term, _)| term.ends_with("classes")) {
            let named = named.as_array().into_iter().flatten();
            for (number, class) in named.filter_map(Value::as_str).enumerate() {
                if let Some(near) = nearest(class, &known).filter(|near| *near != class) {
                    let message =
                        format!("the model knows no class `{class}`; did you mean `{near}`?");
                    findings.warn(
                        document,
                        &format!("/type/{index}/rule/{term}/{number}"),
                        message,
                    );
                }
            }
        }
    }
}

fn calendar(file: &CalendarFile, document: &Document, findings: &mut Findings) -> Option<Calendar> {
    let holidays = days("/holidays", &file.holidays, document, findings);
    let workdays = days("/workdays", &file.workdays, document, findings);
    let (holidays, workdays) = (holidays?, workdays?);
    match Calendar::new(holidays, workdays.iter().copied()) {
        Ok(calendar) => Some(calendar),
        Err(fault) => {
            let index = workdays.iter().position(|day| *day == fault.0).unwrap_or_default();
            findings.refuse(document, &format!("/workdays/{index}"), fault.to_string())
        }
    }
}

/// What is written at `at` as days; those that no calendar knows are named.
fn days(
    at: &str,
    written: &[String],
    document: &Document,
    findings: &mut Findings,
) -> Option<Vec<Date>> {
    let mut days = Vec::new();
    for (index, text) in written.iter().enumerate() {
        match text.parse::<Date>() {
            Ok(day) => days.push(day),
            Err(_) => {
                let message = format!("there is no day {text} in the calendar");
                findings.refuse::<()>(document, &format!("{at}/{index}"), message);
            }
        }
    }
    (days.len() == written.len()).then_some(days)
}

/// The grid map in `path`, if there is one and it is sound.
pub(super) fn grid_map(path: &Path, findings: &mut Findings) -> Option<GridMap> {
    if !path.exists() && !path.is_symlink() {
        return None;
    }
    let text = match filing::text(path) {
        Ok(text) => text,
        Err(error) => {
            findings.faults.push(Fault::of_whole(path, unreadable(path, &error)));
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

fn optional<T: DeserializeOwned + JsonSchema + 'static>(
    path: &Path,
    findings: &mut Findings,
) -> Option<(T, Document)> {
    // A link that leads to nothing was meant to be read.
    if path.exists() || path.is_symlink() { sound(path, findings) } else { None }
}

/// A file that is sound as a whole; its faults are noted.
fn sound<T: DeserializeOwned + JsonSchema + 'static>(
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
