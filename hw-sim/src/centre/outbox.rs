//! The centre's outbox. It makes deliveries go wrong as the profile says, and it sends feedback again
//! that is not answered.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::chance::SeededRandom;
use super::channel::Channel;
use super::event::Event;
use super::feedback::{Answer, Feedback};
use super::profile::Mischief;

/// A gateway answers within milliseconds. After this time without an answer, feedback is sent again.
const FIRST_RESEND: Duration = Duration::from_secs(15);
/// The pause doubles with every sending, up to this.
const LAST_RESEND: Duration = Duration::from_secs(600);
/// This many faults are kept in words; the rest is only counted.
const MAX_FAULTS: usize = 100;

/// Feedback on its way to a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// How it travels.
    pub channel: Channel,
    /// What it says.
    pub feedback: Feedback,
    /// True if it was sent before.
    pub copy: bool,
}

impl OutgoingMessage {
    /// As JSON.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        serde_json::to_vec(&self.feedback).unwrap_or_default()
    }
}

/// What is known of feedback that was sent.
#[derive(Debug, Clone)]
struct Sent {
    message: OutgoingMessage,
    answers: Vec<Answer>,
    /// Whether later feedback of its alert had been sent before one of its sendings.
    overtaken: bool,
    resend_at: Timestamp,
    pause: Duration,
}

/// How much feedback was sent, and how it was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Feedback sent, each counted once.
    pub sent: usize,
    /// Copies sent on purpose.
    pub copies: usize,
    /// Sendings repeated because no answer came.
    pub resent: usize,
    /// Feedback without an answer.
    pub unanswered: usize,
    /// Answers by result.
    pub answers: BTreeMap<String, usize>,
    /// Wrong answers of gateways, in words.
    pub faults: Vec<String>,
    /// The number of wrong answers.
    pub fault_count: usize,
}

/// Feedback to be sent, and feedback that was sent.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    mischief: Mischief,
    random: SeededRandom,
    /// By the time at which it is sent.
    outgoing: BTreeMap<(Timestamp, u64), OutgoingMessage>,
    posted: u64,
    sent: BTreeMap<String, Sent>,
    /// Feedback without an answer, by the time at which it is sent again.
    unanswered: BTreeSet<(Timestamp, String)>,
    /// The newest `seq` that was sent for each alert.
    newest: BTreeMap<String, u64>,
    /// The newest `seq` that the gateway says it applied, for each alert.
    applied: BTreeMap<String, u64>,
    counts: DeliveryCounts,
}

impl Outbox {
    pub(super) fn new(mischief: Mischief, seed: u64) -> Self {
        Self {
            mischief,
            random: SeededRandom::new(seed, "mail"),
            outgoing: BTreeMap::new(),
            posted: 0,
            sent: BTreeMap::new(),
            unanswered: BTreeSet::new(),
            newest: BTreeMap::new(),
            applied: BTreeMap::new(),
            counts: DeliveryCounts::default(),
        }
    }

    /// Queues `feedback`.
    pub(super) fn post(&mut self, channel: Channel, feedback: Feedback, now: Timestamp) {
        let message = OutgoingMessage { channel, feedback, copy: false };
        if self.random.happens(self.mischief.doubled) {
            let copy = OutgoingMessage { copy: true, ..message.clone() };
            let lateness = self.lateness();
            self.put(now + lateness, copy);
        }
        // The case waits for the re-check, so the request for it is never held back.
        let may_be_late = message.feedback.event != Event::VerifyRequest;
        let pause = if may_be_late && self.random.happens(self.mischief.late) {
            self.lateness()
        } else {
            Duration::ZERO
        };
        self.put(now + pause, message);
    }

    fn lateness(&mut self) -> Duration {
        Duration::from_secs_f64(self.mischief.late_secs * self.random.next_unit())
    }

    fn put(&mut self, at: Timestamp, message: OutgoingMessage) {
        self.posted += 1;
        self.outgoing.insert((at, self.posted), message);
    }

