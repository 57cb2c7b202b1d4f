//! Where alerts come from: one rule in one zone, and the messages about its incidents.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use rule::{Finding, Slug, Sought, Zone};
use scene::{CaptureTime, Clock, ClockSource, GeoPoint};
use uuid::Uuid;

use super::beside::{Beside, joint};
use super::event::IncidentEvent;
use super::incident::{Incident, Reported};
use crate::alert::action::{Action, State};
use crate::alert::content::{Alert, Dedupe, Detection, Summary, Times};
use crate::alert::threshold::Threshold;
use crate::identity;
use crate::incident_type::IncidentType;
use crate::profile::CameraProfile;

/// The clock of messages that no picture shows.
pub(crate) const UNSEEN: Clock = Clock { source: ClockSource::Arrival, error_ms: None };

/// What stays the same for all alerts of one rule in one zone.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) camera: Arc<CameraProfile>,
    pub(crate) rule: Slug,
    pub(crate) zone: Slug,
    /// The zone's outline on the ground, if it is known.
    pub(crate) footprint: Option<Vec<GeoPoint>>,
    pub(crate) incident: IncidentType,
    pub(crate) threshold: Threshold,
    pub(crate) repeat_window: Duration,
    /// What a re-check looks for and where; none if only a person can tell, or the rule is gone.
    pub(crate) sought: Option<(Sought, Zone)>,
    /// A re-check goes by readings, not by pictures.
    pub(crate) by_readings: bool,
    /// The point of the device, if a rule on signals judges one.
    pub(crate) point: Option<String>,
}

impl Origin {
    /// Whether the incident is that something is missing.
    pub(crate) fn reports_absence(&self) -> bool {
        self.sought.as_ref().is_some_and(|(sought, _)| sought.missing)
    }

    /// The zone on the ground from which something is missing, if that is the incident.
    pub(crate) fn lacks_in(&self) -> Option<&Zone> {
        let (sought, zone) = self.sought.as_ref()?;
        (sought.missing && self.footprint.is_some()).then_some(zone)
    }

    /// The day at the camera.
    pub(crate) fn local_date(&self, at: CaptureTime) -> Date {
        self.camera.local_time(at).date()
    }

    /// When the day at the camera ends in which `at` lies; none at the end of time.
    pub(crate) fn day_ends_at(&self, at: CaptureTime) -> Option<CaptureTime> {
        let tomorrow = self.local_date(at).tomorrow().ok()?;
        self.camera.moment_of(tomorrow.at(0, 0, 0, 0))
    }

    /// 32 hex digits; there is one open alert per key.
    pub(crate) fn dedupe_key(&self) -> String {
        identity::dedupe_key(&self.incident.code, &self.zone)
    }

    pub(crate) fn alert_id(&self, opened_at: CaptureTime) -> Uuid {
        let source = (&self.camera.gateway_id, &self.camera.camera_id);
        identity::alert_id(source, (&self.rule, &self.zone), opened_at)
    }

    /// Its object is out of sight. A summary does not tell this before its day is over.
    pub(crate) fn clear(
        &self,
        incident: &mut Incident,
        at: CaptureTime,
        clock: Clock,
    ) -> Option<IncidentEvent> {
        incident.cleared_at = Some(at);
        incident.verdict_stands = false;
        incident.finding.subjects.clear();
        incident.summary.is_none().then(|| self.message(incident, Action::Clear, at, clock))
    }

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
        let beside = incident.beside.as_ref().map(Beside::words).unwrap_or_default();
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
            incident: match &incident.beside {
                Some(_) => joint(&self.incident),
                None => self.incident.clone(),
            },
            description: format!("{}{beside}{summed_up}", incident.description),
            times: Times {
                first_seen_at: incident.first_seen_at,
                not_before_at: incident.not_before_at,
                last_seen_at: incident.last_seen_at,
                opened_at: incident.opened_at,
                cleared_at: incident.cleared_at,
                closed_at: closed.then_some(at),
                clock,
            },
            detection: Detection {
                rule: self.rule.clone(),
                zone: self.zone.clone(),
                threshold: self.threshold.clone(),
                finding: finding.clone(),
            },
            measurement: incident.measured.clone(),
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
            witness: incident.report.witness.clone(),
            evidence: match action {
                // The picture of the report; the picture of the check is added later.
                Action::Verify => incident.report.evidence.clone(),
                _ => Vec::new(),
            },
        };
        IncidentEvent { observed_at: at, alert }
    }

    /// A message that no picture shows.
    pub(crate) fn unseen(
        &self,
        incident: &mut Incident,
        action: Action,
        at: CaptureTime,
    ) -> IncidentEvent {
        let mut event = self.message(incident, action, at, UNSEEN);
        event.alert.detection.finding.subjects.clear();
        event
    }
}

/// The best score of what a picture shows.
pub(super) fn best_score(finding: &Finding) -> f32 {
    finding.subjects.iter().map(|subject| subject.score).fold(0.0, f32::max)
}
