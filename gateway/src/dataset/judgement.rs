//! What the case system, or a re-check, has said of an alert.

use incident::alert::CloseReason;
use incident::casefile::{
    CaseEvent, CaseFeedback, CaseFile, CaseStatus, Reason, ReasonCode, StageNames,
};
use rule::Slug;
use runtime::rfc3339;
use serde::Serialize;

use super::alert_message::{CheckResult, Verification};
use super::label::Label;
use crate::casework::LabelVerdict;

/// What was said of an alert, by whom and when.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Judgement {
    pub(super) label: Label,
    #[serde(rename = "label_source")]
    pub(super) source: LabelSource,
    /// The case system's own name.
    #[serde(rename = "label_system", skip_serializing_if = "Option::is_none")]
    pub(super) system: Option<String>,
    #[serde(rename = "label_at")]
    pub(super) at: String,
    /// Never the words that a person added: they may name somebody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<ReasonCode>,
    /// The incident type that it really was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) true_type: Option<String>,
}

/// Where a label comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LabelSource {
    /// The case system said whether the alert was right.
    CaseLabel,
    /// The case system called it a false alarm.
    CaseEvent,
    /// People took the case up, and nobody took that back.
    CaseStage,
    /// The gateway looked again: no person has judged.
    Recheck,
}

/// What was wrong, as far as somebody said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fault {
    /// What was there is not what it was taken for.
    Object,
    /// It may well be what it was taken for, but it is no incident.
    Judgement,
    /// It is an incident of another type.
    Type,
    /// Nobody said.
    Unsaid,
}

impl Judgement {
    /// What the feedback of the case system comes to; none if nobody has judged the alert.
    pub(super) fn of_case(feedback: &[CaseFeedback]) -> Option<Self> {
        let file = CaseFile::of(feedback, &StageNames::new());
        let (label, source) = match LabelVerdict::of(&file) {
            Some(LabelVerdict::FalseAlarm) => (Label::FalseAlarm, LabelSource::CaseEvent),
            Some(LabelVerdict::Correct) => (Label::Confirmed, LabelSource::CaseLabel),
            Some(LabelVerdict::Wrong) => (Label::Wrong, LabelSource::CaseLabel),
            Some(LabelVerdict::Withdrawn) | None => {
                let is_up = matches!(
                    file.status(),
                    CaseStatus::TakenUp | CaseStatus::Over(CloseReason::CaseClosed)
                );
                (is_up && !speaks_against(file.reason.as_ref())).then_some(())?;
                (Label::Confirmed, LabelSource::CaseStage)
            }
        };
        let decides = |message: &&CaseFeedback| match source {
            LabelSource::CaseLabel => message.label.is_some(),
            LabelSource::CaseEvent => message.event == CaseEvent::FalseAlarm,
            _ => takes_up(message.event),
        };
        let counted = feedback.iter().filter(|message| message.seq <= file.feedback_seq);
        let decisive = counted.filter(decides).max_by_key(|message| message.seq)?;
        let true_type = file.label.and_then(|label| label.true_code);
        let plain = |word: String| Slug::new(&word).ok().map(|word| word.as_str().to_owned());
        Some(Self {
            label,
            source,
            system: file.system.and_then(plain),
            at: rfc3339(decisive.at),
            reason: file.reason.map(|reason| reason.code),
            true_type: true_type.and_then(plain),
        })
    }

    /// What a re-check of its place says; none if that is nothing certain.
    pub(super) fn of_recheck(found: &Verification) -> Option<Self> {
        let label = match found.result {
            CheckResult::Passed => Label::Gone,
            CheckResult::Failed => Label::StillThere,
            CheckResult::Unsure => return None,
        };
        let (source, at) = (LabelSource::Recheck, found.finished.clone());
        Some(Self { label, source, system: None, at, reason: None, true_type: None })
    }

    /// What was wrong about a false alarm.
    pub(super) fn fault(&self) -> Fault {
        match self.reason {
            Some(ReasonCode::WrongObject) => Fault::Object,
            Some(ReasonCode::InsufficientEvidence | ReasonCode::Other) | None => {
                if self.true_type.is_some() { Fault::Type } else { Fault::Unsaid }
            }
            Some(_) => Fault::Judgement,
        }
    }
}

/// Whether an event means that a person took the alert for a case.
const fn takes_up(event: CaseEvent) -> bool {
    matches!(
        event,
        CaseEvent::Accepted
            | CaseEvent::Dispatched
            | CaseEvent::Signed
            | CaseEvent::Handling
            | CaseEvent::Handled
    )
}

/// Whether a reason leaves no doubt that the case was none, or one elsewhere.
fn speaks_against(reason: Option<&Reason>) -> bool {
    reason.is_some_and(|reason| {
        matches!(
            reason.code,
            ReasonCode::NotAViolation
                | ReasonCode::WrongObject
                | ReasonCode::WrongPlace
                | ReasonCode::PermittedActivity
                | ReasonCode::InsufficientEvidence
        )
    })
}
