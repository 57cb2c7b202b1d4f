//! The wire form of what the case system said and of what a re-check found.

use jiff::tz::Offset;
use serde::Serialize;

use super::field::{rfc3339, rounded};
use crate::alert::case_echo::{CaseEcho, CaseStage};
use crate::alert::verification::{VerificationMode, VerificationReason, VerificationResult};

#[derive(Serialize)]
pub(super) struct Case<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rec_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_num: Option<&'a str>,
    stage: CaseStage,
    feedback_seq: u64,
}

/// What the schema has no field for.
#[derive(Serialize)]
pub(super) struct Ext<'a> {
    stage_name: &'a str,
}

#[derive(Serialize)]
pub(super) struct Verification {
    request_msg_id: String,
    mode: VerificationMode,
    round: u32,
    result: VerificationResult,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<VerificationReason>,
    started: String,
    finished: String,
    samples: u32,
    positive_samples: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_match: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_check_at: Option<String>,
}

impl<'a> Case<'a> {
    pub(super) fn of(case: &'a CaseEcho) -> Self {
        Self {
            system: case.system.as_ref().map(|system| system.as_str()),
            rec_id: case.rec_id.as_deref(),
            task_num: case.task_num.as_deref(),
            stage: case.stage,
            feedback_seq: case.feedback_seq,
        }
    }
}

impl<'a> Ext<'a> {
    pub(super) fn of(case: &'a CaseEcho) -> Option<Self> {
        case.stage_name.as_deref().map(|stage_name| Self { stage_name })
    }
}

impl Verification {
    pub(super) fn of(found: &crate::alert::verification::Verification, offset: Offset) -> Self {
        Self {
            request_msg_id: found.request_msg_id.to_string(),
            mode: found.mode,
            round: found.round,
            result: found.result,
            reason: found.reason,
            started: rfc3339(found.started_at, offset),
            finished: rfc3339(found.finished_at, offset),
            samples: found.samples,
            positive_samples: found.positive_samples,
            scene_match: found.scene_match.map(rounded),
            next_check_at: found.next_check_at.map(|at| rfc3339(at, offset)),
        }
    }
}
