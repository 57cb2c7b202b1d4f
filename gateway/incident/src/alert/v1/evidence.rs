//! The files that prove an incident, and how long they may be kept.

use jiff::tz::Offset;
use serde::Serialize;

use super::field::rfc3339;
use crate::alert::content::Alert;
use crate::alert::evidence::{Evidence, EvidenceKind, EvidenceRole, Masked, Masking};

/// The name of the way in which pictures are masked; another way gets another name.
const MASKING_PROFILE: &str = "heads-plates-1";

#[derive(Serialize)]
pub(super) struct Item<'a> {
    id: &'a str,
    role: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<&'a str>,
    mime: &'a str,
    sha256: &'a str,
    bytes: u64,
    width: u32,
    height: u32,
    captured_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_s: Option<f64>,
    masked: MaskedItem,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    original_held: bool,
}

#[derive(Serialize)]
struct MaskedItem {
    faces: &'static str,
    plates: &'static str,
    zones: bool,
}

#[derive(Serialize)]
pub(super) struct Privacy {
    #[serde(skip_serializing_if = "Option::is_none")]
    masking_profile: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_after: Option<String>,
    contains_personal_data: bool,
}

impl<'a> Item<'a> {
    pub(super) fn of(evidence: &'a Evidence, offset: Offset) -> Self {
        let (kind, duration_s) = match evidence.kind {
            EvidenceKind::Snapshot => ("snapshot", None),
            EvidenceKind::Clip { duration } => {
                ("clip", Some((duration.as_secs_f64() * 1e3).round() / 1e3))
            }
        };
        Self {
            id: evidence.id.as_str(),
            role: match evidence.role {
                EvidenceRole::Report => "report",
                EvidenceRole::Update => "update",
                EvidenceRole::Verify => "verify",
            },
            kind,
            uri: evidence.uri.as_deref(),
            mime: &evidence.mime,
            sha256: &evidence.sha256,
            bytes: evidence.size_bytes,
            width: evidence.width_px,
            height: evidence.height_px,
            captured_at: rfc3339(evidence.captured_at, offset),
            duration_s,
            masked: MaskedItem::of(evidence.masked),
            expires_at: evidence.expires_at.map(|at| rfc3339(at, offset)),
            original_held: evidence.original_held,
        }
    }
}

impl MaskedItem {
    fn of(masked: Masked) -> Self {
        let word = |masking| match masking {
            Masking::NotMasked => "not_masked",
            Masking::Blurred => "blurred",
            Masking::NoneFound => "none_found",
        };
        Self { faces: word(masked.faces), plates: word(masked.plates), zones: masked.zones }
    }
}

impl Privacy {
    pub(super) fn of(alert: &Alert) -> Self {
        let evidence = &alert.evidence;
        let delete_after = evidence.iter().filter_map(|item| item.expires_at).max();
        Self {
            masking_profile: evidence
                .iter()
                .any(|item| item.masked.is_complete())
                .then_some(MASKING_PROFILE),
            delete_after: delete_after.map(|at| rfc3339(at, alert.camera.utc_offset)),
            contains_personal_data: alert.contains_personal_data(),
        }
    }
}
