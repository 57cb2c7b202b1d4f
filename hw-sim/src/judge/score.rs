//! The alerts that came, compared with those that were due.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::expectation::Expectation;
use super::journal::{Journal, Raise};

/// The judgement of a play.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// One row for each camera, zone and event type that was due, could be, or came.
    pub rows: Vec<Row>,
    /// (alert_id, seq) that never came, although a later message of the alert did.
    pub gaps: Vec<(String, u64)>,
    /// Messages that came after a later one of their alert.
    pub out_of_order: usize,
    /// Messages that came twice; a consumer drops the second.
    pub redelivered: usize,
    /// Messages that share (alert_id, seq) with a different one.
    pub conflicting: usize,
    /// Payloads that are not an alert.
    pub unreadable: usize,
    /// Cameras that the gateway could not analyse as it should, and the reason it gave. What these
    /// cameras showed proves nothing.
    pub impaired: BTreeMap<String, String>,
    /// How many of these were never analysed, so that nothing can agree.
    pub never_analysed: usize,
    /// Answers and messages that the gateway must not send to the case centre.
    pub wrong_answers: usize,
}

/// Truth and alerts of one event type in one zone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// What the row is about.
    pub key: RowKey,
    /// Alerts due.
    pub truth: usize,
    /// Alerts that came and were due, or were right too.
    pub received: usize,
    /// Alerts that were due and did not come.
    pub missed: usize,
    /// Alerts that came though the truth does not ask for them.
    pub false_alerts: Vec<Raise>,
    /// Alerts for something that another alert has reported already.
    pub duplicates: Vec<Raise>,
    /// Alerts that were cleared although the thing still stands.
    pub dropped: usize,
    /// From due to opened, by the camera's clock; negative if early.
    pub lateness: Vec<SignedDuration>,
    /// From opened to received.
    pub latency: Vec<SignedDuration>,
}

/// Camera, zone and event type.
#[derive(Debug, Clone, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct RowKey {
    /// The camera.
    pub camera: String,
    /// The zone, `<camera>.<zone>`.
    pub zone: String,
    /// The event type; empty in a row that holds no alert.
    pub event: String,
}

impl Score {
    /// Compares what came with what was due. `zones` are (camera, zone) pairs that get a row even if
    /// nothing was due and nothing came.
    #[must_use]
    pub fn of(expectations: &[Expectation], journal: &Journal, zones: &[(String, String)]) -> Self {
        let mut raises = journal.raises();
        let mut rows = Vec::new();
        for key in keys(expectations, &raises, zones) {
            let due: Vec<&Expectation> =
                expectations.iter().filter(|due| key.asks_for(due)).collect();
            let (mine, others) = raises.into_iter().partition(|raise| key.is_of(raise));
            raises = others;
            rows.push(Row::judge(key, &due, mine));
        }
        Self {
            rows,
            gaps: journal.gaps(),
            out_of_order: journal.out_of_order,
            redelivered: journal.redelivered,
            conflicting: journal.conflicting,
            unreadable: journal.unreadable,
            impaired: journal.impaired.clone(),
            never_analysed: 0,
            wrong_answers: 0,
        }
    }

    /// Requires that the gateway connected to `camera` and analysed it, however briefly. If it never
    /// did, the absence of alerts proves nothing. `reached` says whether it connected.
    pub fn require_analysis(&mut self, camera: &str, reached: bool, journal: &Journal) {
        let cause = if !reached {
            "never reached".to_owned()
        } else if !journal.has_seen(camera) {
            let status = journal.devices.get(camera);
            let reason = status.and_then(|status| status.reason.as_deref());
            reason.map_or("never online".to_owned(), |why| format!("never online: {why}"))
        } else {
            return;
        };
        self.never_analysed += 1;
        self.impaired.entry(camera.to_owned()).or_insert(cause);
    }

