//! The wire form of an alert, schema `cg.alert/1`.

mod case;
mod evidence;
mod field;
mod measurement;
mod place;
mod sighting;
mod words;

use std::collections::BTreeMap;

use scene::{BoundingBox, CaptureTime, ClockSource, is_of_second_look};
use serde::Serialize;

use super::action::Action;
use super::content::Alert;
use crate::incident_type::{Category, ExternalCode, Routing};
use crate::profile::{self, CameraProfile};
use crate::source::{Protocol, SourceKind};
use case::{Case, Ext, Verification};
use evidence::{Item, Privacy};
use field::{MAX_CODES, MAX_EVIDENCE, MAX_LABEL, MAX_OBJECTS, cut, rfc3339, rounded};
use measurement::Measurement;
use place::{Geo, Grid};
use rule::{Likelihood, Subject};
use sighting::Sighting;

/// `times.clock` of times that nobody vouches for.
const UNSYNCED: &str = "unsynced";

#[derive(Serialize)]
struct Message<'a> {
    spec: &'static str,
    msg_id: String,
    alert_id: String,
    seq: u32,
    action: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    close_reason: Option<&'static str>,
    test: bool,
    r#type: Type<'a>,
    priority: u8,
    confidence: f64,
    title: String,
    description: String,
    times: Times,
    source: Source<'a>,
    grid: Grid<'a>,
    geo: Geo<'a>,
    /// Only of what was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    detection: Option<Detection<'a>>,
    /// Only of what was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    measurement: Option<Measurement<'a>>,
    /// Only where a camera sees the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<Sighting<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Item<'a>>,
    dedupe: Dedupe<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing: Option<&'a Routing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<Case<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<Verification>,
    privacy: Privacy,
    #[serde(skip_serializing_if = "Option::is_none")]
    ext: Option<Ext<'a>>,
}

#[derive(Serialize)]
struct Type<'a> {
    code: &'a str,
    name: &'a str,
    category: Category,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    codes: &'a [ExternalCode],
}

#[derive(Serialize)]
struct Times {
    first_seen: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    last_seen: String,
    opened: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cleared: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<String>,
    sent: String,
    clock: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_error_ms: Option<u32>,
    /// Only where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_believed: Option<bool>,
}

#[derive(Serialize)]
struct Source<'a> {
    gateway_id: &'a str,
    gateway_version: &'a str,
    kind: SourceKind,
    device_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_gb_id: Option<&'a str>,
    protocol: Protocol,
    report_channel: &'static str,
}

#[derive(Serialize)]
struct Detection<'a> {
    rule_id: &'a str,
    roi_id: &'a str,
    model: Model<'a>,
    objects: Vec<Object>,
    count: u32,
    dwell_s: f64,
    frames_positive: u32,
    frames_total: u32,
    threshold: f64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    class_thresholds: BTreeMap<&'a str, f64>,
    /// `null` if the crop is too small to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    stall_likelihood: Option<Option<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    second_look: Vec<Model<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cable: Option<Cable>,
}

/// The cable behind an alert.
#[derive(Serialize)]
struct Cable {
    length_px: u32,
    looks_positive: u32,
    looks_total: u32,
}

#[derive(Serialize)]
struct Model<'a> {
    name: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a str>,
}

#[derive(Serialize)]
struct Object {
    label: String,
    score: f64,
    r#box: [f64; 4],
    #[serde(skip_serializing_if = "Option::is_none")]
    track_id: Option<u64>,
}

#[derive(Serialize)]
struct Dedupe<'a> {
    key: &'a str,
    repeat_count: u32,
    repeat_window_s: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_alert_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Summary>,
}

#[derive(Serialize)]
struct Summary {
    daily_cap: u32,
    occurrences: u32,
}

impl Alert {
    /// The message as JSON of schema `cg.alert/1`, sent at `sent_at`.
    ///
    /// `times.clock` says `device` where the camera's own sender reports gave the time, else (time
    /// of arrival at the gateway) `ntp` if the error is known and `unsynced` if not.
    ///
    /// # Errors
    /// Whatever `serde_json` reports; none is known.
    pub fn to_json(&self, sent_at: CaptureTime) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Message::of(self, sent_at))
    }

    /// As [`Alert::to_json`], while the gateway's own clock is not believed: no time in the message
    /// can be relied on, and `times` says so.
    ///
    /// # Errors
    /// As [`Alert::to_json`].
    pub fn to_json_in_doubt(&self, sent_at: CaptureTime) -> Result<String, serde_json::Error> {
        let mut message = Message::of(self, sent_at);
        message.times.clock = UNSYNCED;
        message.times.clock_error_ms = None;
        message.times.clock_believed = Some(false);
        serde_json::to_string(&message)
    }
}

