//! The centre's outgoing mail: what goes wrong on the way is put in here, and what is never
//! answered is sent again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::dice::Dice;
use super::feedback::{Answer, Feedback};
use super::profile::Mischief;
use super::{Channel, Event};

/// An answer takes a gateway milliseconds; so long without one, the feedback is sent again.
const FIRST_RESEND: Duration = Duration::from_secs(15);
const LAST_RESEND: Duration = Duration::from_secs(600);
/// So many faults are kept in words; the rest is only counted.
const MAX_FAULTS: usize = 100;

/// A feedback on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// How it travels.
    pub channel: Channel,
    /// What it says.
    pub feedback: Feedback,
    /// It was sent before.
    pub copy: bool,
}

impl Letter {
    /// As JSON.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        serde_json::to_vec(&self.feedback).unwrap_or_default()
    }
}

/// What is known of a feedback that was sent.
#[derive(Debug, Clone)]
struct Sent {
    letter: Letter,
    answers: Vec<Answer>,
    /// Later news of its alert had gone out before, at one of its sendings.
    overtaken: bool,
    resend_at: Timestamp,
    pause: Duration,
}

/// How many letters went out and what was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correspondence {
    /// Feedback sent, each once.
    pub sent: usize,
    /// Sent once more, on purpose.
    pub copies: usize,
    /// Sent once more, for want of an answer.
    pub resent: usize,
    /// Feedback without any answer.
    pub unanswered: usize,
    /// Answers by result.
    pub answers: BTreeMap<String, usize>,
    /// What a gateway must not answer, in words.
    pub faults: Vec<String>,
    /// How many of those there were.
    pub fault_count: usize,
}

/// Mail going out, and what was sent.
#[derive(Debug, Clone)]
pub(super) struct Mail {
    mischief: Mischief,
    dice: Dice,
    /// By the time at which it goes out.
    outgoing: BTreeMap<(Timestamp, u64), Letter>,
    posted: u64,
    sent: BTreeMap<String, Sent>,
    /// Feedback without an answer, by the time at which it is sent again.
    unanswered: BTreeSet<(Timestamp, String)>,
    /// The newest event that was sent of each alert.
    newest: BTreeMap<String, u64>,
    /// The newest event that each alert's gateway says it applied.
    applied: BTreeMap<String, u64>,
    counts: Correspondence,
}

impl Mail {
    pub(super) fn new(mischief: Mischief, seed: u64) -> Self {
        Self {
            mischief,
            dice: Dice::new(seed, "mail"),
            outgoing: BTreeMap::new(),
            posted: 0,
            sent: BTreeMap::new(),
            unanswered: BTreeSet::new(),
            newest: BTreeMap::new(),
            applied: BTreeMap::new(),
            counts: Correspondence::default(),
        }
    }

    /// Puts `feedback` into the mail.
    pub(super) fn post(&mut self, channel: Channel, feedback: Feedback, now: Timestamp) {
        let letter = Letter { channel, feedback, copy: false };
        if self.dice.comes(self.mischief.doubled) {
            let copy = Letter { copy: true, ..letter.clone() };
            let lateness = self.lateness();
            self.put(now + lateness, copy);
        }
        // The check is what the case waits for: it is not the one to be held back.
        let held = letter.feedback.event != Event::VerifyRequest;
        let pause = if held && self.dice.comes(self.mischief.late) {
            self.lateness()
        } else {
            Duration::ZERO
        };
        self.put(now + pause, letter);
    }

    fn lateness(&mut self) -> Duration {
        Duration::from_secs_f64(self.mischief.late_secs * self.dice.throw())
    }

    fn put(&mut self, at: Timestamp, letter: Letter) {
        self.posted += 1;
        self.outgoing.insert((at, self.posted), letter);
    }

    /// When the next letter goes out.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        let outgoing = self.outgoing.first_key_value().map(|((at, _), _)| *at);
        let unanswered = self.unanswered.first().map(|(at, _)| *at);
        [outgoing, unanswered].into_iter().flatten().min()
    }

    /// What goes out now.
    pub(super) fn take(&mut self, now: Timestamp) -> Vec<Letter> {
        let mut letters = Vec::new();
        while let Some(entry) = self.outgoing.first_entry()
            && entry.key().0 <= now
        {
            let letter = entry.remove();
            self.count(&letter, now);
            letters.push(letter);
        }
        while let Some((at, msg_id)) = self.unanswered.first().cloned()
            && at <= now
        {
            self.unanswered.remove(&(at, msg_id.clone()));
            let Some(sent) = self.sent.get_mut(&msg_id) else { continue };
            sent.pause = (sent.pause * 2).min(LAST_RESEND);
            sent.resend_at = now + sent.pause;
            sent.overtaken |= is_overtaken(&mut self.newest, &sent.letter.feedback);
            self.unanswered.insert((sent.resend_at, msg_id));
            self.counts.resent += 1;
            letters.push(Letter { copy: true, ..sent.letter.clone() });
        }
        letters
    }

    fn count(&mut self, letter: &Letter, now: Timestamp) {
        if letter.copy {
            self.counts.copies += 1;
        } else {
            self.counts.sent += 1;
        }
        let msg_id = &letter.feedback.msg_id;
        let overtaken = is_overtaken(&mut self.newest, &letter.feedback);
        if let Some(sent) = self.sent.get_mut(msg_id) {
            sent.overtaken |= overtaken;
            return;
        }
        let resend_at = now + FIRST_RESEND;
        let sent = Sent {
            letter: letter.clone(),
            answers: Vec::new(),
            overtaken,
            resend_at,
            pause: FIRST_RESEND,
        };
        self.sent.insert(msg_id.clone(), sent);
        // Notices wait to be fetched; they are not sent at all.
        if letter.channel != Channel::Notices {
            self.unanswered.insert((resend_at, msg_id.clone()));
        }
    }

    /// A gateway's answer about `alert_id`.
    pub(super) fn answered(&mut self, alert_id: &str, answer: &Answer) {
        let Some(sent) = self.sent.get_mut(&answer.msg_id) else {
            self.fault(format!("{alert_id}: an answer to {}, never sent", answer.msg_id));
            return;
        };
        if sent.answers.contains(answer) {
            return; // delivered again
        }
        *self.counts.answers.entry(answer.result.clone()).or_default() += 1;
        self.unanswered.remove(&(sent.resend_at, answer.msg_id.clone()));
        let feedback = &sent.letter.feedback;
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

    /// A notice was signed for.
    pub(super) fn signed(&mut self, msg_id: &str) {
        if let Some(sent) = self.sent.get_mut(msg_id)
            && sent.answers.is_empty()
        {
            let (msg_id, seq) = (msg_id.to_owned(), sent.letter.feedback.seq);
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

    pub(super) fn correspondence(&self) -> Correspondence {
        Correspondence { unanswered: self.unanswered(), ..self.counts.clone() }
    }
}

/// Notes that `feedback` is sent; whether later news of its alert went out before it.
fn is_overtaken(newest: &mut BTreeMap<String, u64>, feedback: &Feedback) -> bool {
    let newest = newest.entry(feedback.alert_id.clone()).or_default();
    *newest = feedback.seq.max(*newest);
    feedback.seq < *newest
}
