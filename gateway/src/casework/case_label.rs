//! What an alert teaches: `label.json`, made from its case and its messages.

use std::collections::BTreeMap;

use incident::alert::CloseReason;
use incident::casefile::{CaseFile, CaseStatus, Reason};
use jiff::Timestamp;
use scene::CaptureTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The file beside which pictures and observations lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CaseLabel {
    pub(super) alert_id: String,
    /// Of the case file that it follows from.
    pub(super) feedback_seq: u64,
    pub(super) verdict: LabelVerdict,
    /// What it really was, if somebody said so.
    pub(super) true_code: Option<String>,
    pub(super) reason: Option<Reason>,
    pub(super) case_system: Option<String>,
    pub(super) rec_id: Option<String>,
    /// The incident type that was reported.
    pub(super) code: Value,
    pub(super) camera: String,
    pub(super) rule: Value,
    pub(super) zone: Value,
    pub(super) model: Value,
    pub(super) threshold: Value,
    /// As the opening picture showed them, with their boxes.
    pub(super) objects: Value,
    pub(super) dedupe_key: Value,
    /// The pictures of the alert, by role. Those that are still kept lie in this folder.
    pub(super) pictures: Vec<LabelPicture>,
    /// The first picture that showed it, and its last message.
    pub(super) first_seen: String,
    pub(super) last_told: String,
    pub(super) closed: bool,
}

/// A picture of the alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LabelPicture {
    pub(super) role: String,
    pub(super) sha256: String,
    pub(super) captured_at: String,
}

/// What the case system thinks of the alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LabelVerdict {
    /// There was nothing of the kind.
    FalseAlarm,
    /// It was right.
    Correct,
    /// Something else was there.
    Wrong,
    /// It was called a false alarm, and no longer is.
    Withdrawn,
}

impl LabelVerdict {
    /// None if the case says nothing of it.
    pub(crate) fn of(file: &CaseFile) -> Option<Self> {
        let correct = file.label.as_ref().and_then(|label| label.correct);
        let false_alarm = file.status() == CaseStatus::Over(CloseReason::FalseAlarm);
        match (false_alarm, correct, &file.label) {
            (true, ..) => Some(Self::FalseAlarm),
            (_, Some(true), _) => Some(Self::Correct),
            (_, Some(false), _) => Some(Self::Wrong),
            (_, None, Some(_)) => Some(Self::Wrong),
            (_, None, None) => None,
        }
    }
}

impl CaseLabel {
    /// From the messages of the alert, the oldest first; none if there are none.
    pub(super) fn of(file: &CaseFile, verdict: LabelVerdict, messages: &[Value]) -> Option<Self> {
        let (first, last) = (messages.first()?, messages.last()?);
        let text = |value: &Value, place: &str| {
            value.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let part = |place: &str| first.pointer(place).cloned().unwrap_or_default();
        Some(Self {
            alert_id: text(first, "/alert_id"),
            feedback_seq: file.feedback_seq,
            verdict,
            true_code: file.label.as_ref().and_then(|label| label.true_code.clone()),
            reason: file.reason.clone(),
            case_system: file.system.clone(),
            rec_id: file.rec_id.clone(),
            code: part("/type/code"),
            camera: text(first, "/source/device_id"),
            rule: part("/detection/rule_id"),
            zone: part("/detection/roi_id"),
            model: part("/detection/model"),
            threshold: part("/detection/threshold"),
            objects: part("/detection/objects"),
            dedupe_key: part("/dedupe/key"),
            pictures: pictures(messages),
            first_seen: text(first, "/times/first_seen"),
            last_told: text(last, "/times/sent"),
            closed: text(last, "/state") == "closed",
        })
    }

    /// From when to when observations belong to it, without the margins.
    pub(super) fn span(&self) -> Option<(CaptureTime, CaptureTime)> {
        Some((time(&self.first_seen)?, time(&self.last_told)?))
    }
}

fn time(text: &str) -> Option<CaptureTime> {
    let time: Timestamp = text.parse().ok()?;
    Some(CaptureTime::from_unix_micros(time.as_microsecond()))
}

/// Each picture once, in the order of the messages.
fn pictures(messages: &[Value]) -> Vec<LabelPicture> {
    let mut seen = BTreeMap::new();
    let mut found = Vec::new();
    let evidence = messages.iter().filter_map(|message| message.get("evidence")?.as_array());
    for picture in evidence.flatten() {
        let text = |key: &str| picture.get(key).and_then(Value::as_str).unwrap_or_default();
        let is_picture = text("mime") == "image/jpeg";
        if is_picture && seen.insert(text("sha256").to_owned(), ()).is_none() {
            found.push(LabelPicture {
                role: text("role").to_owned(),
                sha256: text("sha256").to_owned(),
                captured_at: text("captured_at").to_owned(),
            });
        }
    }
    found
}
