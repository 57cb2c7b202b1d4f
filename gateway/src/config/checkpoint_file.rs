//! `checkpoints/<id>.toml` as it is written: one checkpoint, its doors, camera and duty.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::camera_file::PlaceTable;
use super::device_terms::AllCheckpointTerms;
use super::gateway_file::GridTable;
use super::id::{ID_PATTERN, ID_WORDS};

/// How a door or another point is named.
const POINT_PATTERN: &str = "^[^/]{1,64}/[^/]{1,64}$";
/// The same in words.
const POINT_WORDS: &str = "a device and its point, such as \"acs-1/door-1\"";

/// One checkpoint (卡口): doors, and the camera that sees who passes.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckpointFile {
    /// The checkpoint's id in every alert; unique among checkpoints, devices and cameras, and the same
    /// as the file's name; left out, the file's name.
    #[serde(default)]
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = ID_WORDS))]
    pub(crate) id: Option<String>,
    /// Its name as people say it; left out, the id.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) name: Option<String>,
    /// Its doors, each as device and point: `acs-1/door-1`.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub(crate) doors: Vec<PointName>,
    /// Devices that belong to it besides those of its doors, such as smoke detectors and cabinets: what
    /// they tell is joined with what its camera sees.
    #[serde(default)]
    #[schemars(length(max = 64), inner(regex(pattern = ID_PATTERN)))]
    pub(crate) sensors: Vec<String>,
    /// The camera that sees it.
    #[serde(default)]
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = "the id of a camera"))]
    pub(crate) camera: Option<String>,
    /// The zone of that camera in which the guard stands. A rule of kind `absence` there tells whether
    /// somebody does.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) zone: Option<String>,
    /// The counting line: the id of the rule of kind `crossing` of that camera. Who crosses it from left
    /// to right comes in.
    #[serde(default)]
    #[schemars(length(min = 1, max = 129))]
    pub(crate) line: Option<String>,
    /// Who is responsible (责任角色); told with an unattended checkpoint.
    #[serde(default)]
    #[schemars(length(max = 64), inner(length(min = 1, max = 129)))]
    pub(crate) duty_roles: Vec<String>,
    /// When somebody must be there, and where he signs in.
    #[serde(default)]
    pub(crate) duty: Option<DutyTable>,
    /// Where it is.
    pub(crate) place: PlaceTable,
    /// Its grid (网格); left out, the gateway's.
    #[serde(default)]
    pub(crate) grid: Option<GridTable>,
    /// What must not happen there. Left out: `door_tailgating` if it has doors and a line, and
    /// `checkpoint_unattended` if it has a duty.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub(crate) rule: Vec<CheckpointRuleTable>,
}

/// A point of a device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("pattern" = POINT_PATTERN, "x-expected" = POINT_WORDS))]
pub(crate) struct PointName(pub(crate) String);

/// When somebody must be at a checkpoint.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DutyTable {
    /// The hours, in local time, such as `["Mon-Sun 08:00-20:00"]`; left out, always.
    #[serde(default)]
    #[schemars(length(min = 1, max = 32))]
    pub(crate) hours: Option<Vec<String>>,
    /// Where the guard signs in, each as device and point; left out, nowhere.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub(crate) sign_in: Vec<PointName>,
}

/// What must not happen at a checkpoint. Terms left out are those of the incident type.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct CheckpointRuleTable {
    /// The rule's id, unique in this checkpoint; left out, checkpoint and type joined by a dot.
    #[serde(default)]
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = ID_WORDS))]
    pub(crate) id: Option<String>,
    /// The incident type (事件类型) that it reports.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) incident_type: String,
    /// Overrides the type's priority: 1 is the most urgent (一级), 4 the least.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4))]
    pub(crate) priority: Option<u8>,
    /// How it judges.
    #[serde(flatten)]
    #[schemars(with = "AllCheckpointTerms")]
    pub(crate) terms: Map<String, Value>,
}
