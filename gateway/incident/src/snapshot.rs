//! What an assessor remembers over a restart, as versioned JSON.
//!
//! These types mirror the domain's own, so that those can change without breaking what old
//! versions wrote.

mod camera;
mod case;
mod incident;
mod silence;
mod site;

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use scene::CaptureTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::assessor::{InvalidSnapshot, Orphan, Timeline, Watch};
use crate::incident_type::IncidentType;
use crate::lifecycle::{Day, History, Subject};
use crate::profile::{CameraProfile, Standpoint};
use camera::CameraV1;
use incident::IncidentV1;
use rule::{Slug, micros};
use silence::SilencesV1;

/// Raised whenever older versions could not read what this one writes.
const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Header {
    version: u32,
}

/// Times in microseconds: `*_at_us` since 1970, others of watched time.
#[derive(Serialize, Deserialize)]
struct SnapshotV1 {
    version: u32,
    watched_us: u64,
    latest_at_us: Option<i64>,
    /// Older versions did not write it.
    #[serde(default)]
    camera: Option<CameraV1>,
    rules: Vec<RuleV1>,
}

#[derive(Serialize, Deserialize)]
struct RuleV1 {
    rule: Slug,
    zone: Slug,
    incident_type: IncidentType,
    threshold: f32,
    repeat_window_us: u64,
    /// What the rule remembers; none if the rule no longer exists.
    memory: Option<Value>,
    current: Option<IncidentV1>,
    previous_alert_id: Option<String>,
    earlier_us: Vec<i64>,
    /// The local day of the latest opening and how many there were; older versions knew none.
    #[serde(default)]
    day: Option<(Date, u32)>,
    #[serde(flatten)]
    silences: SilencesV1,
}

/// What an earlier run left.
pub(crate) struct Saved {
    pub(crate) timeline: Timeline,
    pub(crate) rules: Vec<SavedRule>,
}

/// What an earlier run left of one rule.
pub(crate) struct SavedRule {
    pub(crate) subject: Subject,
    pub(crate) memory: Option<Value>,
    pub(crate) history: History,
}

pub(crate) fn write(
    camera: &CameraProfile,
    timeline: &Timeline,
    rules: &[Watch],
    orphans: &[Orphan],
) -> Result<Vec<u8>, serde_json::Error> {
    let living = rules.iter().map(|watch| {
        let memory = watch.rule.memory()?;
        Ok(RuleV1::of(&watch.lifecycle.subject, Some(memory), &watch.lifecycle.history))
    });
    let orphaned = orphans.iter().map(|orphan| {
        let current = Some(orphan.incident.clone());
        Ok(RuleV1::of(&orphan.subject, None, &History { current, ..History::default() }))
    });
    serde_json::to_vec(&SnapshotV1 {
        version: VERSION,
        watched_us: micros(timeline.watched),
        latest_at_us: timeline.latest_at.map(CaptureTime::unix_micros),
        camera: Some(CameraV1::of(camera)),
        rules: living.chain(orphaned).collect::<Result<_, serde_json::Error>>()?,
    })
}

pub(crate) fn read(camera: &Arc<CameraProfile>, snapshot: &[u8]) -> Result<Saved, InvalidSnapshot> {
    let name = &camera.camera_id;
    let damaged = |fault| InvalidSnapshot::Damaged { camera: name.to_string(), fault };
    let saved = parse(name, snapshot)?;
    let latest_at = saved.latest_at_us.map(CaptureTime::from_unix_micros);
    let timeline = Timeline::until(Duration::from_micros(saved.watched_us), latest_at);
    let rules: Result<_, serde_json::Error> =
        saved.rules.into_iter().map(|rule| rule.saved(camera, latest_at)).collect();
    Ok(Saved { timeline, rules: rules.map_err(damaged)? })
}

/// Where the camera stood, if the version that wrote the snapshot noted it.
pub(crate) fn standpoint(
    camera: &Slug,
    snapshot: &[u8],
) -> Result<Option<Standpoint>, InvalidSnapshot> {
    let damaged = |fault| InvalidSnapshot::Damaged { camera: camera.to_string(), fault };
    parse(camera, snapshot)?.camera.map(CameraV1::standpoint).transpose().map_err(damaged)
}

fn parse(camera: &Slug, snapshot: &[u8]) -> Result<SnapshotV1, InvalidSnapshot> {
    let damaged = |fault| InvalidSnapshot::Damaged { camera: camera.to_string(), fault };
    let Header { version } = serde_json::from_slice(snapshot).map_err(damaged)?;
    if version != VERSION {
        let camera = camera.to_string();
        return Err(InvalidSnapshot::Version { camera, found: version, known: VERSION });
    }
    serde_json::from_slice(snapshot).map_err(damaged)
}

impl RuleV1 {
    fn of(subject: &Subject, memory: Option<Value>, history: &History) -> Self {
        Self {
            rule: subject.rule.clone(),
            zone: subject.zone.clone(),
            incident_type: subject.incident.clone(),
            threshold: subject.threshold,
            repeat_window_us: micros(subject.repeat_window),
            memory,
            current: history.current.as_ref().map(IncidentV1::of),
            previous_alert_id: history.previous_alert_id.map(|id| id.to_string()),
            earlier_us: history.earlier.iter().map(|at| at.unix_micros()).collect(),
            day: history.day.map(|day| (day.date, day.opened)),
            silences: SilencesV1::of(history),
        }
    }

    fn saved(
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
        let subject = Subject {
            camera: Arc::clone(camera),
            rule: self.rule,
            zone: self.zone,
            // It follows from the zone as it is drawn now, if there still is one.
            footprint: None,
            incident: self.incident_type,
            threshold: self.threshold,
            repeat_window: Duration::from_micros(self.repeat_window_us),
            sought: None,
        };
        Ok(SavedRule { subject, memory: self.memory, history })
    }
}

fn uuid(text: &str) -> Result<Uuid, serde_json::Error> {
    Uuid::try_parse(text).map_err(serde::de::Error::custom)
}
