//! What a re-check (核查) of an alert's place found.

use scene::CaptureTime;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The outcome of one re-check.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// The message that requested it.
    pub request_msg_id: Uuid,
    /// Who checked, or has to check.
    pub mode: VerificationMode,
    /// 1 for the first check after a request, one more for each repetition.
    pub round: u32,
    /// The verdict.
    pub result: VerificationResult,
    /// Why; none where only a person can tell.
    pub reason: Option<VerificationReason>,
    /// When it began.
    pub started_at: CaptureTime,
    /// When it ended.
    pub finished_at: CaptureTime,
    /// How many pictures counted.
    pub samples: u32,
    /// How many of them showed an object of the incident's kind in its zone.
    pub positive_samples: u32,
    /// How similar the camera's view is to the one in which the incident was reported, 0..=1.
    pub scene_match: Option<f32>,
    /// When the gateway will check again by itself.
    pub next_check_at: Option<CaptureTime>,
}

/// Who checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationMode {
    /// The gateway, from the camera's pictures.
    Auto,
    /// The gateway, from the readings of a door or sensor.
    Sensor,
    /// A person.
    Manual,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationResult {
    /// It is gone.
    Passed,
    /// It is still there.
    Failed,
    /// The gateway cannot tell.
    Inconclusive,
}

/// The reason for a check's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum VerificationReason {
    /// Nothing of the incident's kind was seen.
    SceneClear,
    /// What was reported is still there.
    StillPresent,
    /// Something of the same kind is there, at another place of the zone.
    SimilarObjectPresent,
    /// Too dark to see.
    LowLight,
    /// The lens is covered or out of focus.
    Occluded,
    /// The camera shows another view than the one reported.
    CameraMoved,
    /// The camera delivers no pictures.
    CameraOffline,
    /// Too few pictures counted, or they disagree.
    TooFewSamples,
}
