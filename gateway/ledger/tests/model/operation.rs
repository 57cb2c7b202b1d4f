//! What can be done to a ledger.

use ledger::{
    AlertRow, Answer, AssessorState, CLOSED, CaseEventRow, Entry, HistoryEntry, Judgement,
    KnownCase, OutgoingMessage,
};
use proptest::prelude::*;

/// Steps happen before it, the later the earlier: clocks may step back.
pub(crate) const LATEST_MICROS: i64 = 1_000_000;

#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Record {
        steps: Vec<Step>,
        state: Option<u8>,
    },
    SaveState(u8),
    /// Acknowledges the waiting messages at these places, counted from the oldest.
    Acknowledge(Vec<usize>),
    ForgetClosed {
        before_micros: i64,
        limit: usize,
    },
    Note {
        at_micros: i64,
        answers: u8,
        lazily: bool,
    },
    Feedback {
        alert: u8,
        event: CaseEventRow,
    },
    MoveCursor {
        reader: u8,
        number: u64,
    },
    Prune {
        before_micros: i64,
        limit: usize,
    },
    StatesRemoved(Vec<u8>),
    Reopen,
    Seal,
}

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) alert: u8,
    pub(crate) seq: u32,
    pub(crate) closed: bool,
    pub(crate) bytes: usize,
}

impl Step {
    pub(crate) fn entry(&self) -> Entry {
        Entry {
            alert: AlertRow {
                alert_id: format!("alert-{}", self.alert),
                dedupe_key: format!("key-{}", self.alert),
                device_id: format!("cam-{}", self.alert % 2),
                seq: self.seq,
                state: if self.closed { CLOSED.into() } else { "open".into() },
                updated_at_micros: LATEST_MICROS - i64::from(self.seq),
            },
            message: OutgoingMessage {
                topic: format!("evt/{}", self.alert),
                payload: vec![self.alert; self.bytes],
                retain: self.closed,
            },
        }
    }
}

/// A judge that keeps every event and tells of it; the ledger drops what it has already.
#[derive(Debug, Clone)]
pub(crate) struct Judge {
    pub(crate) event: CaseEventRow,
    pub(crate) note: HistoryEntry,
    pub(crate) answer: Answer,
}

impl Judge {
    /// The outcome is what was known.
    pub(crate) fn outcome_is(&self, known: &KnownCase) -> Judgement<KnownCase> {
        Judgement {
            keep: Some(self.event.clone()),
            note: self.note.clone(),
            answer: Some(self.answer.clone()),
            outcome: known.clone(),
        }
    }
}

pub(crate) fn judgement(alert_id: &str, event: CaseEventRow) -> Judge {
    let note = HistoryEntry {
        kind: "case".into(),
        subject: alert_id.into(),
        at_micros: event.received_at_micros,
        body: event.payload.clone(),
    };
    let answer = Answer { order_key: alert_id.into(), message: message("ack") };
    Judge { event, note, answer }
}

pub(crate) fn event(seq: u64, message: u64) -> CaseEventRow {
    CaseEventRow {
        seq,
        msg_id: format!("message-{message}"),
        payload: format!("event {seq}").into_bytes(),
        received_at_micros: LATEST_MICROS - 3,
    }
}

pub(crate) fn note(at_micros: i64) -> HistoryEntry {
    HistoryEntry { kind: "command".into(), subject: "request".into(), at_micros, body: vec![1; 20] }
}

pub(crate) fn answers(count: u8) -> Vec<Answer> {
    (0..count)
        .map(|number| Answer { order_key: format!("request-{number}"), message: message("res") })
        .collect()
}

fn message(topic: &str) -> OutgoingMessage {
    OutgoingMessage { topic: topic.into(), payload: topic.into(), retain: false }
}

pub(crate) fn assessor(state: u8) -> AssessorState {
    AssessorState { device_id: "cam-0".into(), state: vec![state; 3] }
}

pub(crate) fn operation() -> impl Strategy<Value = Operation> {
    let step = (0..4_u8, 1..6_u32, any::<bool>(), 0..9_000_usize)
        .prop_map(|(alert, seq, closed, bytes)| Step { alert, seq, closed, bytes });
    let at = || LATEST_MICROS - 6..LATEST_MICROS;
    prop_oneof![
        4 => (prop::collection::vec(step, 0..5), any::<Option<u8>>())
            .prop_map(|(steps, state)| Operation::Record { steps, state }),
        1 => any::<u8>().prop_map(Operation::SaveState),
        3 => prop::collection::vec(0..8_usize, 0..6).prop_map(Operation::Acknowledge),
        2 => (at(), 0..4_usize)
            .prop_map(|(before_micros, limit)| Operation::ForgetClosed { before_micros, limit }),
        2 => (at(), 0..3_u8, any::<bool>())
            .prop_map(|(at_micros, answers, lazily)| Operation::Note { at_micros, answers, lazily }),
        3 => (0..4_u8, 1..5_u64, 1..5_u64)
            .prop_map(|(alert, seq, message)| Operation::Feedback { alert, event: event(seq, message) }),
        1 => (0..2_u8, 0..40_u64)
            .prop_map(|(reader, number)| Operation::MoveCursor { reader, number }),
        1 => (at(), 0..6_usize)
            .prop_map(|(before_micros, limit)| Operation::Prune { before_micros, limit }),
        1 => prop::collection::vec(0..4_u8, 0..3).prop_map(Operation::StatesRemoved),
        1 => Just(Operation::Reopen),
        1 => Just(Operation::Seal),
    ]
}
