//! What one rule and the life cycle of its alerts remember, as JSON.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use rule::{Slug, micros};
use scene::CaptureTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::uuid;
use super::incident::IncidentV1;
use super::silence::SilencesV1;
use crate::alert::threshold::Threshold;
use crate::incident_type::IncidentType;
use crate::lifecycle::day::Day;
use crate::lifecycle::history::History;
use crate::lifecycle::origin::Origin;
use crate::profile::CameraProfile;

#[derive(Serialize, Deserialize)]
pub(crate) struct RuleV1 {
    rule: Slug,
    zone: Slug,
    incident_type: IncidentType,
    threshold: f32,
    /// By class; older versions left it out.
    #[serde(default)]
    thresholds: BTreeMap<String, f32>,
    repeat_window_us: u64,
    /// What the rule remembers; none if the rule no longer exists.
    memory: Option<Value>,
    current: Option<IncidentV1>,
    previous_alert_id: Option<String>,
    earlier_us: Vec<i64>,
    /// The local day of the latest opening and how many there were; older versions left it out.
    #[serde(default)]
    day: Option<(Date, u32)>,
    /// The point, of a rule on signals that judges one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    point: Option<String>,
    #[serde(flatten)]
    silences: SilencesV1,
}

/// What an earlier run left of one rule.
pub(crate) struct SavedRule {
    pub(crate) origin: Origin,
    pub(crate) memory: Option<Value>,
    pub(crate) history: History,
}

impl RuleV1 {
    pub(crate) fn of(origin: &Origin, memory: Option<Value>, history: &History) -> Self {
        Self {
            rule: origin.rule.clone(),
            zone: origin.zone.clone(),
            incident_type: origin.incident.clone(),
            threshold: origin.threshold.usual,
            thresholds: origin.threshold.by_class.clone(),
            repeat_window_us: micros(origin.repeat_window),
            memory,
            current: history.current.as_ref().map(IncidentV1::of),
            previous_alert_id: history.previous_alert_id.map(|id| id.to_string()),
            earlier_us: history.earlier.iter().map(|at| at.unix_micros()).collect(),
            day: history.day.map(|day| (day.date, day.opened)),
            point: origin.point.clone(),
            silences: SilencesV1::of(history),
        }
    }

    pub(super) fn saved(
        self,
        camera: &Arc<CameraProfile>,
        latest_at: Option<CaptureTime>,
    ) -> Result<SavedRule, serde_json::Error> {
        let mut history = History {
            current: self.current.map(IncidentV1::incident).transpose()?,
            previous_alert_id: self.previous_alert_id.as_deref().map(uuid).transpose()?,
            earlier: self.earlier_us.into_iter().map(CaptureTime::from_unix_micros).collect(),
            day: self.day.map(|(date, opened)| Day { date, opened }),
            ..History::default()
        };
        self.silences.restore(&mut history, latest_at)?;
        let origin = Origin {
            camera: Arc::clone(camera),
            rule: self.rule,
            zone: self.zone,
            // It follows from the zone as it is drawn now, if there still is one.
            footprint: None,
            incident: self.incident_type,
            threshold: Threshold { usual: self.threshold, by_class: self.thresholds },
            repeat_window: Duration::from_micros(self.repeat_window_us),
            sought: None,
            by_readings: false,
            point: self.point,
        };
        Ok(SavedRule { origin, memory: self.memory, history })
    }
}
