//! A feedback message as it is written: one type for each object of schema `cg.case/1`.

use std::time::Duration;

use serde::Deserialize;

use super::feedback::{
    CaseEvent, CaseFeedback, Deadlines, Label, Reason, ReasonCode, VerifyMode, VerifyTerms,
    Whistle, WhistleLevel,
};
use super::field::{Id, Sixteen, Text, Time, Whole, object, present, present_object};

/// Longer messages are refused without being read.
pub const MAX_FEEDBACK_BYTES: usize = 64 * 1024;

/// Why a message was refused, in words for the operator of the case system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct FeedbackError {
    /// Where in the message, as a JSON path; `$` for all of it.
    pub place: String,
    /// What was found and what was expected.
    pub fault: String,
}

/// A whole message.
#[derive(Deserialize)]
#[serde(transparent)]
struct Envelope {
    #[serde(deserialize_with = "object")]
    message: Message,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    spec: Spec,
    msg_id: Id,
    alert_id: Id,
    seq: Whole<1, 9_007_199_254_740_991>,
    time: Time,
    event: CaseEvent,
    #[serde(deserialize_with = "object")]
    case: Case,
    #[serde(default, deserialize_with = "present_object")]
    reason: Option<ReasonField>,
    #[serde(default, deserialize_with = "present_object")]
    #[expect(dead_code, reason = "checked, and kept with the whole message")]
    actor: Option<Actor>,
    #[serde(default, deserialize_with = "object")]
    deadlines: DeadlinesField,
    #[serde(default, deserialize_with = "present_object")]
    whistle: Option<WhistleField>,
    #[serde(default, deserialize_with = "object")]
    verify: VerifyField,
    #[serde(default, deserialize_with = "present_object")]
    label: Option<LabelField>,
    #[serde(default, deserialize_with = "present_object")]
    #[expect(dead_code, reason = "checked, and kept with the whole message")]
    score: Option<Score>,
}

