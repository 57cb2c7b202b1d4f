//! Where a camera stands: its place in the city's grid, and its position.

use scene::GeoPoint;
use serde::{Deserialize, Serialize};

/// A place in a city's grid, of any depth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    unit_code: Option<String>,
    division_code: Option<String>,
    path: Vec<GridStep>,
    map_version: Option<String>,
}

/// One step of a grid path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridStep {
    /// Which level of the hierarchy.
    pub level: GridLevel,
    /// Its code, at most 32 characters.
    pub code: String,
    /// Its name, at most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The levels of a grid hierarchy; cities use three to five of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the wire's own words")]
pub enum GridLevel {
    City,
    District,
    Street,
    Area,
    Community,
    Unit,
    Yard,
    Grid,
    MicroGrid,
    BuildingUnit,
}

impl GridLevel {
    /// The level as it is spelled in messages and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::District => "district",
            Self::Street => "street",
            Self::Area => "area",
            Self::Community => "community",
            Self::Unit => "unit",
            Self::Yard => "yard",
            Self::Grid => "grid",
            Self::MicroGrid => "micro_grid",
            Self::BuildingUnit => "building_unit",
        }
    }
}

/// A camera's own position, WGS-84.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    longitude: f64,
    latitude: f64,
    accuracy_m: f64,
    address: Option<String>,
}

/// Why a place or grid was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{field} is {found}: expected {expected}")]
pub struct ProfileError {
    /// The field concerned, as the configuration spells it.
    pub field: &'static str,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: &'static str,
}

impl Grid {
    /// A place in the grid. `path` runs from the top down, 1 to 8 steps; `unit_code` has 14, 15 or
    /// 20 digits (CJ/T 213, GB/T 30428.1, CJ/T 349); `division_code` 6, 9 or 12 digits.
    ///
    /// # Errors
    /// [`ProfileError`] naming the field that does not fit.
    pub fn new(
        unit_code: Option<String>,
        division_code: Option<String>,
        path: Vec<GridStep>,
        map_version: Option<String>,
    ) -> Result<Self, ProfileError> {
        if let Some(code) = &unit_code
            && !(is_digits(code) && matches!(code.len(), 14 | 15 | 20))
        {
            return Err(fault("unit_code", code, "14, 15 or 20 digits"));
        }
        if let Some(code) = &division_code
            && !(is_digits(code) && matches!(code.len(), 6 | 9 | 12))
        {
            return Err(fault("division_code", code, "6, 9 or 12 digits"));
        }
        if path.is_empty() || path.len() > 8 {
            return Err(fault("path", &format!("{} steps", path.len()), "1 to 8 steps"));
        }
        for step in &path {
            if step.code.is_empty() || step.code.chars().count() > 32 {
                return Err(fault("path.code", &step.code, "1 to 32 characters"));
            }
            if let Some(name) = step.name.as_ref().filter(|name| name.chars().count() > 64) {
                return Err(fault("path.name", name, "at most 64 characters"));
            }
        }
        if let Some(version) = map_version.as_ref().filter(|text| text.chars().count() > 32) {
            return Err(fault("map_version", version, "at most 32 characters"));
        }
        Ok(Self { unit_code, division_code, path, map_version })
    }

    /// Code of the unit grid: 14, 15 or 20 digits.
    #[must_use]
    pub fn unit_code(&self) -> Option<&str> {
        self.unit_code.as_deref()
    }

    /// County, street and community: 6, 9 or 12 digits.
    #[must_use]
    pub fn division_code(&self) -> Option<&str> {
        self.division_code.as_deref()
    }

    /// The steps from the top down.
    #[must_use]
    pub fn path(&self) -> &[GridStep] {
        &self.path
    }

    /// Version of the grid map from which the codes were taken.
    #[must_use]
    pub fn map_version(&self) -> Option<&str> {
        self.map_version.as_deref()
    }
}

impl Place {
    /// A position in degrees, WGS-84, with its 95 % radius in metres.
    ///
    /// # Errors
    /// [`ProfileError`] if a value is out of range or the address has more than 200 characters.
    pub fn new(
        longitude: f64,
        latitude: f64,
        accuracy_m: f64,
        address: Option<String>,
    ) -> Result<Self, ProfileError> {
        if !(-180.0..=180.0).contains(&longitude) {
            return Err(fault("longitude", &longitude.to_string(), "-180 to 180 degrees"));
        }
        if !(-90.0..=90.0).contains(&latitude) {
            return Err(fault("latitude", &latitude.to_string(), "-90 to 90 degrees"));
        }
        if !(accuracy_m.is_finite() && accuracy_m >= 0.0) {
            return Err(fault("accuracy_m", &accuracy_m.to_string(), "0 metres or more"));
        }
        if let Some(text) = address.as_ref().filter(|text| text.chars().count() > 200) {
            return Err(fault("address", text, "at most 200 characters"));
        }
        Ok(Self { longitude, latitude, accuracy_m, address })
    }

    /// Longitude and latitude, WGS-84.
    #[must_use]
    pub const fn point(&self) -> GeoPoint {
        GeoPoint { longitude: self.longitude, latitude: self.latitude }
    }

    /// 95 % radius in metres.
    #[must_use]
    pub const fn accuracy_m(&self) -> f64 {
        self.accuracy_m
    }

    /// The place in words.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn fault(field: &'static str, found: &str, expected: &'static str) -> ProfileError {
    ProfileError { field, found: format!("`{found}`"), expected }
}

#[cfg(test)]
mod tests {
    use super::{Grid, GridLevel, GridStep, Place};

    #[test]
    fn faults_name_field_and_expectation() {
        let step = GridStep { level: GridLevel::Street, code: "110117001".into(), name: None };
        let path = || vec![step.clone()];
        assert!(Grid::new(Some("110117001003007".into()), None, path(), None).is_ok());
        let short = Grid::new(Some("1101170010".into()), None, path(), None).unwrap_err();
        assert_eq!(short.to_string(), "unit_code is `1101170010`: expected 14, 15 or 20 digits");
        let division = Grid::new(None, Some("11011700".into()), path(), None).unwrap_err();
        assert_eq!(division.field, "division_code");
        assert_eq!(Grid::new(None, None, vec![], None).unwrap_err().field, "path");
        assert_eq!(Place::new(40.0, 116.0, 5.0, None).unwrap_err().field, "latitude");
        assert_eq!(Place::new(f64::NAN, 40.0, 5.0, None).unwrap_err().field, "longitude");
        assert_eq!(Place::new(116.0, 40.0, -1.0, None).unwrap_err().field, "accuracy_m");
    }
}
