//! What somebody wants the gateway to do, and what it answers.

use std::fmt;
use std::time::Duration;

use ledger::{Answer, HistoryEntry, OutgoingMessage, Recorded};
use runtime::rfc3339;
use scene::CaptureTime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::context::CaseContext;
use super::words::{COMMAND_ANSWER, SUBJECT};
use crate::camera_order::Snapshot;

/// Entries of one request that are looked at; any more are repetitions.
pub(super) const MAX_KNOWN: usize = 16;

const MAX_BYTES: usize = 4 * 1024;
/// A reason repeats what was found, which may be long.
const MAX_REASON_BYTES: usize = 300;
const MAX_MUTE_SECS: u64 = 366 * 24 * 3600;

/// Something that the gateway can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Check whether what an alert reported is gone; the message asks for it.
    Recheck { alert_id: Uuid, msg_id: Uuid },
    /// Show what a camera sees.
    Snapshot { camera: String },
    /// Open no alerts for this long; with zero, open them again.
    Mute { target: Muted, lasts: Duration },
}

/// In words, for the log.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recheck { alert_id, .. } => write!(f, "re-check of alert {alert_id}"),
            Self::Snapshot { camera } => write!(f, "snapshot of camera {camera}"),
            Self::Mute { target, lasts } if lasts.is_zero() => write!(f, "unmute {target}"),
            Self::Mute { target, lasts } => write!(f, "mute {target} for {} s", lasts.as_secs()),
        }
    }
}

impl fmt::Display for Muted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alert(alert_id) => write!(f, "the rule and zone of alert {alert_id}"),
            Self::Rule { rule, camera: Some(camera) } => {
                write!(f, "rule {rule} on camera {camera}")
            }
            Self::Rule { rule, camera: None } => write!(f, "rule {rule} on all cameras"),
        }
    }
}

/// What is muted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Muted {
    /// The rule and zone that opened this alert.
    Alert(Uuid),
    /// A rule, on one camera or on all that have it.
    Rule { rule: String, camera: Option<String> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    msg_id: Option<Uuid8>,
    command: Verb,
    alert_id: Option<Uuid8>,
    camera: Option<String>,
    rule: Option<String>,
    secs: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verb {
    Recheck,
    Snapshot,
    Mute,
    Unmute,
}

/// A UUID that messages may name.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Uuid8(Uuid);

impl TryFrom<String> for Uuid8 {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let id = Uuid::try_parse(&text).ok().filter(|id| (1..=8).contains(&id.get_version_num()));
        id.map(Self).ok_or_else(|| format!("found `{text}`, expected a UUID"))
    }
}

/// What became of a command, in the words of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// As asked.
    Done,
    /// Understood, but it cannot be done.
    Refused,
    /// Not understood.
    Invalid,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) outcome: Outcome,
    pub(super) reason: Option<String>,
    pub(super) snapshot: Option<Snapshot>,
}

#[derive(Serialize)]
struct ReplyMessage<'a> {
    req_id: &'a str,
    result: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<SnapshotMessage<'a>>,
    t: String,
}

#[derive(Serialize)]
struct SnapshotMessage<'a> {
    id: String,
    sha256: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<&'a str>,
    captured_at: String,
}

impl Command {
    /// Reads a command that came under `req_id`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn parse(req_id: &str, payload: &[u8]) -> Result<Self, String> {
        if payload.len() > MAX_BYTES {
            return Err(format!("{} bytes, expected {MAX_BYTES} at most", payload.len()));
        }
        let message: Message =
            serde_json::from_slice(payload).map_err(|error| error.to_string())?;
        let needs = |field: &str| format!("this command needs `{field}`");
        match message.command {
            Verb::Recheck => {
                let alert_id = message.alert_id.ok_or_else(|| needs("alert_id"))?.0;
                let msg_id = message.msg_id.map_or_else(|| derived_id(req_id), |id| id.0);
                Ok(Self::Recheck { alert_id, msg_id })
            }
            Verb::Snapshot => {
                let camera = message.camera.ok_or_else(|| needs("camera"))?;
                Ok(Self::Snapshot { camera })
            }
            Verb::Mute => {
                let secs = message.secs.ok_or_else(|| needs("secs"))?;
                if !(1..=MAX_MUTE_SECS).contains(&secs) {
                    return Err(format!("secs: found {secs}, expected 1 to {MAX_MUTE_SECS}"));
                }
                let lasts = Duration::from_secs(secs);
                let target = muted(message.alert_id, message.rule, message.camera)?;
                Ok(Self::Mute { target, lasts })
            }
            Verb::Unmute => {
                let target = muted(message.alert_id, message.rule, message.camera)?;
                Ok(Self::Mute { target, lasts: Duration::ZERO })
            }
        }
    }
}