#[derive(Deserialize)]
enum Spec {
    #[serde(rename = "cg.case/1")]
    V1,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    system: Text<64>,
    #[serde(default, deserialize_with = "present")]
    rec_id: Option<Text<64>>,
    #[serde(default, deserialize_with = "present")]
    task_num: Option<Text<64>>,
    #[serde(default, deserialize_with = "present")]
    stage_name: Option<Text<32>>,
    #[serde(default, deserialize_with = "present")]
    merged_into: Option<Id>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasonField {
    code: ReasonCode,
    #[serde(default, deserialize_with = "present")]
    text: Option<Text<300>>,
}

/// Read for its form; the history keeps the message itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "checked, and kept with the whole message")]
struct Actor {
    #[serde(default, deserialize_with = "present")]
    role: Option<Role>,
    #[serde(default, deserialize_with = "present")]
    org: Option<Text<64>>,
    #[serde(default, deserialize_with = "present")]
    id: Option<Text<64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    Acceptor,
    Dispatcher,
    GridOfficer,
    MicroGridOfficer,
    Supervisor,
    StreetChief,
    AlleyKeeper,
    CommunityWorker,
    JointTeam,
    Department,
    Verifier,
    DistrictPlatform,
    System,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeadlinesField {
    #[serde(default, deserialize_with = "present")]
    accept: Option<Time>,
    #[serde(default, deserialize_with = "present")]
    sign: Option<Time>,
    #[serde(default, deserialize_with = "present")]
    handle: Option<Time>,
    #[serde(default, deserialize_with = "present")]
    verify: Option<Time>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhistleField {
    level: WhistleLevel,
    #[serde(default, deserialize_with = "present")]
    departments: Option<Sixteen>,
    #[serde(default, deserialize_with = "present")]
    upgraded_from: Option<LowerGrade>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum LowerGrade {
    Ordinary,
    Key,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyField {
    #[serde(default)]
    mode: VerifyMode,
    #[serde(default, deserialize_with = "present")]
    settle_s: Option<Whole<0, 3600>>,
    #[serde(default, deserialize_with = "present")]
    window_s: Option<Whole<10, 86_400>>,
    #[serde(default, deserialize_with = "present")]
    min_samples: Option<Whole<3, 200>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelField {
    #[serde(default, deserialize_with = "present")]
    correct: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    true_code: Option<Text<64>>,
}

/// Read for its form; the history keeps the message itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "checked, and kept with the whole message")]
struct Score {
    #[serde(default, deserialize_with = "present")]
    efficiency: Option<Whole<0, 100>>,
    #[serde(default, deserialize_with = "present")]
    cooperation: Option<Whole<0, 100>>,
    #[serde(default, deserialize_with = "present")]
    professionalism: Option<Whole<0, 100>>,
    #[serde(default, deserialize_with = "present")]
    responsibility: Option<Whole<0, 100>>,
    #[serde(default, deserialize_with = "present")]
    citizen_satisfied: Option<bool>,
}

impl CaseFeedback {
    /// Reads a message.
    ///
    /// # Errors
    /// [`FeedbackError`] for the first place that schema `cg.case/1` refuses.
    pub fn parse(payload: &[u8]) -> Result<Self, FeedbackError> {
        if payload.len() > MAX_FEEDBACK_BYTES {
            let fault = format!("{} bytes, expected {MAX_FEEDBACK_BYTES} at most", payload.len());
            return Err(FeedbackError { place: "$".to_owned(), fault });
        }
        let mut json = serde_json::Deserializer::from_slice(payload);
        let envelope: Envelope = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let place = match error.path().to_string() {
                all if all == "." => "$".to_owned(),
                path => format!("$.{path}"),
            };
            FeedbackError { place, fault: error.into_inner().to_string() }
        })?;
        json.end()
            .map_err(|error| FeedbackError { place: "$".to_owned(), fault: error.to_string() })?;
        Ok(envelope.message.feedback())
    }

    /// As [`CaseFeedback::parse`], for a message that came on the topic of `alert_id`.
    ///
    /// # Errors
    /// [`FeedbackError`]; also if the message is about another alert.
    pub fn parse_for(alert_id: &str, payload: &[u8]) -> Result<Self, FeedbackError> {
        let feedback = Self::parse(payload)?;
        if feedback.alert_id.to_string() == alert_id {
            return Ok(feedback);
        }
        let fault = format!(
            "the message is about {}, but it came on the topic of {alert_id}; publish it on case/{}",
            feedback.alert_id, feedback.alert_id
        );
        Err(FeedbackError { place: "$.alert_id".to_owned(), fault })
    }
}

impl Message {
    /// What it says, without what only the history keeps.
    fn feedback(self) -> CaseFeedback {
        let Spec::V1 = self.spec;
        let at = |time: Option<Time>| time.map(|time| time.0);
        let deadlines = self.deadlines;
        CaseFeedback {
            msg_id: self.msg_id.0,
            alert_id: self.alert_id.0,
            seq: self.seq.0,
            at: self.time.0,
            event: self.event,
            system: self.case.system.0,
            rec_id: self.case.rec_id.map(|text| text.0),
            task_num: self.case.task_num.map(|text| text.0),
            stage_name: self.case.stage_name.map(|text| text.0),
            merged_into: self.case.merged_into.map(|id| id.0),
            reason: self.reason.map(ReasonField::reason),
            deadlines: Deadlines {
                accept_at: at(deadlines.accept),
                sign_at: at(deadlines.sign),
                handle_at: at(deadlines.handle),
                verify_at: at(deadlines.verify),
            },
            whistle: self.whistle.map(WhistleField::whistle),
            verify: self.verify.terms(),
            label: self.label.map(|label| Label {
                correct: label.correct,
                true_code: label.true_code.map(|text| text.0),
            }),
        }
    }
}

impl ReasonField {
    fn reason(self) -> Reason {
        Reason { code: self.code, text: self.text.map(|text| text.0) }
    }
}

impl WhistleField {
    fn whistle(self) -> Whistle {
        Whistle {
            level: self.level,
            departments: self.departments.map(|list| list.0).unwrap_or_default(),
            upgraded_from: self.upgraded_from.map(|grade| match grade {
                LowerGrade::Ordinary => WhistleLevel::Ordinary,
                LowerGrade::Key => WhistleLevel::Key,
            }),
        }
    }
}

impl VerifyField {
    fn terms(&self) -> VerifyTerms {
        VerifyTerms {
            mode: self.mode,
            settle: self.settle_s.map(|secs| Duration::from_secs(secs.0)),
            window: self.window_s.map(|secs| Duration::from_secs(secs.0)),
            min_samples: self.min_samples.map(|count| u32::try_from(count.0).unwrap_or(u32::MAX)),
        }
    }
}
