//! What the command centre is told of an incident: always its full state.

use scene::{CaptureTime, Clock};
use std::sync::Arc;

use super::{Incident, Origin, Reported, Summary};
use crate::alert::{Action, Alert, Dedupe, Detection, State, Times};
use crate::assessor::IncidentEvent;
use crate::identity;
use rule::Finding;

impl Origin {
    /// The next message of an incident: its full state now.
    pub(crate) fn message(
        &self,
        incident: &mut Incident,
        action: Action,
        at: CaptureTime,
        clock: Clock,
    ) -> IncidentEvent {
        let finding = &incident.finding;
        incident.seq = incident.seq.saturating_add(1);
        incident.reported = Reported {
            at,
            count: finding.count,
            score: best_score(finding).max(incident.reported.score),
        };
        let closed = matches!(action, Action::Close(_));
        let state = if closed { State::Closed } else { incident.state() };
        let summed_up = incident.summary.map(Summary::words).unwrap_or_default();
        let alert = Alert {
            msg_id: identity::message_id(incident.alert_id, incident.seq, at),
            alert_id: incident.alert_id,
            seq: incident.seq,
            action,
            state,
            camera: Arc::clone(&self.camera),
            site: incident.site.clone(),
            footprint: self.footprint.clone(),
            incident: self.incident.clone(),
            description: format!("{}{summed_up}", incident.description),
            times: Times {
                first_seen_at: incident.first_seen_at,
                last_seen_at: incident.last_seen_at,
                opened_at: incident.opened_at,
                cleared_at: incident.cleared_at,
                closed_at: closed.then_some(at),
                clock,
            },
            detection: Detection {
                rule: self.rule.clone(),
                zone: self.zone.clone(),
                threshold: self.threshold,
                finding: finding.clone(),
            },
            dedupe: Dedupe {
                key: self.dedupe_key(),
                repeat_count: incident.repeat_count,
                repeat_window_secs: self.repeat_window.as_secs(),
                previous_alert_id: incident.previous_alert_id,
                merged_into: None,
                summary: incident.summary,
            },
            case: incident.case.as_ref().map(|case| case.echo.clone()),
            verification: incident.verification.clone(),
            evidence: match action {
                // Before and after: its own picture follows.
                Action::Verify => incident.report.evidence.clone(),
                _ => Vec::new(),
            },
        };
        IncidentEvent { observed_at: at, alert }
    }
}

/// The best score of what a picture shows.
pub(super) fn best_score(finding: &Finding) -> f32 {
    finding.subjects.iter().map(|subject| subject.score).fold(0.0, f32::max)
}
