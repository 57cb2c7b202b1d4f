//! The life that is cut short: the same calls in every run, and what a ledger holds after each.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ledger::{
    AlertRow, Answer, AssessorState, CLOSED, CaseEventRow, Entry, HistoryEntry, Judgement, Ledger,
    OutgoingMessage, QueuedMessage, Sequence,
};

const START_MICROS: i64 = 1_790_000_000_000_000;

/// One call of the life.
#[derive(Debug, Clone, Copy)]
enum Call {
    Record,
    Feedback,
    Command,
    Access,
    Acknowledge,
    SaveState,
    Cursor,
    Forget,
    Prune,
    Seal,
    /// A checkpoint that leaves the write-ahead log to be overwritten, as SQLite does by itself
    /// after a thousand pages.
    Checkpoint,
    Reopen,
}

/// What happens over and over, as in a gateway: now and then a checkpoint or a restart.
const CYCLE: [Call; 20] = [
    Call::Record,
    Call::Feedback,
    Call::Access,
    Call::Record,
    Call::Acknowledge,
    Call::Command,
    Call::SaveState,
    Call::Record,
    Call::Checkpoint,
    Call::Feedback,
    Call::Record,
    Call::Access,
    Call::Acknowledge,
    Call::Cursor,
    Call::Forget,
    Call::Prune,
    Call::Seal,
    Call::Record,
    Call::Access,
    Call::Reopen,
];

/// What the disk must still have when a call has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// The call, and with it all before.
    Kept,
    /// Nothing of the call yet.
    Lazy,
}

/// A ledger in use.
pub(crate) struct Life {
    path: PathBuf,
    ledger: Ledger,
}

impl Life {
    pub(crate) fn begin(path: &Path) -> Self {
        Self { path: path.to_path_buf(), ledger: Ledger::open(path).unwrap() }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Makes call `number`, from 1.
    pub(crate) fn call(self, number: usize) -> (Self, Promise) {
        let call = CYCLE[(number - 1) % CYCLE.len()];
        let promise = match call {
            Call::Record | Call::Feedback | Call::Command => Promise::Kept,
            _ => Promise::Lazy,
        };
        (self.perform(call, number), promise)
    }

    fn perform(self, call: Call, number: usize) -> Self {
        let ledger = &self.ledger;
        match call {
            Call::Record => record(ledger, number),
            Call::Feedback => feedback(ledger, number),
            Call::Command => {
                let answer = Answer { order_key: format!("r-{number}"), message: message(number) };
                ledger.note(&entry("command", number), &[answer]).unwrap();
            }
            Call::Access => {
                ledger.note_lazily(&entry("evidence", number)).unwrap();
            }
            Call::Acknowledge => {
                let waiting = ledger.unsent(Sequence::START, 3).unwrap();
                let sequences: Vec<_> = waiting.iter().map(|message| message.sequence).collect();
                ledger.acknowledge(&sequences).unwrap();
            }
            Call::SaveState => {
                let state = number.to_le_bytes().to_vec();
                let assessor = AssessorState { device_id: "cam-01".into(), state };
                ledger.save_assessor_state(&assessor).unwrap();
            }
            Call::Cursor => ledger.move_cursor("north", number as u64 / 2).unwrap(),
            Call::Forget => {
                ledger
                    .forget_closed(START_MICROS + number as i64 - 5, ledger::Mark::ALL, 2)
                    .unwrap();
            }
            Call::Prune => {
                ledger
                    .prune_history(START_MICROS + number as i64 - 12, ledger::Mark::ALL, 4)
                    .unwrap();
            }
            Call::Seal => ledger.seal().unwrap(),
            Call::Checkpoint => {
                let other = rusqlite::Connection::open(&self.path).unwrap();
                other.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
            }
            Call::Reopen => {
                let path = self.path;
                drop(self.ledger);
                return Self::begin(&path);
            }
        }
        self
    }
}

/// Two or three steps of alerts, each alert closed by its third.
fn record(ledger: &Ledger, number: usize) {
    let step = |alert: usize, seq: u32| Entry {
        alert: AlertRow {
            alert_id: format!("a-{alert:04}"),
            dedupe_key: format!("key-{alert}"),
            device_id: "cam-01".into(),
            seq,
            state: if seq == 3 { CLOSED.into() } else { "open".into() },
            updated_at_micros: START_MICROS + number as i64,
        },
        message: message(number),
    };
    let steps: Vec<_> = (1..=3)
        .filter_map(|seq| Some(step(number.checked_sub(2 * (seq as usize - 1))?, seq)))
        .collect();
    let state = format!("after call {number}").into_bytes();
    let assessor = AssessorState { device_id: "cam-01".into(), state };
    ledger.record(&steps, Some(&assessor)).unwrap();
}

fn feedback(ledger: &Ledger, number: usize) {
    let alert_id = format!("a-{:04}", number - 1);
    let judge = |known: &ledger::KnownCase| Judgement {
        keep: Some(CaseEventRow {
            seq: known.events.len() as u64 + 1,
            msg_id: format!("m-{number}"),
            payload: vec![b'c'; 700],
            received_at_micros: START_MICROS + number as i64,
        }),
        note: entry("case", number),
        answer: Some(Answer { order_key: alert_id.clone(), message: message(number) }),
        outcome: (),
    };
    ledger.take_feedback(&alert_id, judge).unwrap();
}

fn entry(kind: &str, number: usize) -> HistoryEntry {
    HistoryEntry {
        kind: kind.into(),
        subject: format!("s-{number}"),
        at_micros: START_MICROS + number as i64,
        body: vec![b'h'; 100 + number % 50],
    }
}

/// Some larger than a page, as alerts are.
fn message(number: usize) -> OutgoingMessage {
    let payload = format!("{number} {}", "x".repeat(number * 997 % 6_000)).into_bytes();
    OutgoingMessage { topic: format!("evt/{number}"), payload, retain: false }
}

/// All that a ledger answers; fails if its history is not one chain.
pub(crate) fn contents(ledger: &Ledger) -> Result<String, String> {
    let said = |error: ledger::LedgerError| error.to_string();
    // Its last hash stands for all of the history.
    let chain = ledger.verify_chain().map_err(said)?.map_err(|fault| fault.to_string())?;
    let mut text = format!("{chain:?}");
    for QueuedMessage { sequence, order_key, topic, payload, retain } in
        ledger.unsent(Sequence::START, usize::MAX).map_err(said)?
    {
        let payload = String::from_utf8_lossy(&payload);
        write!(text, "{sequence} {order_key} {topic} {payload} {retain}").unwrap();
    }
    write!(text, "{:?}", ledger.open_alerts().map_err(said)?).unwrap();
    let states = ledger.alert_states("", 0, usize::MAX).map_err(said)?;
    for state in &states {
        write!(text, "{}", String::from_utf8_lossy(&state.payload)).unwrap();
        write!(text, "{:?}", ledger.alert(&state.alert_id).map_err(said)?).unwrap();
        for event in ledger.case_events(&state.alert_id).map_err(said)? {
            let payload = String::from_utf8_lossy(&event.payload);
            write!(text, "{} {} {payload}", event.seq, event.msg_id).unwrap();
        }
    }
    write!(text, "{:?}", ledger.assessor_state("cam-01").map_err(said)?).unwrap();
    write!(text, "{:?}", ledger.cursor("north").map_err(said)?).unwrap();
    Ok(text)
}
