//! One set of rules, shown the stored pictures and signals: which alerts it would have raised.

use std::time::Duration;

use incident::{Assessor, CameraProfile, IncidentEvent, Input, RuleError};
use rule::Slug;
use scene::track::Track;
use scene::{CaptureTime, Observation, ObservationGap, Signal};
use tracing::warn;
use uuid::Uuid;

use super::rule_set::RuleSet;

/// So often time may pass between two signals. A rule that always wants more would hold the replay up.
const MOST_STEPS: usize = 1_000;

/// An alert that would have been raised.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Occurrence {
    pub(super) rule: Slug,
    pub(super) zone: Slug,
    pub(super) opened_at: CaptureTime,
    /// When it was cleared, or closed without; none if it was open at the end.
    pub(super) ended_at: Option<CaptureTime>,
    /// The longest that its messages told; one that is still open may stand for longer.
    pub(super) dwell: Duration,
    /// The most objects at a time.
    pub(super) count: u32,
    alert_id: Uuid,
}

impl Occurrence {
    /// Whether both were there at the same time.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let begins_in_time = |a: &Self, b: &Self| b.ended_at.is_none_or(|end| a.opened_at <= end);
        begins_in_time(self, other) && begins_in_time(other, self)
    }
}

/// An assessor and what it has raised.
pub(super) struct Trial {
    assessor: Assessor,
    alerts: Vec<Occurrence>,
}

impl Trial {
    pub(super) fn new(camera: CameraProfile, rules: &RuleSet) -> Result<Self, RuleError> {
        let assessor = Assessor::new(camera, rules.pictures.clone())?;
        let assessor = assessor.with_signal_rules(rules.signals.clone())?;
        Ok(Self { assessor, alerts: Vec::new() })
    }

    pub(super) fn picture(&mut self, observation: &Observation, tracks: &[Track]) {
        let events = self.assessor.assess(Input::Picture(observation, tracks));
        self.take(events);
    }

    /// Time passes up to the signal, as it did in the gateway.
    pub(super) fn signal(&mut self, signal: &Signal) {
        let at = signal.captured_at();
        for _ in 0..MOST_STEPS {
            let Some(wake_at) = self.assessor.wake_at().filter(|wake_at| *wake_at < at) else {
                break;
            };
            let events = self.assessor.pass_time(wake_at);
            self.take(events);
            if self.assessor.wake_at() == Some(wake_at) {
                break;
            }
        }
        let events = self.assessor.assess(Input::Signal(signal));
        self.take(events);
    }

    fn take(&mut self, events: Vec<IncidentEvent>) {
        for event in events {
            let alert = event.alert;
            let (times, finding) = (alert.times, alert.detection.finding);
            let ended_at = times.cleared_at.or(times.closed_at);
            // Few alerts are open at a time, and they are the latest.
            match self.alerts.iter_mut().rev().find(|known| known.alert_id == alert.alert_id) {
                Some(known) => {
                    known.ended_at = ended_at;
                    known.dwell = known.dwell.max(finding.dwell);
                    known.count = known.count.max(finding.count);
                }
                None => self.alerts.push(Occurrence {
                    rule: alert.detection.rule,
                    zone: alert.detection.zone,
                    opened_at: times.opened_at,
                    ended_at,
                    dwell: finding.dwell,
                    count: finding.count,
                    alert_id: alert.alert_id,
                }),
            }
        }
    }

    pub(super) fn gap(&mut self, gap: ObservationGap) {
        self.assessor.gap(gap);
    }

    /// The gateway was restarted: what survived there survives here.
    pub(super) fn restart(&mut self) {
        let restored = match self.assessor.memory() {
            Ok(state) => self.assessor.restore(&state).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = restored {
            warn!(error, "the rules go on as if the gateway had not been restarted");
        }
    }

    /// The alerts that were there at `since` or later, in the order of their opening.
    pub(super) fn alerts_since(self, since: CaptureTime) -> Vec<Occurrence> {
        let mut alerts = self.alerts;
        alerts.retain(|alert| alert.ended_at.is_none_or(|end| end >= since));
        alerts
    }
}
