//! Reads grids from a GeoJSON `FeatureCollection` (RFC 7946) and names every fault.

use std::fmt;

use scene::GeoPoint;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::cell::Cell;
use super::outline::{Outline, Position, Ring};
use crate::place::{Grid, GridStep};

/// A message lists at most this many faults: a wrong export may repeat one ten thousand times.
const MOST_LISTED: usize = 20;
/// A wider map is not of one city.
const WIDEST_CITY_M: f64 = 300_000.0;
/// Names of coordinate reference systems that are WGS-84 to the centimetre-decimetre.
const WGS84: [&str; 3] = ["CRS84", "4326", "4490"];

/// Every fault of a grid map; never empty.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub struct GridMapError(Vec<GridMapFault>);

/// One fault of a grid map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridMapFault {
    /// The feature's position in the file's `features`, from 0; none if the whole file is meant.
    pub feature: Option<usize>,
    /// The place in it, such as `properties.unit_code` or `geometry.coordinates[0]`.
    pub at: String,
    /// What is wrong and what was expected.
    pub message: String,
}

impl GridMapError {
    /// Every fault, in the file's order.
    #[must_use]
    pub fn faults(&self) -> &[GridMapFault] {
        &self.0
    }

    fn whole(at: &str, message: String) -> Self {
        Self(vec![GridMapFault { feature: None, at: at.to_owned(), message }])
    }
}

impl fmt::Display for GridMapFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(feature) = self.feature {
            write!(f, "features[{feature}]")?;
            if !self.at.is_empty() {
                f.write_str(".")?;
            }
        }
        let colon = if self.feature.is_some() || !self.at.is_empty() { ": " } else { "" };
        write!(f, "{}{colon}{}", self.at, self.message)
    }
}

impl fmt::Display for GridMapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.0.iter().take(MOST_LISTED).enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        match self.0.len().saturating_sub(MOST_LISTED) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

/// The cells of a feature collection.
pub(super) fn cells(text: &str) -> Result<Vec<Cell>, GridMapError> {
    let whole = GridMapError::whole;
    let collection: Value =
        serde_json::from_str(text).map_err(|fault| whole("", format!("not JSON: {fault}")))?;
    if collection.get("type").and_then(Value::as_str) != Some("FeatureCollection") {
        return Err(whole("type", "expected \"FeatureCollection\"".to_owned()));
    }
    if let Some(name) = collection.pointer("/crs/properties/name").and_then(Value::as_str)
        && !WGS84.iter().any(|known| name.contains(known))
    {
        let message = format!("{name}: expected degrees in WGS-84 (leave `crs` out, RFC 7946 §4)");
        return Err(whole("crs", message));
    }
    let Some(features) = collection.get("features").and_then(Value::as_array) else {
        return Err(whole("features", "expected a list".to_owned()));
    };
    let (mut cells, mut faults, mut first) = (Vec::with_capacity(features.len()), Vec::new(), None);
    for (number, feature) in features.iter().enumerate() {
        let found = faults.len();
        let mut reading = Reading { faults: &mut faults, feature: number };
        let grid = reading.grid(feature);
        let outline = reading.outline(feature);
        if let Some(outline) = &outline {
            reading.check_city(outline, &mut first);
        }
        if let (Some(grid), Some(outline), true) = (grid, outline, faults.len() == found) {
            cells.push(Cell { grid, outline });
        }
    }
    if faults.is_empty() { Ok(cells) } else { Err(GridMapError(faults)) }
}

/// One feature under check.
struct Reading<'a> {
    faults: &'a mut Vec<GridMapFault>,
    feature: usize,
}

