//! What an incident knows of its case and its re-checks, as JSON.

use std::time::Duration;

use rule::{Keepsake, Slug, micros};
use scene::{BoundingBox, CaptureTime};
use serde::{Deserialize, Serialize};

use super::id::uuid;
use crate::alert::case_echo::{CaseEcho, CaseStage};
use crate::alert::evidence::{Evidence, EvidenceKind, EvidenceRole, Masked, Masking};
use crate::alert::verification::{
    Verification, VerificationMode, VerificationReason, VerificationResult,
};
use crate::alert::witness::CameraWitness;
use crate::casefile::feedback::{VerifyMode, VerifyTerms};
use crate::casefile::file::CheckRequest;
use crate::lifecycle::incident::{Case, Report};
use crate::recheck::{Recheck, Step};

/// Times in microseconds: `*_at_us` since 1970.
#[derive(Serialize, Deserialize)]
pub(super) struct CaseV1 {
    system: Option<Slug>,
    rec_id: Option<String>,
    task_num: Option<String>,
    stage: CaseStage,
    stage_name: Option<String>,
    feedback_seq: u64,
    taken_up: bool,
    followed_at_us: i64,
}

#[derive(Serialize, Deserialize, Default)]
pub(super) struct ReportV1 {
    opened: Vec<[f32; 4]>,
    latest: Vec<[f32; 4]>,
    view: Option<Keepsake>,
    evidence: Vec<EvidenceV1>,
    /// Only of devices that a camera sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    witness: Option<CameraWitness>,
    /// Left out if not, and by older versions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    of_no_class: bool,
}

/// A picture of the report.
#[derive(Serialize, Deserialize)]
struct EvidenceV1 {
    id: Slug,
    uri: Option<String>,
    mime: String,
    sha256: String,
    size_bytes: u64,
    width_px: u32,
    height_px: u32,
    captured_at_us: i64,
    masked: MaskedV1,
    expires_at_us: Option<i64>,
    original_held: bool,
}

