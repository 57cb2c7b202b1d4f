//! What of an alert's message gets into a training set. Nothing else does: no name, place, address,
//! description or case number.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A message of schema `cg.alert/1`, as far as it is of use.
#[derive(Debug, Deserialize)]
pub(super) struct AlertMessage {
    pub(super) seq: u32,
    #[serde(default)]
    pub(super) test: bool,
    pub(super) r#type: Type,
    pub(super) confidence: f64,
    pub(super) times: Times,
    pub(super) source: Source,
    /// None if the alert is of a door or sensor: its picture shows no object that was detected.
    #[serde(default)]
    pub(super) detection: Option<Detection>,
    #[serde(default)]
    pub(super) evidence: Vec<Picture>,
    #[serde(default)]
    pub(super) verification: Option<Verification>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Type {
    pub(super) code: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Times {
    pub(super) opened: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Source {
    pub(super) device_id: String,
    pub(super) gateway_version: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Detection {
    pub(super) rule_id: String,
    #[serde(default)]
    pub(super) roi_id: Option<String>,
    pub(super) model: Model,
    /// Those that this message's new picture shows.
    #[serde(default)]
    pub(super) objects: Vec<Object>,
    #[serde(default)]
    pub(super) threshold: Option<f64>,
    #[serde(default)]
    pub(super) class_thresholds: BTreeMap<String, f64>,
}

/// The model that saw it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Model {
    pub(super) name: String,
    pub(super) version: String,
    #[serde(default)]
    pub(super) sha256: Option<String>,
}

/// An object that the detector found.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Object {
    pub(super) label: String,
    pub(super) score: f64,
    /// Left, top, width and height, 0..=1 of the picture.
    pub(super) r#box: [f64; 4],
}

/// A picture or clip that the alert names.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Picture {
    pub(super) id: String,
    pub(super) role: Role,
    pub(super) mime: String,
    pub(super) sha256: String,
    #[serde(default)]
    pub(super) width: u32,
    #[serde(default)]
    pub(super) height: u32,
    pub(super) captured_at: String,
    pub(super) masked: Masked,
}

/// What a picture of an alert shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// The incident as first reported.
    Report,
    /// The incident later on.
    Update,
    /// Its place during a re-check.
    Verify,
    /// A word of a later version.
    #[serde(other)]
    Unknown,
}

/// What of a picture was made unreadable.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Masked {
    faces: String,
    plates: String,
}

impl Masked {
    /// Whether faces and plates were looked for.
    pub(super) fn is_complete(&self) -> bool {
        let unmasked = "not_masked";
        self.faces != unmasked && self.plates != unmasked
    }
}

/// What a re-check found.
#[derive(Debug, Deserialize)]
pub(super) struct Verification {
    pub(super) result: CheckResult,
    pub(super) finished: String,
}

/// The result of a re-check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CheckResult {
    /// It is gone.
    Passed,
    /// It is still there.
    Failed,
    /// It cannot be told, or in a word of a later version.
    #[serde(other)]
    Unsure,
}

impl AlertMessage {
    /// None if it is no such message.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}