impl Reading<'_> {
    fn refuse<T>(&mut self, at: impl Into<String>, message: impl Into<String>) -> Option<T> {
        let (at, message) = (at.into(), message.into());
        self.faults.push(GridMapFault { feature: Some(self.feature), at, message });
        None
    }

    fn grid(&mut self, feature: &Value) -> Option<Grid> {
        let Some(properties) = feature.get("properties").and_then(Value::as_object) else {
            return self.refuse("properties", "expected a table with `path`");
        };
        let unit_code = self.property::<String>(properties, "unit_code");
        let division_code = self.property::<String>(properties, "division_code");
        let map_version = self.property::<String>(properties, "map_version");
        let path = match self.property::<Vec<GridStep>>(properties, "path")? {
            Some(path) => path,
            None => return self.refuse("properties.path", "missing: [{level, code, name}, …]"),
        };
        match Grid::new(unit_code?, division_code?, path, map_version?) {
            Ok(grid) => Some(grid),
            Err(fault) => {
                let message = format!("{}: expected {}", fault.found, fault.expected);
                self.refuse(format!("properties.{}", fault.field), message)
            }
        }
    }

    /// A property; `Some(None)` if it is left out or null, `None` if it is faulty.
    fn property<T: DeserializeOwned>(
        &mut self,
        properties: &Map<String, Value>,
        key: &str,
    ) -> Option<Option<T>> {
        match properties.get(key) {
            None | Some(Value::Null) => Some(None),
            Some(value) => match T::deserialize(value) {
                Ok(value) => Some(Some(value)),
                Err(fault) => self.refuse(format!("properties.{key}"), fault.to_string()),
            },
        }
    }

    fn outline(&mut self, feature: &Value) -> Option<Outline> {
        let kind = feature.pointer("/geometry/type").and_then(Value::as_str);
        let coordinates = feature.pointer("/geometry/coordinates").unwrap_or(&Value::Null);
        let at = "geometry.coordinates";
        let polygons = match kind {
            Some("Polygon") => vec![self.polygon(at, coordinates)],
            Some("MultiPolygon") => {
                let items = coordinates.as_array().into_iter().flatten().enumerate();
                items.map(|(i, polygon)| self.polygon(&format!("{at}[{i}]"), polygon)).collect()
            }
            _ => {
                let found = kind.unwrap_or("none");
                let message = format!("found {found}; expected Polygon or MultiPolygon");
                return self.refuse("geometry.type", message);
            }
        };
        let polygons = polygons.into_iter().collect::<Option<Vec<_>>>()?;
        if polygons.is_empty() {
            return self.refuse(at, "expected at least one polygon");
        }
        Some(Outline::new(polygons))
    }

    /// The outer ring, then its holes.
    fn polygon(&mut self, at: &str, rings: &Value) -> Option<Vec<Ring>> {
        let Some(rings) = rings.as_array().filter(|rings| !rings.is_empty()) else {
            return self.refuse(at, "expected a list of rings, the outer one first");
        };
        let mut sound = Vec::with_capacity(rings.len());
        for (number, ring) in rings.iter().enumerate() {
            let at = format!("{at}[{number}]");
            let (ring, first) = self.ring(&at, ring)?;
            if sound.first().is_some_and(|outer: &Ring| !outer.contains(first)) {
                return self.refuse(at, "this hole does not lie within the outer ring");
            }
            sound.push(ring);
        }
        Some(sound)
    }

    /// A ring and one of its corners.
    fn ring(&mut self, at: &str, ring: &Value) -> Option<(Ring, Position)> {
        let Some(list) = ring.as_array() else {
            return self.refuse(at, "expected a list of positions");
        };
        let mut positions = Vec::with_capacity(list.len());
        for (number, value) in list.iter().enumerate() {
            let Some(position) = position(value) else {
                let message = "expected [longitude, latitude] in degrees";
                return self.refuse(format!("{at}[{number}]"), message);
            };
            let [longitude, latitude] = position;
            if !(GeoPoint { longitude, latitude }).is_on_earth() {
                let message = format!(
                    "[{longitude}, {latitude}] is nowhere on Earth: expected [longitude, \
                     latitude] in WGS-84 degrees; swapped, or metres of a city's own system?"
                );
                return self.refuse(format!("{at}[{number}]"), message);
            }
            positions.push(position);
        }
        let first = positions.first().copied();
        match (Ring::new(positions), first) {
            (Ok(ring), Some(first)) => Some((ring, first)),
            (Err(fault), _) => self.refuse(at, fault.to_string()),
            (Ok(_), None) => None,
        }
    }

    /// All features belong to one city.
    fn check_city(&mut self, outline: &Outline, first: &mut Option<GeoPoint>) {
        let ([longitude, latitude], _) = outline.bounds();
        let place = GeoPoint { longitude, latitude };
        let distance_m = first.get_or_insert(place).distance_m(place);
        if distance_m > WIDEST_CITY_M {
            let message = format!(
                "{:.0} km from the first feature: of another city, or longitude and latitude \
                 swapped",
                distance_m / 1000.0
            );
            self.refuse::<()>("geometry", message);
        }
    }
}

/// Longitude and latitude; a height is ignored.
fn position(value: &Value) -> Option<Position> {
    match value.as_array()?.as_slice() {
        [longitude, latitude] | [longitude, latitude, _] => {
            Some([longitude.as_f64()?, latitude.as_f64()?])
        }
        _ => None,
    }
}
