//! What kinds of incident a city knows: a table that is data, not code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use rule::Slug;

/// One kind of incident: what the case system is told about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentType {
    /// Stable event code, e.g. `fire_passage_blocked`.
    pub code: Slug,
    /// Display name in Chinese, at most 64 characters.
    pub name: String,
    /// The branch of city management it belongs to; part of the topic.
    pub category: Category,
    /// 1 (highest) to 4, as in GB/T 28181 `AlarmPriority`.
    pub priority: u8,
    /// Who should look after it. It is only a hint: the case system decides.
    #[serde(default)]
    pub routing: Option<Routing>,
    /// What national and city dictionaries call it, at most 8.
    #[serde(default)]
    pub codes: Vec<ExternalCode>,
}

/// A code in another dictionary. Cities differ, so these codes come only from files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalCode {
    /// Whose dictionary, e.g. `CJ/T 214-2007` or `city:110105`; at most 64 characters.
    pub scheme: String,
    /// Whether it counts events (事件) or components (部件).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CodeKind>,
    /// Major class (大类), at most 8 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub major: Option<String>,
    /// Minor class (小类), at most 8 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minor: Option<String>,
    /// The code, at most 32 characters.
    pub code: String,
    /// What that dictionary calls it, at most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What a dictionary's entry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeKind {
    /// Something that happens (事件).
    Event,
    /// Something that stands there (部件).
    Component,
}

/// The branch of city management to which an incident belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the wire's own words")]
pub enum Category {
    CityAppearance,
    StreetOrder,
    FireSafety,
    Access,
    ElectricalFire,
    Environment,
    DeviceHealth,
}

impl Category {
    /// The category as it is spelled in topics and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CityAppearance => "city_appearance",
            Self::StreetOrder => "street_order",
            Self::FireSafety => "fire_safety",
            Self::Access => "access",
            Self::ElectricalFire => "electrical_fire",
            Self::Environment => "environment",
            Self::DeviceHealth => "device_health",
        }
    }
}

/// A hint about where the case should go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    /// The dispatch loop.
    pub r#loop: Loop,
    /// How clear the responsibility is.
    pub grade: Grade,
    /// Departments that might be needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub department_hint: Vec<Slug>,
    /// Roles that might be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify_roles: Vec<Slug>,
}

/// The dispatch loops (社区微循环, 片区中微循环, 街道小循环, 区大循环).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the wire's own words")]
pub enum Loop {
    CommunityMicro,
    AreaMeso,
    StreetSmall,
    DistrictBig,
}

/// How clear the responsibility is (简单问题, 职责清晰, 职能交叉).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the wire's own words")]
pub enum Grade {
    Simple,
    Clear,
    CrossDepartment,
}

/// A table of incident types, by code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentTypes(BTreeMap<Slug, IncidentType>);

/// Why a table of incident types was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypesError {
    /// Not TOML, or a field is missing, unknown or of the wrong kind.
    #[error("{0}")]
    Syntax(String),
    /// The same code twice.
    #[error("incident type `{0}` is defined twice")]
    Duplicate(Slug),
    /// A value out of its range.
    #[error("incident type `{code}`: {fault}")]
    Value {
        /// The type concerned.
        code: Slug,
        /// What was expected.
        fault: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypesFile {
    #[serde(rename = "type")]
    types: Vec<IncidentType>,
}

impl IncidentTypes {
    /// The table that ships with the gateway, as the TOML text that [`IncidentTypes::parse`] reads.
    pub const STANDARD: &str = include_str!("types.toml");

    /// How each type of doors and sensors is judged by default, as TOML: `[[type]]` tables with a
    /// `code` and the terms of a rule on signals under `[type.rule]`.
    pub const STANDARD_SIGNAL_RULES: &str = include_str!("signal_rules.toml");

    /// Reads a table of `[[type]]` entries.
    ///
    /// # Errors
    /// [`TypesError`] for faulty TOML, a code given twice, or a value out of range.
    pub fn parse(text: &str) -> Result<Self, TypesError> {
        let file: TypesFile =
            toml::from_str(text).map_err(|fault| TypesError::Syntax(fault.to_string()))?;
        let mut types = BTreeMap::new();
        for kind in file.types {
            kind.check()?;
            let code = kind.code.clone();
            if types.insert(code.clone(), kind).is_some() {
                return Err(TypesError::Duplicate(code));
            }
        }
        Ok(Self(types))
    }

    /// The type with this code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&IncidentType> {
        Slug::new(code).ok().and_then(|code| self.0.get(&code))
    }

    /// All types, by code.
    pub fn iter(&self) -> impl Iterator<Item = &IncidentType> {
        self.0.values()
    }
}

impl IncidentType {
    fn check(&self) -> Result<(), TypesError> {
        let fault = if !(1..=4).contains(&self.priority) {
            "priority must be 1 (highest) to 4"
        } else if self.name.is_empty() || self.name.chars().count() > 64 {
            "name must have 1 to 64 characters"
        } else {
            return Ok(());
        };
        Err(TypesError::Value { code: self.code.clone(), fault })
    }
}

#[cfg(test)]
mod tests {
    use super::{IncidentTypes, TypesError};

    #[test]
    fn the_shipped_table_is_exactly_the_schema_s_list_of_codes() {
        let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
        let schema: serde_json::Value =
            serde_json::from_str(crate::alert::schema::ALERT_V1).unwrap();
        let listed = &schema["properties"]["type"]["properties"]["code"]["enum"];
        let mut listed: Vec<&str> =
            listed.as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
        listed.sort_unstable();
        let ours: Vec<&str> = types.iter().map(|kind| kind.code.as_str()).collect();
        assert_eq!(ours, listed);
        assert_eq!(types.get("fire_passage_blocked").unwrap().priority, 2);
        assert_eq!(types.get("no_such_type"), None);
    }

    #[test]
    fn faults_name_the_type() {
        let entry = |priority: u8| {
            format!(
                "[[type]]\ncode = \"x\"\nname = \"n\"\ncategory = \"access\"\npriority = {priority}\n"
            )
        };
        let twice = IncidentTypes::parse(&(entry(1) + &entry(2))).unwrap_err();
        assert_eq!(twice.to_string(), "incident type `x` is defined twice");
        let priority = IncidentTypes::parse(&entry(9)).unwrap_err();
        assert_eq!(priority.to_string(), "incident type `x`: priority must be 1 (highest) to 4");
        assert!(matches!(IncidentTypes::parse("[[type]]"), Err(TypesError::Syntax(_))));
    }
}
