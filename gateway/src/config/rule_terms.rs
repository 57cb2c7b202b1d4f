//! How a rule judges, as it is written: in a camera's `[[rule]]`, or as a type's default in a
//! city's `types.toml`.
//!
//! Every term is optional. What a rule leaves out, its incident type gives; what both leave out,
//! the kind of rule does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::camera_file::CornerPx;

/// How a rule judges.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TermsTable {
    /// standing: an object of these classes stands in the zone for so long. obstruction: standing
    /// objects take too much of a passage. gathering: so many objects at a time. stall: goods stand
    /// there and somebody attends them. beside: an object stands near another. crossing: objects
    /// pass a line in one direction. prohibited: an object appears at all. scene: the camera itself
    /// is covered, turned away, blurred, dark or frozen.
    pub(crate) kind: Option<RuleKindName>,
    /// The object classes that count, as the model's manifest spells them; `stall`: the goods.
    #[schemars(length(min = 1, max = 80))]
    pub(crate) classes: Option<Vec<String>>,
    /// `beside`: what must be near; `stall`: who attends the goods.
    #[schemars(length(min = 1, max = 80))]
    pub(crate) near_classes: Option<Vec<String>>,
    /// `obstruction`: classes that never obstruct.
    #[schemars(length(max = 80))]
    pub(crate) except_classes: Option<Vec<String>>,
    /// How long it must last.
    #[schemars(range(min = 1, max = 2_592_000))]
    pub(crate) dwell_secs: Option<u32>,
    /// How long an object may go unseen without starting anew; left out, a fifth of the dwell, 10
    /// at most (`stall`: 30).
    #[schemars(range(min = 0, max = 604_800))]
    pub(crate) gap_tolerance_secs: Option<u32>,
    /// `prohibited`: how soon it must be certain.
    #[schemars(range(min = 1, max = 60))]
    pub(crate) confirm_secs: Option<u32>,
    /// `gathering`: so many objects; `crossing`: so many within `within_secs`.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) count: Option<u32>,
    /// `crossing`: the time in which `count` objects must cross.
    #[schemars(range(min = 1, max = 86_400))]
    pub(crate) within_secs: Option<u32>,
    /// `crossing`: a line `[from, to]` in pixels; who crosses from its left to its right, seen in
    /// walking direction from `from` to `to`, counts.
    #[schemars(length(min = 2, max = 2), extend("x-expected" = "two points [[x, y], [x, y]] in pixels"))]
    pub(crate) line_px: Option<Vec<CornerPx>>,
    /// `obstruction`: the share of the zone that standing objects may take.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub(crate) max_share: Option<f32>,
    /// `obstruction`: the clear width that must remain. Needs the camera's `[calibration]`.
    #[schemars(range(min = 0.3, max = 50.0))]
    pub(crate) min_clear_width_metres: Option<f64>,
    /// `beside`, `stall`: how near is near, in heights of the object in the picture.
    #[schemars(range(min = 0.05, max = 10.0))]
    pub(crate) reach_heights: Option<f32>,
    /// `beside`, `stall`: how near is near, on the ground. Needs the camera's `[calibration]`.
    #[schemars(range(min = 0.1, max = 100.0))]
    pub(crate) reach_metres: Option<f64>,
    /// When an object is in the zone. foot: the middle of its lower edge is, for zones drawn on the
    /// ground. overlap: `min_overlap` of its box is, for zones drawn on walls and doors.
    pub(crate) presence: Option<PresenceName>,
    /// The share of its box for `presence = "overlap"`.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub(crate) min_overlap: Option<f32>,
    /// `scene`: what is wrong with the camera.
    pub(crate) view_fault: Option<ViewFaultName>,
    /// Detections below this score do not count; 0 leaves it to the model's own threshold.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(crate) min_score: Option<f32>,
    /// The share of the analysed pictures that must show it.
    #[schemars(range(min = 0.05, max = 1.0))]
    pub(crate) min_share: Option<f32>,
    /// How long it must be gone before the alert is cleared; left out, a minute.
    #[schemars(range(min = 1, max = 86_400))]
    pub(crate) clear_after_secs: Option<u32>,
    /// What comes back within this time reopens the same alert; left out, half an hour.
    #[schemars(range(min = 0, max = 604_800))]
    pub(crate) reopen_after_secs: Option<u32>,
    /// So many alerts of this rule a day; further ones share one summary alert.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) daily_cap: Option<u32>,
    /// When the rule applies, in local time, such as `["Mon-Fri 07:00-09:30", "holiday
    /// 08:00-22:00"]`; left out, always.
    #[schemars(length(min = 1, max = 32))]
    pub(crate) hours: Option<Vec<String>>,
    /// Hours in which some classes are legal, such as stalls at a night market.
    #[schemars(length(max = 16))]
    pub(crate) allowed: Option<Vec<AllowanceTable>>,
}