#[derive(Serialize, Deserialize)]
struct MaskedV1 {
    faces: MaskingV1,
    plates: MaskingV1,
    zones: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MaskingV1 {
    NotMasked,
    Blurred,
    NoneFound,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RecheckV1 {
    msg_id: String,
    asked_by_seq: u64,
    mode: VerifyMode,
    settle_us: Option<u64>,
    window_us: Option<u64>,
    min_samples: Option<u32>,
    round: u32,
    /// When it began to wait, how long it waits, and whether the alert says so; none after its end.
    waiting: Option<(i64, u64, bool)>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct VerificationV1 {
    request_msg_id: String,
    mode: VerificationMode,
    round: u32,
    result: VerificationResult,
    reason: Option<VerificationReason>,
    started_at_us: i64,
    finished_at_us: i64,
    samples: u32,
    positive_samples: u32,
    scene_match: Option<f32>,
    next_check_at_us: Option<i64>,
}

impl CaseV1 {
    pub(super) fn of(case: &Case) -> Self {
        let CaseEcho { system, rec_id, task_num, stage, stage_name, feedback_seq } =
            case.echo.clone();
        let followed_at_us = case.followed_at.unix_micros();
        let taken_up = case.taken_up;
        Self { system, rec_id, task_num, stage, stage_name, feedback_seq, taken_up, followed_at_us }
    }

    pub(super) fn case(self) -> Case {
        let Self { system, rec_id, task_num, stage, stage_name, feedback_seq, .. } = self;
        Case {
            echo: CaseEcho { system, rec_id, task_num, stage, stage_name, feedback_seq },
            taken_up: self.taken_up,
            followed_at: CaptureTime::from_unix_micros(self.followed_at_us),
        }
    }
}

impl ReportV1 {
    pub(super) fn of(report: &Report) -> Self {
        Self {
            opened: report.opened.iter().map(edges).collect(),
            latest: report.latest.iter().map(edges).collect(),
            view: report.view.clone(),
            evidence: report.evidence.iter().map(EvidenceV1::of).collect(),
            witness: report.witness.clone(),
            of_no_class: report.of_no_class,
        }
    }

    pub(super) fn report(self) -> Report {
        Report {
            opened: self.opened.into_iter().map(bbox).collect(),
            latest: self.latest.into_iter().map(bbox).collect(),
            view: self.view,
            evidence: self.evidence.into_iter().map(EvidenceV1::evidence).collect(),
            witness: self.witness,
            of_no_class: self.of_no_class,
        }
    }
}

impl EvidenceV1 {
    fn of(evidence: &Evidence) -> Self {
        Self {
            id: evidence.id.clone(),
            uri: evidence.uri.clone(),
            mime: evidence.mime.clone(),
            sha256: evidence.sha256.clone(),
            size_bytes: evidence.size_bytes,
            width_px: evidence.width_px,
            height_px: evidence.height_px,
            captured_at_us: evidence.captured_at.unix_micros(),
            masked: MaskedV1 {
                faces: MaskingV1::of(evidence.masked.faces),
                plates: MaskingV1::of(evidence.masked.plates),
                zones: evidence.masked.zones,
            },
            expires_at_us: evidence.expires_at.map(CaptureTime::unix_micros),
            original_held: evidence.original_held,
        }
    }

    fn evidence(self) -> Evidence {
        Evidence {
            id: self.id,
            role: EvidenceRole::Report,
            kind: EvidenceKind::Snapshot,
            uri: self.uri,
            mime: self.mime,
            sha256: self.sha256,
            size_bytes: self.size_bytes,
            width_px: self.width_px,
            height_px: self.height_px,
            captured_at: CaptureTime::from_unix_micros(self.captured_at_us),
            masked: Masked {
                faces: self.masked.faces.masking(),
                plates: self.masked.plates.masking(),
                zones: self.masked.zones,
            },
            expires_at: self.expires_at_us.map(CaptureTime::from_unix_micros),
            original_held: self.original_held,
        }
    }
}

impl MaskingV1 {
    const fn of(masking: Masking) -> Self {
        match masking {
            Masking::NotMasked => Self::NotMasked,
            Masking::Blurred => Self::Blurred,
            Masking::NoneFound => Self::NoneFound,
        }
    }

    const fn masking(&self) -> Masking {
        match self {
            Self::NotMasked => Masking::NotMasked,
            Self::Blurred => Masking::Blurred,
            Self::NoneFound => Masking::NoneFound,
        }
    }
}

impl RecheckV1 {
    pub(super) fn of(recheck: &Recheck) -> Self {
        let CheckRequest { msg_id, asked_by_seq, terms } = &recheck.request;
        Self {
            msg_id: msg_id.to_string(),
            asked_by_seq: *asked_by_seq,
            mode: terms.mode,
            settle_us: terms.settle.map(micros),
            window_us: terms.window.map(micros),
            min_samples: terms.min_samples,
            round: recheck.round,
            waiting: match &recheck.step {
                Step::Waiting { since, wait, told } => {
                    Some((since.unix_micros(), micros(*wait), *told))
                }
                // A later run looks again.
                Step::Looking { since, .. } | Step::Listening { since, .. } => {
                    Some((since.unix_micros(), 0, true))
                }
                Step::Over => None,
            },
        }
    }

    pub(super) fn recheck(self) -> Result<Recheck, serde_json::Error> {
        let terms = VerifyTerms {
            mode: self.mode,
            settle: self.settle_us.map(Duration::from_micros),
            window: self.window_us.map(Duration::from_micros),
            min_samples: self.min_samples,
        };
        let msg_id = uuid(&self.msg_id)?;
        Ok(Recheck {
            request: CheckRequest { msg_id, asked_by_seq: self.asked_by_seq, terms },
            round: self.round,
            step: match self.waiting {
                Some((since, wait, told)) => Step::Waiting {
                    since: CaptureTime::from_unix_micros(since),
                    wait: Duration::from_micros(wait),
                    told,
                },
                None => Step::Over,
            },
        })
    }
}

impl VerificationV1 {
    pub(super) fn of(found: &Verification) -> Self {
        Self {
            request_msg_id: found.request_msg_id.to_string(),
            mode: found.mode,
            round: found.round,
            result: found.result,
            reason: found.reason,
            started_at_us: found.started_at.unix_micros(),
            finished_at_us: found.finished_at.unix_micros(),
            samples: found.samples,
            positive_samples: found.positive_samples,
            scene_match: found.scene_match,
            next_check_at_us: found.next_check_at.map(CaptureTime::unix_micros),
        }
    }

    pub(super) fn verification(self) -> Result<Verification, serde_json::Error> {
        let at = CaptureTime::from_unix_micros;
        Ok(Verification {
            request_msg_id: uuid(&self.request_msg_id)?,
            mode: self.mode,
            round: self.round,
            result: self.result,
            reason: self.reason,
            started_at: at(self.started_at_us),
            finished_at: at(self.finished_at_us),
            samples: self.samples,
            positive_samples: self.positive_samples,
            scene_match: self.scene_match,
            next_check_at: self.next_check_at_us.map(at),
        })
    }
}

fn edges(bbox: &BoundingBox) -> [f32; 4] {
    let BoundingBox { left, top, right, bottom } = *bbox;
    [left, top, right, bottom]
}

fn bbox([left, top, right, bottom]: [f32; 4]) -> BoundingBox {
    BoundingBox { left, top, right, bottom }
}
