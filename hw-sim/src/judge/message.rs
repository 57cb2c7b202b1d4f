//! An alert as its consumer reads it: only the fields that the judge needs, and no stricter than a
//! command centre.

use jiff::Timestamp;
use serde::Deserialize;

/// One message: the full state of one alert at one moment.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AlertMessage {
    /// Constant over the life of the alert.
    pub alert_id: String,
    /// 1 for the first message of an alert, one more for each that follows.
    pub seq: u64,
    /// `open`, `update`, `clear`, `verify` or `close`.
    pub action: String,
    /// State of the scene, such as `open` or `cleared`, if the message says it.
    pub state: Option<String>,
    /// Why it was closed.
    pub close_reason: Option<String>,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// What the gateway knows of its case.
    pub case: Option<CaseEcho>,
    /// When it happened.
    pub times: Times,
    /// Who saw it.
    pub source: Source,
    /// Where it is.
    pub geo: Option<Place>,
    /// How it was seen.
    pub detection: Option<Detection>,
    /// What a door or a sensor told.
    pub measurement: Option<Measured>,
    /// 0..1.
    pub confidence: Option<f64>,
    /// Pictures.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
}

/// The event's code and Chinese name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EventType {
    /// Such as `fire_passage_blocked`.
    pub code: String,
    /// Such as 占用消防通道.
    pub name: String,
}

/// What the gateway knows of an alert's case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CaseEcho {
    /// How far it is, such as `dispatched` or `cancelled`.
    pub stage: Option<String>,
}

/// Moments in the life of an alert, by the camera's clock except `sent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Times {
    /// First picture that showed it.
    pub first_seen: Timestamp,
    /// The last picture that showed it.
    pub last_seen: Option<Timestamp>,
    /// The picture that fulfilled the rule first.
    pub opened: Option<Timestamp>,
    /// The picture that showed it gone.
    pub cleared: Option<Timestamp>,
    /// When the gateway wrote this message.
    pub sent: Timestamp,
}

/// The gateway and its device.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Source {
    /// The gateway.
    pub gateway_id: String,
    /// The camera.
    pub device_id: String,
}

/// A place on the earth.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Place {
    /// Longitude, latitude and, if known, height, WGS-84.
    pub point: Vec<f64>,
    /// 95 % radius in metres.
    pub accuracy_m: Option<f64>,
}

/// What the detector and the rule say.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Detection {
    /// The zone.
    pub roi_id: Option<String>,
    /// How long it has stood, seconds.
    pub dwell_s: Option<f64>,
}

/// What a door or a sensor told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Measured {
    /// The door, input or register of the device.
    pub point: Option<String>,
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Evidence {
    /// Where to fetch it.
    pub uri: Option<String>,
    /// SHA-256 of the picture, in hex.
    pub sha256: String,
}

/// What a gateway says about something that alerts move.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OutputState {
    /// `released`, `held`, `blocked` and others.
    pub status: String,
    /// The alert by which it is held.
    pub alert_id: Option<String>,
    /// When it is let go at the latest: RFC 3339.
    pub release_at: Option<String>,
}

/// What a gateway says about one of its devices.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DeviceStatus {
    /// `online`, `degraded` or `offline`.
    pub status: String,
    /// Why it is not online.
    pub reason: Option<String>,
    /// Of a checkpoint: by how much its camera's clock is ahead of its doors', in milliseconds, if that is known.
    #[serde(default)]
    pub camera_ahead_ms: Option<i64>,
}

/// What a gateway says about the latest edit of its configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ConfigNews {
    /// `applied` or `refused`.
    pub state: String,
    /// Why it was refused.
    #[serde(default)]
    pub faults: Vec<String>,
    /// What it changed.
    #[serde(default)]
    pub changes: Vec<String>,
}

impl DeviceStatus {
    /// It delivers pictures, and they are analysed as often as its rules ask.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.status == "online"
    }
}

impl AlertMessage {
    /// Reads a message.
    ///
    /// # Errors
    /// What is missing or not JSON, with line and column.
    pub fn parse(payload: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(payload)
    }

    /// The zone, or the point of a device; empty if the alert names none.
    #[must_use]
    pub fn zone(&self) -> &str {
        let zone = self.detection.as_ref().and_then(|seen| seen.roi_id.as_deref());
        let point = || self.measurement.as_ref().and_then(|told| told.point.as_deref());
        zone.or_else(point).unwrap_or_default()
    }

    /// Whether it says that the thing stands there. An update of a case whose thing is gone does not.
    #[must_use]
    pub fn stands(&self) -> bool {
        matches!(self.action.as_str(), "open" | "update")
            && self.state.as_deref().is_none_or(|state| state == "open")
    }

    /// The moment at which the rule was fulfilled for the first time.
    #[must_use]
    pub fn opened_at(&self) -> Timestamp {
        self.times.opened.unwrap_or(self.times.first_seen)
    }

    /// The moment at which the rule was fulfilled again, in the first message that says that a thing
    /// which was gone stands there once more.
    #[must_use]
    pub fn opened_again_at(&self) -> Timestamp {
        self.times.last_seen.unwrap_or(self.times.sent)
    }

    /// When the thing was gone, according to a `clear` or `close`. `None` if the case system closed
    /// the alert: then the gateway did not find it gone.
    #[must_use]
    pub fn gone_at(&self) -> Option<Timestamp> {
        let own = !self.is_closed_by_case_system();
        self.times.cleared.or(own.then_some(self.times.sent))
    }

    fn is_closed_by_case_system(&self) -> bool {
        match self.close_reason.as_deref() {
            Some("case_closed" | "false_alarm" | "merged") => true,
            // `cancelled` is also written when a rule was removed; then the case is not cancelled.
            Some("cancelled") => {
                let stage = self.case.as_ref().and_then(|case| case.stage.as_deref());
                stage == Some("cancelled")
            }
            _ => false,
        }
    }
}