    /// When the next message is to be sent.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        let outgoing = self.outgoing.first_key_value().map(|((at, _), _)| *at);
        let unanswered = self.unanswered.first().map(|(at, _)| *at);
        [outgoing, unanswered].into_iter().flatten().min()
    }

    /// The messages to send now.
    pub(super) fn take(&mut self, now: Timestamp) -> Vec<OutgoingMessage> {
        let mut messages = Vec::new();
        while let Some(entry) = self.outgoing.first_entry()
            && entry.key().0 <= now
        {
            let message = entry.remove();
            self.count(&message, now);
            messages.push(message);
        }
        while let Some((at, msg_id)) = self.unanswered.first().cloned()
            && at <= now
        {
            self.unanswered.remove(&(at, msg_id.clone()));
            let Some(sent) = self.sent.get_mut(&msg_id) else { continue };
            sent.pause = (sent.pause * 2).min(LAST_RESEND);
            sent.resend_at = now + sent.pause;
            sent.overtaken |= is_overtaken(&mut self.newest, &sent.message.feedback);
            self.unanswered.insert((sent.resend_at, msg_id));
            self.counts.resent += 1;
            messages.push(OutgoingMessage { copy: true, ..sent.message.clone() });
        }
        messages
    }

    fn count(&mut self, message: &OutgoingMessage, now: Timestamp) {
        if message.copy {
            self.counts.copies += 1;
        } else {
            self.counts.sent += 1;
        }
        let msg_id = &message.feedback.msg_id;
        let overtaken = is_overtaken(&mut self.newest, &message.feedback);
        if let Some(sent) = self.sent.get_mut(msg_id) {
            sent.overtaken |= overtaken;
            return;
        }
        let resend_at = now + FIRST_RESEND;
        let sent = Sent {
            message: message.clone(),
            answers: Vec::new(),
            overtaken,
            resend_at,
            pause: FIRST_RESEND,
        };
        self.sent.insert(msg_id.clone(), sent);
        // Notices are not sent; they wait to be fetched.
        if message.channel != Channel::Notices {
            self.unanswered.insert((resend_at, msg_id.clone()));
        }
    }

    /// Takes in a gateway's answer about `alert_id`.
    pub(super) fn take_answer(&mut self, alert_id: &str, answer: &Answer) {
        let Some(sent) = self.sent.get_mut(&answer.msg_id) else {
            self.fault(format!("{alert_id}: an answer to {}, which was never sent", answer.msg_id));
            return;
        };
        if sent.answers.contains(answer) {
            return; // the broker delivered it twice
        }
        *self.counts.answers.entry(answer.result.clone()).or_default() += 1;
        self.unanswered.remove(&(sent.resend_at, answer.msg_id.clone()));
        let feedback = &sent.message.feedback;
        let (seq, event) = (feedback.seq, feedback.event);
        let own = feedback.alert_id == alert_id && seq == answer.seq;
        let overtaken = sent.overtaken;
        let applied_before = sent.answers.iter().any(|earlier| earlier.result == "applied");
        sent.answers.push(answer.clone());
        let newest = self.applied.get(alert_id).copied().unwrap_or(0);
        let wrong = match answer.result.as_str() {
            _ if !own => Some("names another alert or number"),
            "applied" if applied_before => Some("applied twice"),
            "applied" if newest > seq => Some("applied after a later one"),
            "applied" => {
                self.applied.insert(alert_id.to_owned(), seq);
                None
            }
            "stale" if !overtaken => Some("stale, though nothing later was sent before it"),
            "duplicate" | "stale" => None,
            "unknown_alert" => Some("the gateway does not know the alert that it raised"),
            "invalid" => Some("the gateway says it is invalid"),
            _ => Some("an unknown result"),
        };
        if let Some(wrong) = wrong {
            let reason = answer.reason.as_deref().unwrap_or_default();
            self.fault(format!("{alert_id} {seq} {event:?}: {wrong} ({}) {reason}", answer.result));
        }
    }

    /// Takes in that a notice was signed for.
    pub(super) fn take_signature(&mut self, msg_id: &str) {
        if let Some(sent) = self.sent.get_mut(msg_id)
            && sent.answers.is_empty()
        {
            let (msg_id, seq) = (msg_id.to_owned(), sent.message.feedback.seq);
            let result = "signed".to_owned();
            sent.answers.push(Answer { msg_id, seq, result, reason: None, answered_at: None });
            *self.counts.answers.entry("signed".to_owned()).or_default() += 1;
        }
    }

    pub(super) fn fault(&mut self, fault: String) {
        self.counts.fault_count += 1;
        if self.counts.faults.len() < MAX_FAULTS {
            self.counts.faults.push(fault);
        }
    }

    /// Feedback that was sent and has no answer.
    pub(super) fn unanswered(&self) -> usize {
        self.sent.values().filter(|sent| sent.answers.is_empty()).count()
    }

    pub(super) fn counts(&self) -> DeliveryCounts {
        DeliveryCounts { unanswered: self.unanswered(), ..self.counts.clone() }
    }
}

/// Notes that `feedback` is sent. Returns whether later feedback of its alert was sent before it.
fn is_overtaken(newest: &mut BTreeMap<String, u64>, feedback: &Feedback) -> bool {
    let newest = newest.entry(feedback.alert_id.clone()).or_default();
    *newest = feedback.seq.max(*newest);
    feedback.seq < *newest
}
