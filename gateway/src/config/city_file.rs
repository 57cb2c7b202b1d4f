//! The files of a city's folder as they are written: `city.toml`, `types.toml`, `calendar.toml`.

use incident::casefile::CaseEvent;
use incident::{Category, ExternalCode, GridLevel, Routing};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::gateway_file::GRID_LEVELS;
use super::rule_terms::AllTerms;

/// One city's way of managing its grids (`city.toml`).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CityFile {
    /// Its name.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) name: String,
    /// The levels of its grid hierarchy from top to bottom (网格层级), of any depth.
    #[schemars(length(min = 1, max = 8))]
    pub(crate) level: Vec<LevelTable>,
    /// The stages of a case in their order (流程环节), as this city calls them.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub(crate) stage: Vec<StageTable>,
}

/// One level of the hierarchy.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LevelTable {
    /// Which level.
    #[schemars(with = "String", extend("enum" = GRID_LEVELS))]
    pub(crate) level: GridLevel,
    /// What this city calls it, such as 街道.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) name: String,
}

/// One stage of a case.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StageTable {
    /// What this city calls it, such as 派遣.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) name: String,
    /// The events that bring a case there.
    #[schemars(schema_with = "case_events")]
    pub(crate) events: Vec<CaseEvent>,
}

/// What a city says otherwise about incident types (`types.toml`).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypesFile {
    /// One entry for each type that differs from the standard; what is left out stays as it is.
    #[serde(rename = "type", default)]
    #[schemars(length(max = 256))]
    pub(crate) types: Vec<TypeTable>,
}

/// One incident type (事件类型).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypeTable {
    /// Its stable code, such as `fire_passage_blocked`.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) code: String,
    /// What this city calls it.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) name: Option<String>,
    /// The branch of city management; part of the topic.
    #[serde(default)]
    #[schemars(schema_with = "category")]
    pub(crate) category: Option<Category>,
    /// 1 is the most urgent (一级), 4 the least.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4))]
    pub(crate) priority: Option<u8>,
    /// Who should look after it; a hint, the case system decides.
    #[serde(default)]
    #[schemars(schema_with = "routing")]
    pub(crate) routing: Option<Routing>,
    /// What other dictionaries call it: national (GB/T 30428.2, CJ/T 214) and city codes.
    #[serde(default)]
    #[schemars(schema_with = "codes")]
    pub(crate) codes: Option<Vec<ExternalCode>>,
    /// How it is judged where a camera's rule does not say otherwise.
    #[serde(default)]
    #[schemars(with = "AllTerms")]
    pub(crate) rule: Map<String, Value>,
}

/// Days that differ from the week's habit (`calendar.toml`).
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarFile {
    /// Days off (放假).
    #[serde(default)]
    #[schemars(schema_with = "dates")]
    pub(crate) holidays: Vec<String>,
    /// Weekend days that are worked in return (调休上班).
    #[serde(default)]
    #[schemars(schema_with = "dates")]
    pub(crate) workdays: Vec<String>,
}

fn category(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "enum": [
            "city_appearance", "street_order", "fire_safety", "access", "electrical_fire",
            "environment", "device_health",
        ],
    })
}

fn routing(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": false,
        "required": ["loop", "grade"],
        "properties": {
            "loop": {
                "description": "The dispatch loop: 社区微循环, 片区中微循环, 街道小循环 or 区大循环.",
                "enum": ["community_micro", "area_meso", "street_small", "district_big"],
            },
            "grade": {
                "description": "How clear the responsibility is: 简单问题, 职责清晰 or 职能交叉.",
                "enum": ["simple", "clear", "cross_department"],
            },
            "department_hint": {
                "description": "Departments that might be needed.",
                "type": "array", "maxItems": 8,
                "items": { "type": "string", "pattern": super::id::ID_PATTERN },
            },
            "notify_roles": {
                "description": "Roles that might be told.",
                "type": "array", "maxItems": 8,
                "items": { "type": "string", "pattern": super::id::ID_PATTERN },
            },
        },
    })
}

fn codes(_: &mut SchemaGenerator) -> Schema {
    let text =
        |longest: u32| json_schema!({ "type": "string", "minLength": 1, "maxLength": longest });
    let described = |words: &str, mut schema: Schema| {
        schema.insert("description".to_owned(), words.into());
        schema
    };
    json_schema!({
        "type": "array",
        "maxItems": 8,
        "items": {
            "type": "object",
            "additionalProperties": false,
            "required": ["scheme", "code"],
            "properties": {
                "scheme": described("Whose dictionary, such as `city:110105`.", text(64)),
                "kind": {
                    "description": "事件 or 部件.",
                    "enum": ["event", "component"],
                },
                "major": described("Major class (大类).", text(8)),
                "minor": described("Minor class (小类).", text(8)),
                "code": described("The code.", text(32)),
                "name": described("What that dictionary calls it.", text(64)),
            },
        },
    })
}

fn case_events(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array", "minItems": 1, "maxItems": 20,
        "items": { "type": "string", "enum": CaseEvent::NAMES },
    })
}

fn dates(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 1000,
        "items": {
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "x-expected": "days such as \"2026-10-01\"",
        },
    })
}
