//! What an alert says: the full state of one incident.

use std::sync::Arc;

use rule::{Finding, Slug};
use scene::{CaptureTime, Clock, GeoPoint};
use uuid::Uuid;

use super::action::{Action, State};
use super::case_echo::CaseEcho;
use super::evidence::Evidence;
use super::measurement::Measured;
use super::threshold::Threshold;
use super::verification::Verification;
use super::witness::CameraWitness;
use crate::incident_type::IncidentType;
use crate::profile::CameraProfile;
use crate::site::Site;

/// The full state of one incident, never only a change. Receivers tell messages apart by
/// (`alert_id`, `seq`).
///
/// An alert is a clue. A person decides; the alert alone never proves an offence.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Identity of this message: a `UUIDv7` that follows from (`alert_id`, `seq`).
    pub msg_id: Uuid,
    /// Identity of the incident: a `UUIDv7`, the same over its whole life and after a crash.
    pub alert_id: Uuid,
    /// 1 for the opening message, one more for each that follows.
    pub seq: u32,
    /// Why this message is sent.
    pub action: Action,
    /// The state of the scene.
    pub state: State,
    /// The camera and its place.
    pub camera: Arc<CameraProfile>,
    /// Where on the ground it is, the same over its whole life. None: the camera's own position
    /// stands for it.
    pub site: Option<Site>,
    /// The outline of its zone on the ground as a closed ring, if the camera knows it.
    pub footprint: Option<Vec<GeoPoint>>,
    /// What kind of incident it is.
    pub incident: IncidentType,
    /// What was seen, in Chinese, without personal data: `1个目标停留超过300秒`.
    pub description: String,
    /// When.
    pub times: Times,
    /// What was detected, and by which rule.
    pub detection: Detection,
    /// What was measured, if the alert is of a door or sensor: then no object was detected.
    pub measurement: Option<Measured>,
    /// Which other alerts it repeats.
    pub dedupe: Dedupe,
    /// What the case system last said of it, if anything.
    pub case: Option<CaseEcho>,
    /// What the latest re-check (核查) found, if there was one.
    pub verification: Option<Verification>,
    /// What the camera that sees the device has shown of it, if one is named.
    pub witness: Option<CameraWitness>,
    /// Pictures and clips that prove it; see [`Alert::attach`].
    pub evidence: Vec<Evidence>,
}

/// The times of an incident, all of them capture times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The first picture that showed it.
    pub first_seen_at: CaptureTime,
    /// The picture before it, which did not show it: it came in between. None if it was there from the first
    /// picture, or if that is not known.
    pub not_before_at: Option<CaptureTime>,
    /// The latest picture that showed it.
    pub last_seen_at: CaptureTime,
    /// When its rule was met.
    pub opened_at: CaptureTime,
    /// When it was cleared, unless it is open.
    pub cleared_at: Option<CaptureTime>,
    /// When it was closed.
    pub closed_at: Option<CaptureTime>,
    /// Where the time of this message's picture came from.
    pub clock: Clock,
}

/// What was detected, and by which rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// The rule.
    pub rule: Slug,
    /// The zone; of a rule on signals, device and point.
    pub zone: Slug,
    /// The least score that counts.
    pub threshold: Threshold,
    /// What the rule found; its subjects are those that this message's picture shows.
    pub finding: Finding,
}

/// How alerts of the same kind and place relate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dedupe {
    /// 32 hex digits; there is one open alert per key.
    pub key: String,
    /// Earlier alerts with this key within the repeat window.
    pub repeat_count: u32,
    /// The length of that window in seconds.
    pub repeat_window_secs: u64,
    /// The latest of them.
    pub previous_alert_id: Option<Uuid>,
    /// The alert that the case system goes on with instead of this one.
    pub merged_into: Option<Uuid>,
    /// This alert sums up all incidents of its rule beyond the daily cap.
    pub summary: Option<Summary>,
}

/// An alert that sums up the incidents of a rule beyond its daily cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// The rule's cap: this many alerts were opened one by one before.
    pub daily_cap: u32,
    /// How often the rule has been met since then, 1 or more.
    pub occurrences: u32,
}

impl Alert {
    /// Adds a picture or clip. A message holds 16 at most; further ones are left out.
    pub fn attach(&mut self, evidence: Evidence) {
        self.evidence.push(evidence);
    }

    /// Whether it links to evidence that may show a person. Its words and numbers never do; a
    /// picture that is not masked may.
    #[must_use]
    pub fn contains_personal_data(&self) -> bool {
        self.evidence.iter().any(|evidence| !evidence.masked.is_complete())
    }
}

impl Summary {
    /// The sentence that follows the description.
    pub(crate) fn words(self) -> String {
        let Self { daily_cap, occurrences } = self;
        format!("；本日已单独上报{daily_cap}起，达到每日上限，其后{occurrences}起合并于本条")
    }
}
