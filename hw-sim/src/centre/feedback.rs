//! What the centre sends to a gateway (`cg.case/1`), and what the gateway answers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::event::Event;
use super::profile::{Role, WhistleLevel};

/// One event of one case, as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Feedback {
    /// `cg.case/1`.
    pub spec: &'static str,
    /// Derived from alert and `seq`, so that a restarted centre uses the same id again.
    pub msg_id: String,
    /// The alert that the case is about.
    pub alert_id: String,
    /// 1 for the first of an alert, one more for each that follows.
    pub seq: u64,
    /// When it happened.
    pub time: Timestamp,
    /// What happened.
    pub event: Event,
    /// The case.
    pub case: CaseNames,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadlines: Option<Deadlines>,
    /// Which departments the street calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whistle: Option<Whistle>,
    /// How the gateway is asked to re-check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verify>,
    /// Whether the alert was right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// How well it was handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
}

/// The case system's names and numbers of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseNames {
    /// The case system.
    pub system: String,
    /// The number of the case.
    pub rec_id: String,
    /// The number of the task.
    pub task_num: String,
    /// The local name of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_name: Option<String>,
    /// The alert of the case into which this one was merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// One of the schema's codes.
    pub code: &'static str,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<&'static str>,
}

/// Who.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// The role of the person.
    pub role: Role,
    /// The person's organisation.
    pub org: String,
}

/// Until when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Deadlines {
    /// Signing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign: Option<Timestamp>,
    /// Handling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<Timestamp>,
    /// Verifying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<Timestamp>,
}

/// A whistle (吹哨): the street calls several departments to a case that no single one can solve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Whistle {
    /// Its level.
    pub level: WhistleLevel,
    /// Who is called.
    pub departments: Vec<String>,
    /// Its level before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgraded_from: Option<WhistleLevel>,
}

/// How the gateway is asked to re-check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verify {
    /// `auto`, or `none` if a `verify_request` will ask for it later.
    pub mode: &'static str,
    /// Seconds to wait first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settle_s: Option<u32>,
    /// Seconds to watch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_s: Option<u32>,
    /// Least number of pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_samples: Option<u32>,
}

/// Whether the alert was right, for training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Label {
    /// True if the alert was right.
    pub correct: bool,
}

/// The assessment of one whistle (一哨一考), 0 to 100 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the words are the schema's")]
pub struct Score {
    pub efficiency: u8,
    pub cooperation: u8,
    pub professionalism: u8,
    pub responsibility: u8,
    pub citizen_satisfied: bool,
}

/// What a gateway answers to a feedback.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Answer {
    /// The feedback.
    pub msg_id: String,
    /// Its number.
    pub seq: u64,
    /// `applied`, `duplicate`, `stale`, `unknown_alert` or `invalid`.
    pub result: String,
    /// Why, if the gateway says so.
    pub reason: Option<String>,
    /// When, as the gateway wrote it. It tells two answers from one that the broker delivers twice.
    #[serde(rename = "t")]
    pub answered_at: Option<String>,
}

/// The id of the `seq`-th feedback of an alert: a UUID of version 8, made by hashing.
#[must_use]
pub fn message_id(system: &str, alert_id: &str, seq: u64) -> String {
    let mut sha = Sha256::new();
    for part in [system.as_bytes(), alert_id.as_bytes(), &seq.to_be_bytes()] {
        sha.update(part);
        sha.update([0]);
    }
    let digest: [u8; 32] = sha.finalize().into();
    let hex: Vec<char> = hex::encode(digest).chars().collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().iter().collect();
    let parts: [String; 5] = [part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32)];
    let [a, b, c, d, e] = parts;
    format!("{a}-{b}-8{c}-8{d}-{e}")
}