    /// Truth and alerts agree: nothing is missed, false, duplicate, cleared too early or lost on the
    /// way, every camera was analysed, and no answer to the case centre was wrong. A message that is
    /// delivered twice does no harm, because its consumer can tell.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.rows.iter().all(Row::agrees)
            && self.gaps.is_empty()
            && self.out_of_order + self.conflicting + self.unreadable == 0
            && self.never_analysed + self.wrong_answers == 0
    }
}

impl Row {
    /// Nothing is missed, false, duplicate or cleared too early.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.missed + self.dropped == 0
            && self.false_alerts.is_empty()
            && self.duplicates.is_empty()
    }

    fn judge(key: RowKey, due: &[&Expectation], raises: Vec<Raise>) -> Self {
        let mut row =
            Self { key, truth: due.iter().filter(|due| due.certain).count(), ..Self::default() };
        let mut answered = vec![false; due.len()];
        for raise in raises {
            let opened_at = raise.opened_at;
            let open = due.iter().zip(&mut answered);
            let mut open = open.filter(|(due, answered)| !**answered && due.is_met_at(opened_at));
            if let Some((due, answered)) = open.next() {
                *answered = true;
                row.received += 1;
                row.truth += usize::from(!due.certain);
                row.lateness.push(opened_at.duration_since(due.due_at));
                row.latency.push(raise.receipt.received_at.duration_since(opened_at));
                row.dropped += usize::from(due.still_stands_at(raise.cleared_at));
            } else if due.iter().zip(&answered).any(|(due, done)| *done && due.holds(opened_at)) {
                row.duplicates.push(raise);
            } else {
                row.false_alerts.push(raise);
            }
        }
        let unanswered = due.iter().zip(&answered).filter(|(_, answered)| !**answered);
        row.missed = unanswered.filter(|(due, _)| due.certain).count();
        row
    }
}

impl RowKey {
    fn asks_for(&self, due: &Expectation) -> bool {
        (&self.camera, &self.zone, &self.event)
            == (&due.truth.camera, &due.truth.zone, &due.truth.event)
    }

    fn is_of(&self, raise: &Raise) -> bool {
        *self == Self::of_raise(raise)
    }

    fn of_raise(raise: &Raise) -> Self {
        let message = &raise.receipt.message;
        Self {
            camera: message.source.device_id.clone(),
            zone: message.zone().to_owned(),
            event: message.kind.code.clone(),
        }
    }
}

impl Expectation {
    fn is_met_at(&self, opened_at: Timestamp) -> bool {
        opened_at.duration_since(self.due_at).unsigned_abs() <= self.truth.tolerance
    }

    fn holds(&self, at: Timestamp) -> bool {
        let after = at.duration_since(self.stands_until);
        at >= self.stands_from
            && (after.is_negative() || after.unsigned_abs() <= self.truth.tolerance)
    }

    fn still_stands_at(&self, cleared_at: Option<Timestamp>) -> bool {
        cleared_at.is_some_and(|at| {
            let left = self.stands_until.duration_since(at);
            left.is_positive() && left.unsigned_abs() > self.truth.tolerance
        })
    }
}

fn keys(expectations: &[Expectation], raises: &[Raise], zones: &[(String, String)]) -> Vec<RowKey> {
    let mut keys: Vec<RowKey> = raises.iter().map(RowKey::of_raise).collect();
    keys.extend(expectations.iter().map(|due| RowKey {
        camera: due.truth.camera.clone(),
        zone: due.truth.zone.clone(),
        event: due.truth.event.clone(),
    }));
    let quiet = |(camera, zone): &&(String, String)| {
        !keys.iter().any(|known| (&known.camera, &known.zone) == (camera, zone))
    };
    let quiet: Vec<RowKey> = zones
        .iter()
        .filter(quiet)
        .map(|(camera, zone)| RowKey {
            camera: camera.clone(),
            zone: zone.clone(),
            event: String::new(),
        })
        .collect();
    keys.extend(quiet);
    keys.sort();
    keys.dedup();
    keys
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
