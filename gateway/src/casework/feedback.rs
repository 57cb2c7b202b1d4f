//! One message about a case: judged by what is known, kept and answered in one transaction.

use incident::casefile::{
    CaseFeedback, FeedbackError, MAX_FEEDBACK_BYTES, MAX_SEQ_GAP, newest_seq,
};
use ledger::{Answer, CaseEventRow, HistoryEntry, Judgement, KnownCase, OutgoingMessage};
use runtime::{plain_text, rfc3339};
use scene::CaptureTime;
use serde::Serialize;
use serde_json::{Value, json};

use super::context::CaseContext;
use super::words::CASE;

/// A case with more messages than this takes no further ones.
const MAX_EVENTS: usize = 1_000;
/// The messages of a case have no more room than this.
const MAX_CASE_BYTES: usize = 1024 * 1024;
/// A message is kept as it was written. One that is longer than this is mostly white space and
/// escapes; it is kept as short as JSON can say it.
const MAX_WRITTEN_BYTES: usize = 8 * 1024;
const MAX_ID_CHARS: usize = 64;
/// What is told of a fault. It may name a member as long as the whole message.
const MOST_REASON_BYTES: usize = 512;
/// An answer's topic holds the alert's id as it was given, up to this length.
const MAX_TOPIC_ID_BYTES: usize = 128;

/// What became of a message, in the words of the acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is the newest: the case has moved.
    Applied,
    /// It, or another with its number, is known.
    Duplicate,
    /// A newer one is known: kept, and the case has not moved.
    Stale,
    /// There is no such alert here, or no longer.
    UnknownAlert,
    /// It does not follow the schema.
    Invalid,
}

impl Outcome {
    /// As the acknowledgement spells it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::UnknownAlert => "unknown_alert",
            Self::Invalid => "invalid",
        }
    }
}

/// A message as it came.
pub(super) struct Arrival<'a> {
    pub(super) alert_id: &'a str,
    pub(super) payload: &'a [u8],
    pub(super) at: CaptureTime,
    pub(super) parsed: Result<CaseFeedback, FeedbackError>,
}

#[derive(Serialize)]
struct Acknowledgement<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    msg_id: Option<String>,
    alert_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    t: String,
}

impl<'a> Arrival<'a> {
    pub(super) fn new(alert_id: &'a str, payload: &'a [u8], at: CaptureTime) -> Self {
        Self { alert_id, payload, at, parsed: CaseFeedback::parse_for(alert_id, payload) }
    }

    /// Whether `waiting`, the answers on this case that were not sent yet, already say that it is a
    /// repetition. Nobody has heard that answer yet, so another is not needed: a case system that
    /// repeats itself while answers wait must not make more of them wait.
    pub(super) fn is_answered_by(&self, waiting: &[Vec<u8>]) -> bool {
        let Ok(feedback) = &self.parsed else { return false };
        let msg_id = feedback.msg_id.to_string();
        let answers = waiting.iter().filter_map(|answer| serde_json::from_slice(answer).ok());
        let duplicate = Outcome::Duplicate.as_str();
        answers
            .into_iter()
            .any(|answer: Value| answer["result"] == duplicate && answer["msg_id"] == *msg_id)
    }

    /// What to keep of it, to note and to answer.
    pub(super) fn judge(&self, known: &KnownCase, context: &CaseContext) -> Judgement<Outcome> {
        let (outcome, reason) = self.outcome(known);
        let keep = match (&self.parsed, outcome) {
            (Ok(feedback), Outcome::Applied | Outcome::Stale) => Some(CaseEventRow {
                seq: feedback.seq,
                msg_id: feedback.msg_id.to_string(),
                payload: self.kept_payload(),
                received_at_micros: self.at.unix_micros(),
            }),
            _ => None,
        };
        let note =
            json!({ "result": outcome.as_str(), "reason": reason, "message": self.message() });
        Judgement {
            keep,
            note: HistoryEntry {
                kind: CASE.to_owned(),
                subject: cut(self.alert_id, MAX_TOPIC_ID_BYTES).to_owned(),
                at_micros: self.at.unix_micros(),
                body: note.to_string().into_bytes(),
            },
            answer: self.answer(outcome, reason, context),
            outcome,
        }
    }