impl<'a> Message<'a> {
    fn of(alert: &'a Alert, sent_at: CaptureTime) -> Self {
        let camera = &*alert.camera;
        let incident = &alert.incident;
        let offset = camera.utc_offset;
        Self {
            spec: "cg.alert/1",
            msg_id: alert.msg_id.to_string(),
            alert_id: alert.alert_id.to_string(),
            seq: alert.seq,
            action: alert.action.as_str(),
            state: alert.state.as_str(),
            close_reason: match alert.action {
                Action::Close(reason) => Some(reason.as_str()),
                _ => None,
            },
            test: camera.test,
            r#type: Type {
                code: incident.code.as_str(),
                name: &incident.name,
                category: incident.category,
                codes: incident.codes.get(..MAX_CODES).unwrap_or(&incident.codes),
            },
            priority: incident.priority,
            confidence: rounded(alert.detection.finding.confidence),
            title: words::title(alert),
            description: words::description(alert),
            times: Times::of(alert, sent_at),
            source: Source::of(camera),
            grid: Grid::of(alert),
            geo: Geo::of(alert),
            detection: alert.measurement.is_none().then(|| Detection::of(alert)),
            measurement: alert.measurement.as_ref().map(|it| Measurement::of(alert, it)),
            witness: alert.witness.as_ref().map(Sighting::of),
            evidence: alert
                .evidence
                .iter()
                .take(MAX_EVIDENCE)
                .map(|evidence| Item::of(evidence, offset))
                .collect(),
            dedupe: Dedupe {
                key: &alert.dedupe.key,
                repeat_count: alert.dedupe.repeat_count,
                repeat_window_s: alert.dedupe.repeat_window_secs,
                previous_alert_id: alert.dedupe.previous_alert_id.map(|id| id.to_string()),
                merged_into: alert.dedupe.merged_into.map(|id| id.to_string()),
                summary: alert.dedupe.summary.map(|summary| Summary {
                    daily_cap: summary.daily_cap,
                    occurrences: summary.occurrences,
                }),
            },
            routing: incident.routing.as_ref(),
            case: alert.case.as_ref().map(Case::of),
            verification: alert.verification.as_ref().map(|it| Verification::of(it, offset)),
            privacy: Privacy::of(alert),
            ext: alert.case.as_ref().and_then(Ext::of),
        }
    }
}

impl Times {
    fn of(alert: &Alert, sent_at: CaptureTime) -> Self {
        let times = &alert.times;
        let text = |at| rfc3339(at, alert.camera.utc_offset);
        Self {
            first_seen: text(times.first_seen_at),
            not_before: times.not_before_at.map(text),
            last_seen: text(times.last_seen_at),
            opened: text(times.opened_at),
            cleared: times.cleared_at.map(text),
            closed: times.closed_at.map(text),
            sent: text(sent_at),
            clock: match (times.clock.source, times.clock.error_ms) {
                (ClockSource::SenderReport, _) => "device",
                (ClockSource::Arrival, Some(_)) => "ntp",
                (ClockSource::Arrival, None) => UNSYNCED,
            },
            clock_error_ms: times.clock.error_ms,
            clock_believed: None,
        }
    }
}

impl<'a> Source<'a> {
    fn of(camera: &'a CameraProfile) -> Self {
        Self {
            gateway_id: camera.gateway_id.as_str(),
            gateway_version: &camera.gateway_version,
            kind: camera.source.kind,
            device_id: camera.camera_id.as_str(),
            device_gb_id: camera.gb_id.as_deref(),
            protocol: camera.source.protocol,
            report_channel: camera.source.kind.report_channel(),
        }
    }
}

impl<'a> Detection<'a> {
    fn of(alert: &'a Alert) -> Self {
        let detection = &alert.detection;
        let finding = &detection.finding;
        let model = &alert.camera.model;
        let looked_twice = finding.likelihood.is_some()
            || finding.subjects.iter().any(|subject| is_of_second_look(&subject.class));
        let models = if looked_twice { model.second_look.as_slice() } else { &[] };
        let net = model.cable.as_deref().filter(|_| finding.cable.is_some());
        Self {
            rule_id: detection.rule.as_str(),
            roi_id: detection.zone.as_str(),
            model: Model::of(model),
            objects: finding.subjects.iter().take(MAX_OBJECTS).map(Object::of).collect(),
            count: finding.count,
            dwell_s: (finding.dwell.as_secs_f64() * 1e3).round() / 1e3,
            frames_positive: finding.pictures_positive,
            frames_total: finding.pictures_total.max(1),
            threshold: rounded(detection.threshold.usual),
            class_thresholds: detection
                .threshold
                .by_class
                .iter()
                .map(|(class, score)| (class.as_str(), rounded(*score)))
                .collect(),
            stall_likelihood: finding.likelihood.map(|it| match it {
                Likelihood::Of(likely) => Some(rounded(likely)),
                Likelihood::TooSmall => None,
            }),
            second_look: models.iter().chain(net).map(Model::of).collect(),
            cable: finding.cable.map(|it| Cable {
                length_px: it.length_px,
                looks_positive: it.seen,
                looks_total: it.looks,
            }),
        }
    }
}

impl<'a> Model<'a> {
    fn of(model: &'a profile::Model) -> Self {
        let profile::Model { name, version, sha256, .. } = model;
        Self { name, version, sha256: sha256.as_deref() }
    }
}

impl Object {
    fn of(subject: &Subject) -> Self {
        let BoundingBox { left, top, right, bottom } = subject.bbox;
        let [left, top, right, bottom] = [left, top, right, bottom].map(rounded);
        // Differences of rounded edges, rounded again: 0.63 - 0.41 is not 0.22 in binary.
        let span = |from: f64, to: f64| ((to - from).clamp(0.0, 1.0) * 1e4).round() / 1e4;
        Self {
            label: cut(subject.class.as_str(), MAX_LABEL),
            score: rounded(subject.score),
            r#box: [left, top, span(left, right), span(top, bottom)],
            // Tracks count from 1; what a single picture showed has none.
            track_id: Some(subject.track_id.0).filter(|id| *id > 0),
        }
    }
}
