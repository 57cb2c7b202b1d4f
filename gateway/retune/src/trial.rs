//! One set of rules, shown the stored pictures: which alerts it would have raised.

use std::time::Duration;

use incident::{Assessor, CameraProfile, Input, RuleError, RuleSettings};
use rule::Slug;
use scene::track::Track;
use scene::{CaptureTime, Observation, ObservationGap};
use tracing::warn;
use uuid::Uuid;

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
    pub(super) fn new(camera: CameraProfile, rules: Vec<RuleSettings>) -> Result<Self, RuleError> {
        Ok(Self { assessor: Assessor::new(camera, rules)?, alerts: Vec::new() })
    }

    pub(super) fn picture(&mut self, observation: &Observation, tracks: &[Track]) {
        for event in self.assessor.assess(Input::Picture(observation, tracks)) {
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