    /// What becomes of it, and why.
    pub(super) fn outcome(&self, known: &KnownCase) -> (Outcome, Option<String>) {
        let feedback = match &self.parsed {
            Ok(feedback) => feedback,
            Err(fault) => {
                let reason = plain_text(&fault.to_string(), MOST_REASON_BYTES);
                return (Outcome::Invalid, Some(reason));
            }
        };
        let Some(alert) = &known.alert else { return (Outcome::UnknownAlert, None) };
        let msg_id = feedback.msg_id.to_string();
        if known.events.iter().any(|event| event.msg_id == msg_id) {
            return (Outcome::Duplicate, None);
        }
        if let Some(event) = known.events.iter().find(|event| event.seq == feedback.seq) {
            let reason = format!("seq {} is that of message {}", event.seq, event.msg_id);
            return (Outcome::Duplicate, Some(reason));
        }
        if known.events.len() >= MAX_EVENTS {
            let reason = format!("this case has {MAX_EVENTS} messages already");
            return (Outcome::Invalid, Some(reason));
        }
        let bytes: usize = known.events.iter().map(|event| event.payload.len()).sum();
        if bytes + self.payload.len().min(MAX_WRITTEN_BYTES) > MAX_CASE_BYTES {
            let reason = format!("the messages of this case take {bytes} bytes already");
            return (Outcome::Invalid, Some(reason));
        }
        let newest = newest_seq(known.events.iter().map(|event| event.seq));
        if feedback.seq > newest + MAX_SEQ_GAP {
            let most = newest + MAX_SEQ_GAP;
            let reason = format!(
                "$.seq: found {}, expected {most} at most: {newest} is the newest known, and the \
                 messages of an alert are counted from 1",
                feedback.seq
            );
            return (Outcome::Invalid, Some(reason));
        }
        if feedback.seq < newest {
            return (Outcome::Stale, Some(format!("seq {newest} is known")));
        }
        let closed = alert.state == ledger::CLOSED;
        let reason = closed.then(|| "the alert is closed: nothing is checked any more".to_owned());
        (Outcome::Applied, reason)
    }

    /// The message that says what became of it; none if its topic could not be told.
    pub(super) fn answer(
        &self,
        result: Outcome,
        reason: Option<String>,
        context: &CaseContext,
    ) -> Option<Answer> {
        if self.alert_id.len() > MAX_TOPIC_ID_BYTES {
            return None;
        }
        let (msg_id, seq) = self.identity();
        let t = rfc3339(self.at);
        let (alert_id, result) = (self.alert_id, result.as_str());
        let told = Acknowledgement { msg_id, alert_id, seq, result, reason, t };
        // Strings and numbers are always JSON; nothing is answered should that ever change.
        let payload = serde_json::to_vec(&told).ok()?;
        let topic = context.topics.case_answer(self.alert_id);
        let message = OutgoingMessage { topic, payload, retain: false };
        Some(Answer { order_key: self.alert_id.to_owned(), message })
    }

    /// The message's id and number, as far as even a faulty message has them.
    fn identity(&self) -> (Option<String>, Option<u64>) {
        if let Ok(feedback) = &self.parsed {
            return (Some(feedback.msg_id.to_string()), Some(feedback.seq));
        }
        let readable = self.payload.len() <= MAX_FEEDBACK_BYTES;
        let json = readable.then(|| serde_json::from_slice::<Value>(self.payload).ok()).flatten();
        let json = json.unwrap_or_default();
        let msg_id = json.get("msg_id").and_then(Value::as_str);
        let msg_id = msg_id.filter(|id| id.chars().count() <= MAX_ID_CHARS).map(str::to_owned);
        (msg_id, json.get("seq").and_then(Value::as_u64))
    }

    /// Who says that it sends this, as far as the message can be read.
    pub(super) fn sender(&self) -> &str {
        self.parsed.as_ref().map_or("", |feedback| feedback.system.as_str())
    }

    fn kept_payload(&self) -> Vec<u8> {
        let shorter = || serde_json::to_vec(&self.message()).ok();
        let is_long = self.payload.len() > MAX_WRITTEN_BYTES;
        is_long.then(shorter).flatten().unwrap_or_else(|| self.payload.to_vec())
    }

    /// As the history keeps it: of a message that cannot be read, nothing.
    fn message(&self) -> Value {
        let json = || serde_json::from_slice(self.payload).ok();
        self.parsed.as_ref().ok().and_then(|_| json()).unwrap_or_default()
    }
}

fn cut(text: &str, longest: usize) -> &str {
    text.get(..text.floor_char_boundary(longest)).unwrap_or(text)
}
