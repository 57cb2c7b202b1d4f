//! The case system in the chaos: feedback on alerts that were heard of, shuffled, repeated and
//! repeated again until it is answered, and what the gateway must make of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fastrand::Rng;
use ledger::Ledger;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::orders::PREFIX;
use crate::centre::{Centre, Heard};

/// Each event with the stage to which it brings the case, if it does.
const EVENTS: [(&str, Option<&str>); 8] = [
    ("received", Some("Received")),
    ("accepted", Some("Accepted")),
    ("dispatched", Some("Dispatched")),
    ("signed", Some("Signed")),
    ("handling", Some("Handling")),
    ("handled", Some("Handled")),
    ("press", None),
    ("evaluated", None),
];
/// A case with this many events gets no more.
const MOST_EVENTS: usize = 12;
/// What is not answered by then is said again.
const PATIENCE: Duration = Duration::from_secs(1);
/// From one repetition to the next. Everything without an answer is said again, so it may be a
/// flood.
const AGAIN_EVERY: Duration = Duration::from_millis(500);

/// Both sides' account of all cases.
pub(super) struct CaseSystem {
    cases: BTreeMap<String, Vec<Message>>,
    /// Of messages that are still to be said: they leave in another order than they came.
    unsaid: Vec<Message>,
    unanswered: BTreeMap<String, (Message, Instant)>,
    messages: u64,
    insisted_at: Instant,
    answers: Arc<Mutex<Answers>>,
}

#[derive(Debug, Clone)]
struct Message {
    alert_id: String,
    msg_id: String,
    seq: usize,
    event: usize,
    payload: Vec<u8>,
}

/// What the gateway answered: per message the different answers that came.
#[derive(Default)]
pub(super) struct Answers(BTreeMap<String, BTreeSet<(String, Vec<u8>)>>);

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    msg_id: Option<String>,
    result: String,
}

impl Answers {
    /// A message on an acknowledgement's topic.
    pub(super) fn hear(&mut self, heard: &Heard<'_>) {
        let answer: Answer = serde_json::from_slice(heard.payload).unwrap();
        // Garbage has no id; what counts is that it did no harm.
        if let Some(msg_id) = answer.msg_id {
            let different = self.0.entry(msg_id).or_default();
            different.insert((answer.result, heard.payload.to_vec()));
        }
    }
}

impl CaseSystem {
    pub(super) fn new(answers: Arc<Mutex<Answers>>) -> Self {
        let (cases, unsaid, unanswered) = Default::default();
        Self { cases, unsaid, unanswered, messages: 0, insisted_at: Instant::now(), answers }
    }

    /// A few cases go on.
    pub(super) fn go_on(&mut self, rng: &mut Rng, alerts: &[String], centre: &Centre) {
        for _ in 0..rng.usize(0..30).min(alerts.len()) {
            let alert_id = &alerts[rng.usize(0..alerts.len())];
            self.write(rng, alert_id);
        }
        rng.shuffle(&mut self.unsaid);
        for _ in 0..rng.usize(0..40).min(self.unsaid.len()) {
            let Some(message) = self.unsaid.pop() else { break };
            for _ in 0..1 + usize::from(rng.u8(0..5) == 0) {
                say(centre, &message);
            }
            self.unanswered.insert(message.msg_id.clone(), (message, Instant::now()));
        }
        if rng.u8(0..10) == 0 {
            let stranger = Uuid::from_u64_pair(0x7001, rng.u64(..) | 1 << 63).to_string();
            centre.say(&topic(&stranger), b"{\"spec\":\"cg.case/1\",\"msg_id\":");
        }
        self.insist(centre);
    }

    /// Says all that is unsaid.
    pub(super) fn finish(&mut self, centre: &Centre) {
        for message in std::mem::take(&mut self.unsaid) {
            say(centre, &message);
            self.unanswered.insert(message.msg_id.clone(), (message, Instant::now()));
        }
    }

    /// Repeats what was not answered in time; gives how much has no answer yet.
    pub(super) fn insist(&mut self, centre: &Centre) -> usize {
        let answers = self.answers.lock().unwrap();
        self.unanswered.retain(|msg_id, _| !answers.0.contains_key(msg_id));
        if self.insisted_at.elapsed() < AGAIN_EVERY {
            return self.unanswered.len();
        }
        self.insisted_at = Instant::now();
        let late = self.unanswered.values_mut().filter(|(_, at)| at.elapsed() > PATIENCE);
        for (message, said_at) in late {
            say(centre, message);
            *said_at = Instant::now();
        }
        self.unanswered.len()
    }

    fn write(&mut self, rng: &mut Rng, alert_id: &str) {
        let case = self.cases.entry(alert_id.to_owned()).or_default();
        if case.len() >= MOST_EVENTS {
            return;
        }
        self.messages += 1;
        let msg_id = Uuid::from_u64_pair(0x7002, self.messages | 1 << 63).to_string();
        let (seq, event) = (case.len() + 1, rng.usize(0..EVENTS.len()));
        let payload = json!({
            "spec": "cg.case/1",
            "msg_id": msg_id,
            "alert_id": alert_id,
            "seq": seq,
            "time": jiff::Timestamp::now().to_string(),
            "event": EVENTS[event].0,
            "case": { "system": "chaos", "rec_id": "10479" },
        });
        let payload = payload.to_string().into_bytes();
        let message = Message { alert_id: alert_id.to_owned(), msg_id, seq, event, payload };
        case.push(message.clone());
        self.unsaid.push(message);
    }

    /// How many messages were written.
    pub(super) fn written(&self) -> u64 {
        self.messages
    }

    /// Seq and stage of every case, as a fold over all that was said makes them.
    pub(super) fn files(&self) -> BTreeMap<String, (usize, String)> {
        let file = |messages: &Vec<Message>| {
            let mut stages = messages.iter().rev().filter_map(|message| EVENTS[message.event].1);
            (messages.len(), stages.next().unwrap_or("None").to_owned())
        };
        self.cases.iter().map(|(alert_id, messages)| (alert_id.clone(), file(messages))).collect()
    }

    /// What is wrong with what the gateway kept and answered.
    pub(super) fn faults(&self, ledger: &Ledger) -> Vec<String> {
        let mut faults = Vec::new();
        let answers = self.answers.lock().unwrap();
        for (alert_id, messages) in &self.cases {
            let kept = ledger.case_events(alert_id).unwrap();
            let same = kept.len() == messages.len()
                && kept.iter().zip(messages).all(|(row, message)| row.payload == message.payload);
            if !same {
                faults.push(format!("{alert_id}: {} of {} kept", kept.len(), messages.len()));
            }
            for message in messages {
                let came = answers.0.get(&message.msg_id);
                let results = came.into_iter().flatten().map(|(result, _)| result.as_str());
                // Taken in once, as newest or late; whatever else came is a repetition.
                let taken = results.clone().filter(|r| matches!(*r, "applied" | "stale")).count();
                let last = message.seq == messages.len();
                let moved = results.clone().any(|result| result == "applied");
                let strange =
                    results.clone().any(|r| !matches!(r, "applied" | "stale" | "duplicate"));
                if taken != 1 || strange || last && !moved {
                    let results: Vec<&str> = results.collect();
                    faults.push(format!("{alert_id} {}: answered {results:?}", message.seq));
                }
            }
        }
        faults
    }
}

fn say(centre: &Centre, message: &Message) {
    centre.say(&topic(&message.alert_id), &message.payload);
}

fn topic(alert_id: &str) -> String {
    format!("{PREFIX}/case/{alert_id}")
}
