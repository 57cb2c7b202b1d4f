//! The ledger as it would be without a disk.

use std::collections::BTreeMap;

use ledger::{
    ALERT_STEP, AlertRow, AlertState, Answer, CLOSED, CaseEventRow, Depth, Entry, HistoryEntry,
    KnownCase, OutgoingMessage, QueuedMessage, Sequence,
};

use crate::operation::Judge;

#[derive(Default)]
pub(crate) struct Model {
    last: i64,
    known: BTreeMap<(String, u32), Sequence>,
    alerts: BTreeMap<String, AlertRow>,
    outbox: BTreeMap<i64, Waiting>,
    /// Payload and, once it is closed, the time.
    shown: BTreeMap<String, (Vec<u8>, Option<i64>)>,
    cases: BTreeMap<String, Vec<CaseEventRow>>,
    cursors: BTreeMap<u8, u64>,
    noted: u64,
    pub(crate) history: Vec<(u64, HistoryEntry)>,
    pub(crate) state: Option<Vec<u8>>,
}

struct Waiting {
    order_key: String,
    queued_at: i64,
    message: OutgoingMessage,
}

impl Model {
    pub(crate) fn record(&mut self, entry: Entry) -> Sequence {
        let Entry { alert, message } = entry;
        let key = (alert.alert_id.clone(), alert.seq);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let (order_key, queued_at) = (alert.alert_id.clone(), alert.updated_at_micros);
        self.enqueue(Waiting { order_key, queued_at, message: message.clone() });
        self.known.insert(key, Sequence::from_number(self.last));
        let step = HistoryEntry {
            kind: ALERT_STEP.into(),
            subject: alert.alert_id.clone(),
            at_micros: alert.updated_at_micros,
            body: message.payload.clone(),
        };
        self.note(step, Vec::new());
        if self.alerts.get(&alert.alert_id).is_none_or(|row| alert.seq > row.seq) {
            let closed_at = (alert.state == CLOSED).then_some(alert.updated_at_micros);
            self.shown.insert(alert.alert_id.clone(), (message.payload, closed_at));
            self.alerts.insert(alert.alert_id.clone(), alert);
        }
        Sequence::from_number(self.last)
    }

    fn enqueue(&mut self, waiting: Waiting) {
        self.last += 1;
        self.outbox.insert(self.last, waiting);
    }

    pub(crate) fn acknowledge(&mut self, sequences: &[Sequence]) {
        self.outbox.retain(|sequence, _| !sequences.contains(&Sequence::from_number(*sequence)));
    }

    pub(crate) fn forget_closed(&mut self, before_micros: i64, limit: usize) -> usize {
        let waits =
            |alert_id: &String| self.outbox.values().any(|waiting| waiting.order_key == *alert_id);
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
            self.cases.remove(alert_id);
            self.known.retain(|(known, _), _| known != alert_id);
            if let Some((payload, _)) = self.shown.get_mut(alert_id) {
                payload.clear();
            }
        }
        old.len()
    }

    pub(crate) fn note(&mut self, entry: HistoryEntry, answers: Vec<Answer>) -> u64 {
        self.noted += 1;
        for Answer { order_key, message } in answers {
            self.enqueue(Waiting { order_key, queued_at: entry.at_micros, message });
        }
        self.history.push((self.noted, entry));
        self.noted
    }

    pub(crate) fn take_feedback(&mut self, alert_id: &str, judge: Judge) -> KnownCase {
        let known = KnownCase { alert: self.alert(alert_id), events: self.case_events(alert_id) };
        let Judge { event, note, answer } = judge;
        let is_new = |kept: &CaseEventRow| kept.seq != event.seq && kept.msg_id != event.msg_id;
        if known.alert.is_some() && known.events.iter().all(is_new) {
            let events = self.cases.entry(alert_id.to_owned()).or_default();
            events.push(event);
            events.sort_by_key(|event| event.seq);
        }
        self.note(note, vec![answer]);
        known
    }

    pub(crate) fn move_cursor(&mut self, reader: u8, number: u64) {
        let cursor = self.cursors.entry(reader).or_default();
        *cursor = number.min(self.noted).max(*cursor);
    }

    pub(crate) fn prune(&mut self, before_micros: i64, limit: usize) -> usize {
        let slowest = self.cursors.values().min().copied().unwrap_or(u64::MAX);
        let old = |(number, entry): &&(u64, HistoryEntry)| {
            entry.at_micros < before_micros && *number <= slowest
        };
        let count = self.history.iter().take_while(old).take(limit).count();
        self.history.drain(..count);
        count
    }

    pub(crate) fn states_removed(&mut self, alert_ids: &[String]) {
        self.shown.retain(|alert_id, (_, closed_at)| {
            closed_at.is_none() || !alert_ids.contains(alert_id)
        });
    }

    pub(crate) fn unsent(&self) -> Vec<QueuedMessage> {
        let queued = |(sequence, waiting): (&i64, &Waiting)| QueuedMessage {
            sequence: Sequence::from_number(*sequence),
            order_key: waiting.order_key.clone(),
            topic: waiting.message.topic.clone(),
            payload: waiting.message.payload.clone(),
            retain: waiting.message.retain,
        };
        self.outbox.iter().map(queued).collect()
    }

    pub(crate) fn depth(&self) -> Depth {
        let bytes = |waiting: &Waiting| waiting.message.payload.len() as u64;
        Depth {
            messages: self.outbox.len() as u64,
            bytes: self.outbox.values().map(bytes).sum(),
            oldest_at: self.outbox.values().map(|waiting| waiting.queued_at).min(),
        }
    }

    pub(crate) fn open_alerts(&self) -> Vec<AlertRow> {
        let mut open: Vec<_> =
            self.alerts.values().filter(|alert| alert.state != CLOSED).cloned().collect();
        open.sort_by(|a, b| (&a.device_id, &a.alert_id).cmp(&(&b.device_id, &b.alert_id)));
        open
    }

    pub(crate) fn alert(&self, alert_id: &str) -> Option<AlertRow> {
        self.alerts.get(alert_id).cloned()
    }

    pub(crate) fn case_events(&self, alert_id: &str) -> Vec<CaseEventRow> {
        self.cases.get(alert_id).cloned().unwrap_or_default()
    }

    pub(crate) fn alert_states(&self, closed_before_micros: i64) -> Vec<AlertState> {
        let state = |(alert_id, (payload, closed_at)): (&String, &(Vec<u8>, Option<i64>))| {
            let is_over = closed_at.is_some_and(|at| at < closed_before_micros);
            let payload = if is_over { Vec::new() } else { payload.clone() };
            AlertState { alert_id: alert_id.clone(), payload }
        };
        self.shown.iter().map(state).collect()
    }

    pub(crate) fn cursor(&self, reader: u8) -> u64 {
        self.cursors.get(&reader).copied().unwrap_or(0)
    }

    /// How many entries are kept, and the number of the newest ever.
    pub(crate) fn chain(&self) -> (u64, u64) {
        (self.history.len() as u64, self.noted)
    }
}
