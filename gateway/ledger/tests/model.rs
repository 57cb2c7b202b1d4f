//! Whatever is done to a ledger, it answers as a model in memory does.

use std::collections::BTreeMap;

use ledger::{
    AlertRow, AssessorState, CLOSED, Depth, Entry, Ledger, OutgoingMessage, QueuedMessage, Sequence,
};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Operation {
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
    Reopen,
    Seal,
}

#[derive(Debug, Clone)]
struct Step {
    alert: u8,
    seq: u32,
    closed: bool,
    bytes: usize,
}

impl Step {
    fn entry(&self) -> Entry {
        Entry {
            alert: AlertRow {
                alert_id: format!("alert-{}", self.alert),
                dedupe_key: format!("key-{}", self.alert),
                device_id: format!("cam-{}", self.alert % 2),
                seq: self.seq,
                state: if self.closed { CLOSED.into() } else { "open".into() },
                updated_at_micros: 1_000_000 - i64::from(self.seq), // clocks may step back
            },
            message: OutgoingMessage {
                topic: format!("evt/{}", self.alert),
                payload: vec![self.alert; self.bytes],
                retain: self.closed,
            },
        }
    }
}

#[derive(Default)]
struct Model {
    last: i64,
    known: BTreeMap<(String, u32), Sequence>,
    alerts: BTreeMap<String, AlertRow>,
    outbox: BTreeMap<i64, (AlertRow, OutgoingMessage)>,
    state: Option<Vec<u8>>,
}

impl Model {
    fn record(&mut self, entry: Entry) -> Sequence {
        let Entry { alert, message } = entry;
        let key = (alert.alert_id.clone(), alert.seq);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        self.last += 1;
        self.known.insert(key, Sequence::from_number(self.last));
        self.outbox.insert(self.last, (alert.clone(), message));
        let row = self.alerts.entry(alert.alert_id.clone()).or_insert_with(|| alert.clone());
        if alert.seq > row.seq {
            *row = alert;
        }
        Sequence::from_number(self.last)
    }

    fn forget_closed(&mut self, before_micros: i64, limit: usize) -> usize {
        let waits =
            |alert_id: &String| self.outbox.values().any(|(alert, _)| alert.alert_id == *alert_id);
        let mut old: Vec<_> = self
            .alerts
            .values()
            .filter(|alert| alert.state == CLOSED && alert.updated_at_micros < before_micros)
            .filter(|alert| !waits(&alert.alert_id))
            .map(|alert| (alert.updated_at_micros, alert.alert_id.clone()))
            .collect();
        old.sort();
        old.truncate(limit);
        for (_, alert_id) in &old {
            self.alerts.remove(alert_id);
            self.known.retain(|(known, _), _| known != alert_id);
        }
        old.len()
    }

    fn unsent(&self) -> Vec<QueuedMessage> {
        let queued =
            |(sequence, (alert, message)): (&i64, &(AlertRow, OutgoingMessage))| QueuedMessage {
                sequence: Sequence::from_number(*sequence),
                alert_id: alert.alert_id.clone(),
                topic: message.topic.clone(),
                payload: message.payload.clone(),
                retain: message.retain,
            };
        self.outbox.iter().map(queued).collect()
    }

    fn depth(&self) -> Depth {
        Depth {
            messages: self.outbox.len() as u64,
            bytes: self.outbox.values().map(|(_, message)| message.payload.len() as u64).sum(),
            oldest_at: self.outbox.values().map(|(alert, _)| alert.updated_at_micros).min(),
        }
    }

    fn open_alerts(&self) -> Vec<AlertRow> {
        let mut open: Vec<_> =
            self.alerts.values().filter(|alert| alert.state != CLOSED).cloned().collect();
        open.sort_by(|a, b| (&a.device_id, &a.alert_id).cmp(&(&b.device_id, &b.alert_id)));
        open
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    let step = (0..4_u8, 1..6_u32, any::<bool>(), 0..9_000_usize)
        .prop_map(|(alert, seq, closed, bytes)| Step { alert, seq, closed, bytes });
    prop_oneof![
        4 => (prop::collection::vec(step, 0..5), any::<Option<u8>>())
            .prop_map(|(steps, state)| Operation::Record { steps, state }),
        1 => any::<u8>().prop_map(Operation::SaveState),
        3 => prop::collection::vec(0..8_usize, 0..6).prop_map(Operation::Acknowledge),
        2 => (1_000_000 - 6..1_000_000_i64, 0..4_usize)
            .prop_map(|(before_micros, limit)| Operation::ForgetClosed { before_micros, limit }),
        1 => Just(Operation::Reopen),
        1 => Just(Operation::Seal),
    ]
}

fn assessor(state: u8) -> AssessorState {
    AssessorState { device_id: "cam-0".into(), state: vec![state; 3] }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_ledger_answers_as_its_model(operations in prop::collection::vec(operation(), 1..30)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite3");
        let mut ledger = Ledger::open(&path).unwrap();
        let mut model = Model::default();
        for operation in operations {
            match operation {
                Operation::Record { steps, state } => {
                    let entries: Vec<_> = steps.iter().map(Step::entry).collect();
                    let state = state.map(assessor);
                    let sequences = ledger.record(&entries, state.as_ref()).unwrap();
                    let expected: Vec<_> =
                        entries.into_iter().map(|entry| model.record(entry)).collect();
                    prop_assert_eq!(sequences, expected);
                    model.state = state.map(|state| state.state).or(model.state);
                }
                Operation::SaveState(state) => {
                    ledger.save_assessor_state(&assessor(state)).unwrap();
                    model.state = Some(assessor(state).state);
                }
                Operation::Acknowledge(places) => {
                    let waiting: Vec<i64> = model.outbox.keys().copied().collect();
                    let chosen: Vec<i64> =
                        places.iter().filter_map(|place| waiting.get(*place).copied()).collect();
                    let sequences: Vec<_> =
                        chosen.iter().copied().map(Sequence::from_number).collect();
                    ledger.acknowledge(&sequences).unwrap();
                    model.outbox.retain(|sequence, _| !chosen.contains(sequence));
                }
                Operation::ForgetClosed { before_micros, limit } => prop_assert_eq!(
                    ledger.forget_closed(before_micros, limit).unwrap(),
                    model.forget_closed(before_micros, limit)
                ),
                Operation::Reopen => {
                    drop(ledger);
                    ledger = Ledger::open(&path).unwrap();
                }
                Operation::Seal => ledger.seal().unwrap(),
            }
            prop_assert_eq!(ledger.unsent(Sequence::START, 1_000).unwrap(), model.unsent());
            prop_assert_eq!(ledger.depth().unwrap(), model.depth());
            prop_assert_eq!(ledger.open_alerts().unwrap(), model.open_alerts());
            prop_assert_eq!(ledger.assessor_state("cam-0").unwrap(), model.state.clone());
        }
    }
}
