//! The alerts that came, held against those that were due.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Expectation, Journal, Raise};

/// The judgement of a play.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// One row for each camera, zone and event type that was due, could be, or came.
    pub rows: Vec<Row>,
    /// (alert_id, seq) that never came although a later message of the alert did.
    pub gaps: Vec<(String, u64)>,
    /// Messages that came after a later one of their alert.
    pub out_of_order: usize,
    /// Messages that came twice, which a consumer drops.
    pub redelivered: usize,
    /// Messages that share (alert_id, seq) with a different one.
    pub conflicting: usize,
    /// Payloads that are no alert.
    pub unreadable: usize,
    /// Cameras that the gateway could not look at as it should, and what it said: what is judged of
    /// them proves nothing.
    pub impaired: BTreeMap<String, String>,
    /// Of these, those that were never looked at, so that nothing can agree.
    pub unseen: usize,
    /// What the gateway must not have answered to feedback, or told the case centre.
    pub wrong_answers: usize,
}

/// Truth and alerts of one event type in one zone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// What the row is about.
    pub subject: Subject,
    /// Alerts due.
    pub truth: usize,
    /// Alerts that came and were due, or could be.
    pub received: usize,
    /// Due, and did not come.
    pub missed: usize,
    /// Came, and nothing in the truth asks for it.
    pub unfounded: Vec<Raise>,
    /// Came for what another alert stands for already.
    pub doubled: Vec<Raise>,
    /// Cleared although it still stands.
    pub dropped: usize,
    /// From due to opened, by the camera's clock; negative if early.
    pub lateness: Vec<SignedDuration>,
    /// From opened to received.
    pub latency: Vec<SignedDuration>,
}

/// Camera, zone and event type.
#[derive(Debug, Clone, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Subject {
    /// The camera.
    pub camera: String,
    /// The zone, `<camera>.<zone>`.
    pub zone: String,
    /// The event type; empty in a row that holds no alert.
    pub event: String,
}

impl Score {
    /// Judges what came by what was due. `zones` are (camera, zone) pairs that get a row even if
    /// nothing was due and nothing came.
    #[must_use]
    pub fn of(expectations: &[Expectation], journal: &Journal, zones: &[(String, String)]) -> Self {
        let mut raises = journal.raises();
        let mut rows = Vec::new();
        for subject in subjects(expectations, &raises, zones) {
            let due: Vec<&Expectation> =
                expectations.iter().filter(|due| subject.asks(due)).collect();
            let (mine, others) = raises.into_iter().partition(|raise| subject.names(raise));
            raises = others;
            rows.push(Row::judge(subject, &due, mine));
        }
        Self {
            rows,
            gaps: journal.gaps(),
            out_of_order: journal.out_of_order,
            redelivered: journal.redelivered,
            conflicting: journal.conflicting,
            unreadable: journal.unreadable,
            impaired: journal.impaired.clone(),
            unseen: 0,
            wrong_answers: 0,
        }
    }

    /// Asks that the gateway came to `camera` and looked at it, however short: the silence of a
    /// camera that it never saw proves nothing. `reached` is what the camera says of that.
    pub fn require_sight(&mut self, camera: &str, reached: bool, journal: &Journal) {
        let told = if !reached {
            "never reached".to_owned()
        } else if !journal.has_seen(camera) {
            let status = journal.devices.get(camera);
            let reason = status.and_then(|status| status.reason.as_deref());
            reason.map_or("never online".to_owned(), |why| format!("never online: {why}"))
        } else {
            return;
        };
        self.unseen += 1;
        self.impaired.entry(camera.to_owned()).or_insert(told);
    }

    /// Truth and alerts agree: nothing missed, unfounded, doubled, dropped or lost on the way, every
    /// camera looked at, and no wrong answer to the case centre. A message delivered twice does no
    /// harm, since its consumer can tell.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.rows.iter().all(Row::agrees)
            && self.gaps.is_empty()
            && self.out_of_order + self.conflicting + self.unreadable == 0
            && self.unseen + self.wrong_answers == 0
    }
}

impl Row {
    /// Nothing missed, unfounded, doubled or dropped.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.missed + self.dropped == 0 && self.unfounded.is_empty() && self.doubled.is_empty()
    }

    fn judge(subject: Subject, due: &[&Expectation], raises: Vec<Raise>) -> Self {
        let mut row = Self {
            subject,
            truth: due.iter().filter(|due| due.certain).count(),
            ..Self::default()
        };
        let mut answered = vec![false; due.len()];
        for raise in raises {
            let opened_at = raise.receipt.message.opened_at();
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
                row.doubled.push(raise);
            } else {
                row.unfounded.push(raise);
            }
        }
        let unanswered = due.iter().zip(&answered).filter(|(_, answered)| !**answered);
        row.missed = unanswered.filter(|(due, _)| due.certain).count();
        row
    }
}

impl Subject {
    fn asks(&self, due: &Expectation) -> bool {
        (&self.camera, &self.zone, &self.event)
            == (&due.truth.camera, &due.truth.zone, &due.truth.event)
    }

    fn names(&self, raise: &Raise) -> bool {
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

fn subjects(
    expectations: &[Expectation],
    raises: &[Raise],
    zones: &[(String, String)],
) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = raises.iter().map(Subject::of_raise).collect();
    subjects.extend(expectations.iter().map(|due| Subject {
        camera: due.truth.camera.clone(),
        zone: due.truth.zone.clone(),
        event: due.truth.event.clone(),
    }));
    let quiet = |(camera, zone): &&(String, String)| {
        !subjects.iter().any(|known| (&known.camera, &known.zone) == (camera, zone))
    };
    let quiet: Vec<Subject> = zones
        .iter()
        .filter(quiet)
        .map(|(camera, zone)| Subject {
            camera: camera.clone(),
            zone: zone.clone(),
            event: String::new(),
        })
        .collect();
    subjects.extend(quiet);
    subjects.sort();
    subjects.dedup();
    subjects
}

#[cfg(test)]
mod tests {
    use super::Score;
    use crate::judge::{DeviceStatus, Journal, table};

    #[test]
    fn a_camera_that_was_never_looked_at_agrees_with_nothing() {
        let mut journal = Journal::default();
        for (device, status, reason) in [
            ("cam-01", "offline", Some("connection refused")),
            ("cam-03", "offline", None),
            ("cam-03", "online", None),
            ("cam-04", "degraded", Some("overloaded")),
            ("cam-05", "online", None),
        ] {
            let reason = reason.map(str::to_owned);
            journal.note(device.to_owned(), DeviceStatus { status: status.to_owned(), reason });
        }
        let mut score = Score::of(&[], &journal, &[]);
        assert!(score.agrees());
        for camera in ["cam-01", "cam-02", "cam-03", "cam-04"] {
            score.require_sight(camera, true, &journal);
        }
        score.require_sight("cam-05", false, &journal);
        let told: Vec<(&str, &str)> =
            score.impaired.iter().map(|(camera, told)| (camera.as_str(), told.as_str())).collect();
        let expected = [
            ("cam-01", "never online: connection refused"),
            ("cam-02", "never online"),
            ("cam-04", "degraded: overloaded"),
            ("cam-05", "never reached"),
        ];
        assert_eq!(told, expected);
        assert!(!score.agrees());
        assert!(table(&score).ends_with("Truth and alerts DIFFER.\n"));
    }

    #[test]
    fn a_wrong_answer_to_the_case_centre_differs() {
        let score = Score { wrong_answers: 2, ..Score::default() };
        assert!(!score.agrees());
        assert!(table(&score).contains("wrong answers to the case centre: 2\n"));
    }
}