fn muted(
    alert_id: Option<Uuid8>,
    rule: Option<String>,
    camera: Option<String>,
) -> Result<Muted, String> {
    match (alert_id, rule) {
        (Some(alert_id), None) => Ok(Muted::Alert(alert_id.0)),
        (None, Some(rule)) => Ok(Muted::Rule { rule, camera }),
        _ => Err("this command needs either `alert_id` or `rule`".to_owned()),
    }
}

/// A request without an id of its own has one that follows from its name.
fn derived_id(req_id: &str) -> Uuid {
    let mut bytes = [0; 16];
    for (target, byte) in bytes.iter_mut().zip(Sha256::digest(req_id.as_bytes())) {
        *target = byte;
    }
    Builder::from_custom_bytes(bytes).into_uuid()
}

impl Reply {
    /// As asked.
    pub(super) const fn done() -> Self {
        Self { outcome: Outcome::Done, reason: None, snapshot: None }
    }

    /// It cannot be done.
    pub(super) fn refused(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::Refused, ..Self::invalid(reason.into()) }
    }

    /// It was not understood.
    pub(super) fn invalid(mut reason: String) -> Self {
        reason.truncate(reason.floor_char_boundary(MAX_REASON_BYTES));
        Self { outcome: Outcome::Invalid, reason: Some(reason), snapshot: None }
    }

    /// What is sent.
    pub(super) fn payload(&self, req_id: &str, at: CaptureTime) -> Vec<u8> {
        let evidence = self.snapshot.as_ref().map(|snapshot| SnapshotMessage {
            id: format!("snapshot-{}", snapshot.sha256.get(..16).unwrap_or_default()),
            sha256: &snapshot.sha256,
            uri: snapshot.uri.as_deref(),
            captured_at: rfc3339(snapshot.captured_at),
        });
        let message = ReplyMessage {
            req_id,
            result: self.outcome,
            reason: self.reason.as_deref(),
            evidence,
            t: rfc3339(at),
        };
        // Strings are always JSON.
        serde_json::to_vec(&message).unwrap_or_default()
    }
}

/// What was answered to a request, if it was.
pub(super) fn known_answer(known: &[Recorded]) -> Option<&[u8]> {
    let answer = known.iter().find(|known| known.entry.kind == COMMAND_ANSWER);
    answer.map(|answer| answer.entry.body.as_slice())
}

/// What the history calls a request.
pub(super) fn subject(req_id: &str) -> String {
    format!("{SUBJECT}{req_id}")
}

/// An answer as the history and the outbox keep it.
pub(super) fn answer(
    context: &CaseContext,
    req_id: &str,
    payload: Vec<u8>,
    at: CaptureTime,
) -> (HistoryEntry, Answer) {
    let note = HistoryEntry {
        kind: COMMAND_ANSWER.to_owned(),
        subject: subject(req_id),
        at_micros: at.unix_micros(),
        body: payload.clone(),
    };
    (note, to_send(context, req_id, payload))
}

/// An answer as the outbox keeps it.
pub(super) fn to_send(context: &CaseContext, req_id: &str, payload: Vec<u8>) -> Answer {
    let topic = context.topics.command_answer(req_id);
    let message = OutgoingMessage { topic, payload, retain: false };
    Answer { order_key: subject(req_id), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_a_command_in_words() {
        let alert = "01932f10-7a10-7b00-8a00-0000000000a1";
        let told = |message: &str| Command::parse("r1", message.as_bytes()).unwrap().to_string();
        for (message, words) in [
            (
                format!(r#"{{"command": "recheck", "alert_id": "{alert}"}}"#),
                format!("re-check of alert {alert}"),
            ),
            (
                r#"{"command": "snapshot", "camera": "cam-01"}"#.to_owned(),
                "snapshot of camera cam-01".to_owned(),
            ),
            (
                r#"{"command": "mute", "rule": "a.b", "camera": "cam-01", "secs": 3600}"#
                    .to_owned(),
                "mute rule a.b on camera cam-01 for 3600 s".to_owned(),
            ),
            (
                r#"{"command": "unmute", "rule": "a.b"}"#.to_owned(),
                "unmute rule a.b on all cameras".to_owned(),
            ),
            (
                format!(r#"{{"command": "unmute", "alert_id": "{alert}"}}"#),
                format!("unmute the rule and zone of alert {alert}"),
            ),
        ] {
            assert_eq!(told(&message), words);
        }
    }
}