/// Hours in which some classes are legal.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowanceTable {
    /// These classes.
    #[schemars(length(min = 1, max = 80))]
    pub(crate) classes: Vec<String>,
    /// In these hours.
    #[schemars(length(min = 1, max = 32))]
    pub(crate) hours: Vec<String>,
}

/// The kinds of rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RuleKindName {
    Standing,
    Obstruction,
    Gathering,
    Stall,
    Beside,
    Crossing,
    Prohibited,
    Scene,
}

/// When an object is in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PresenceName {
    Foot,
    Overlap,
}

/// What can be wrong with a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ViewFaultName {
    Covered,
    Turned,
    Blurred,
    Dark,
    Frozen,
}

/// Terms that every kind of rule takes.
const SHARED: [&str; 6] =
    ["kind", "clear_after_secs", "reopen_after_secs", "daily_cap", "hours", "allowed"];
/// Terms that exclude each other: the one that is written outdoes the inherited one.
const EXCLUSIVE: [[&str; 2]; 2] =
    [["max_share", "min_clear_width_metres"], ["reach_heights", "reach_metres"]];

impl RuleKindName {
    /// The terms that mean something to this kind, besides those shared by all.
    const fn own_terms(self) -> &'static [&'static str] {
        match self {
            Self::Standing => &[
                "classes",
                "dwell_secs",
                "gap_tolerance_secs",
                "presence",
                "min_overlap",
                "min_score",
                "min_share",
            ],
            Self::Obstruction => &[
                "classes",
                "except_classes",
                "dwell_secs",
                "gap_tolerance_secs",
                "max_share",
                "min_clear_width_metres",
                "min_score",
                "min_share",
            ],
            Self::Gathering => &[
                "classes",
                "count",
                "dwell_secs",
                "gap_tolerance_secs",
                "presence",
                "min_overlap",
                "min_score",
                "min_share",
            ],
            Self::Stall | Self::Beside => &[
                "classes",
                "near_classes",
                "reach_heights",
                "reach_metres",
                "dwell_secs",
                "gap_tolerance_secs",
                "presence",
                "min_overlap",
                "min_score",
                "min_share",
            ],
            Self::Crossing => &["classes", "line_px", "count", "within_secs", "min_score"],
            Self::Prohibited => {
                &["classes", "confirm_secs", "presence", "min_overlap", "min_score", "min_share"]
            }
            Self::Scene => &["view_fault", "dwell_secs"],
        }
    }

    /// Whether `term` means something to this kind.
    pub(super) fn takes(self, term: &str) -> bool {
        SHARED.contains(&term) || self.own_terms().contains(&term)
    }

    /// As it is written.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Standing => "standing",
            Self::Obstruction => "obstruction",
            Self::Gathering => "gathering",
            Self::Stall => "stall",
            Self::Beside => "beside",
            Self::Crossing => "crossing",
            Self::Prohibited => "prohibited",
            Self::Scene => "scene",
        }
    }
}

/// The terms in force: those `written`, and those of the type's `defaults` that they leave open.
/// Defaults that mean nothing to the kind in force are left out.
pub(super) fn in_force(
    written: &Map<String, Value>,
    defaults: &Map<String, Value>,
) -> Result<TermsTable, serde_json::Error> {
    let kind = written.get("kind").or_else(|| defaults.get("kind"));
    let kind = match kind {
        Some(kind) => RuleKindName::deserialize(kind)?,
        None => RuleKindName::Standing,
    };
    let mut terms = written.clone();
    for (term, value) in defaults {
        if kind.takes(term) && !outdoes(written, term) && !terms.contains_key(term) {
            terms.insert(term.clone(), value.clone());
        }
    }
    terms.insert("kind".to_owned(), kind.as_str().into());
    TermsTable::deserialize(Value::Object(terms))
}

/// Whether what is `written` outdoes an inherited `term` that excludes it.
pub(super) fn outdoes(written: &Map<String, Value>, term: &str) -> bool {
    let mut pairs = EXCLUSIVE.iter().filter(|pair| pair.contains(&term));
    pairs.any(|pair| pair.iter().any(|other| written.contains_key(*other)))
}
