//! One message of the case system about one alert: schema `cg.case/1`, typed.

use std::time::Duration;

use scene::CaptureTime;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One step of a case, as the case system tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFeedback {
    /// Identity of the message.
    pub msg_id: Uuid,
    /// The alert whose case it is.
    pub alert_id: Uuid,
    /// Its place among the messages of this alert, from 1.
    pub seq: u64,
    /// When the case system says it happened.
    pub at: CaptureTime,
    /// What happened.
    pub event: CaseEvent,
    /// Name of the case system.
    pub system: String,
    /// Its record of the case.
    pub rec_id: Option<String>,
    /// Its number of the task.
    pub task_num: Option<String>,
    /// Its name of the step.
    pub stage_name: Option<String>,
    /// The case system follows this alert instead.
    pub merged_into: Option<Uuid>,
    /// Why.
    pub reason: Option<Reason>,
    /// By when the next steps are due.
    pub deadlines: Deadlines,
    /// Which departments were called.
    pub whistle: Option<Whistle>,
    /// How the gateway shall check; it has a meaning with `handled` and `verify_request`.
    pub verify: VerifyTerms,
    /// Whether the alert was right, for later training.
    pub label: Option<Label>,
}

/// What can happen to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the wire's own words")]
pub enum CaseEvent {
    Received,
    Accepted,
    Rejected,
    FalseAlarm,
    Merged,
    Dispatched,
    Signed,
    Handling,
    Returned,
    Postponed,
    Whistle,
    Handled,
    VerifyRequest,
    Closed,
    Reopened,
    Cancelled,
    Press,
    Supervise,
    EvidenceRequest,
    Evaluated,
}

impl CaseEvent {
    /// The names in the schema, in the order of the variants.
    pub const NAMES: [&'static str; 20] = [
        "received",
        "accepted",
        "rejected",
        "false_alarm",
        "merged",
        "dispatched",
        "signed",
        "handling",
        "returned",
        "postponed",
        "whistle",
        "handled",
        "verify_request",
        "closed",
        "reopened",
        "cancelled",
        "press",
        "supervise",
        "evidence_request",
        "evaluated",
    ];
}

/// Why the case system did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// In the schema's words.
    pub code: ReasonCode,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Why the case system did something, in the schema's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the wire's own words")]
pub enum ReasonCode {
    NotAViolation,
    WrongObject,
    WrongPlace,
    PermittedActivity,
    Duplicate,
    OutOfScope,
    NotOurDuty,
    InsufficientEvidence,
    AlreadyFixed,
    Other,
}

/// By when the next steps are due, as far as the case system has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deadlines {
    /// 受理.
    pub accept_at: Option<CaptureTime>,
    /// 签收.
    pub sign_at: Option<CaptureTime>,
    /// 处置.
    pub handle_at: Option<CaptureTime>,
    /// 核查.
    pub verify_at: Option<CaptureTime>,
}

/// A whistle (吹哨): a street calls departments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whistle {
    /// Its grade.
    pub level: WhistleLevel,
    /// Who is called.
    #[serde(default)]
    pub departments: Vec<String>,
    /// The grade that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upgraded_from: Option<WhistleLevel>,
}

/// The grades of whistles: 普通哨, 重点哨, 疑难哨.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the wire's own words")]
pub enum WhistleLevel {
    Ordinary,
    Key,
    Difficult,
}

/// How a re-check shall be made; the gateway's settings fill in what is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerifyTerms {
    /// Who checks, if anybody.
    pub mode: VerifyMode,
    /// How long to wait before looking.
    pub settle: Option<Duration>,
    /// How long to look.
    pub window: Option<Duration>,
    /// With fewer pictures than this there is no verdict.
    pub min_samples: Option<u32>,
}

/// Who checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyMode {
    /// The gateway.
    #[default]
    Auto,
    /// A person.
    Manual,
    /// Nobody.
    None,
}

/// Whether an alert was right: kept for later training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Whether it was right.
    pub correct: Option<bool>,
    /// The code of what it really was.
    pub true_code: Option<String>,
}
