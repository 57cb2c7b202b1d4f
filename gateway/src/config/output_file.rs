//! `outputs/<id>.toml` as it is written: what an alert may move, how, and for how long.

use schemars::JsonSchema;
use serde::Deserialize;

use super::id::{ID_PATTERN, ID_WORDS};

/// One output: a lift that is held, a warning that is spoken (联动输出).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutputFile {
    /// The output's id, the same as the file's name; left out, the file's name.
    #[serde(default)]
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = ID_WORDS))]
    pub(crate) id: Option<String>,
    /// Its name as people say it; left out, the id.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) name: Option<String>,
    /// `off`; `test`: it judges and writes down what it would have done, and moves nothing; `live`: it moves, once
    /// two persons have approved this file. Left out, `off`.
    #[serde(default)]
    pub(crate) mode: ModeName,
    /// What is done: `lift_hold` or `voice_warning`.
    pub(crate) action: ActionName,
    /// By what way: `modbus`, coils of a Modbus TCP device; `mqtt`, the retained topic `out/<id>`.
    pub(crate) protocol: OutputProtocolName,
    /// `modbus`: where the device is, `tcp://host:502`.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1024))]
    pub(crate) url: Option<String>,
    /// `modbus`: the unit behind the address; left out, 1.
    #[serde(default)]
    pub(crate) unit_id: Option<u8>,
    /// `modbus`: the first coil's address as it goes over the wire, from 0.
    #[serde(default)]
    pub(crate) coil: Option<u16>,
    /// `modbus`: how many coils from there on: one is written by function 5, more by function 15. Left out, 1.
    #[serde(default)]
    #[schemars(range(min = 1, max = 32))]
    pub(crate) coil_count: Option<u16>,
    /// `modbus`: how long the device has for one answer; left out, 2.
    #[serde(default)]
    #[schemars(range(min = 0.1, max = 5.0))]
    pub(crate) answer_timeout_secs: Option<f64>,
    /// How long it is held at most, from when it is ordered; left out, 30.
    #[serde(default)]
    #[schemars(range(min = 1, max = 120))]
    pub(crate) hold_secs: Option<u32>,
    /// From the end of one hold to the begin of the next; left out, 60.
    #[serde(default)]
    #[schemars(range(min = 10, max = 3600))]
    pub(crate) pause_secs: Option<u32>,
    /// Holds in any hour; left out, 6.
    #[serde(default)]
    #[schemars(range(min = 1, max = 60))]
    pub(crate) most_per_hour: Option<u32>,
    /// Devices that tell of fire. While one of them is not heard, nothing is held. `lift_hold` needs one.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub(crate) fire_devices: Vec<String>,
    /// Which alerts move it.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub(crate) trigger: Vec<TriggerTable>,
}

/// Which alerts move an output.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriggerTable {
    /// The incident type (事件类型).
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) incident_type: String,
    /// The camera that saw it; or `device`.
    #[serde(default)]
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = "the id of a camera"))]
    pub(crate) camera: Option<String>,
    /// The device that told it; or `camera`.
    #[serde(default)]
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = "the id of a device"))]
    pub(crate) device: Option<String>,
    /// The rule that raised it; left out, any of this type.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) rule: Option<String>,
}

/// How far an output may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ModeName {
    #[default]
    Off,
    Test,
    Live,
}

/// What an output does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActionName {
    LiftHold,
    VoiceWarning,
}

/// By what way an output moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutputProtocolName {
    Modbus,
    Mqtt,
}
