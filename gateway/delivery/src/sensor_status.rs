//! How a door controller or sensor is, as its retained topic tells it.

use std::collections::BTreeMap;

use runtime::rfc3339;
use scene::CaptureTime;
use serde::Serialize;

/// How a door controller or sensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SensorState {
    /// It answers, and can be judged.
    Online,
    /// It answers, and what it says cannot be kept.
    Degraded,
    /// It does not answer.
    Offline,
    /// It refused the login.
    Refused,
}

/// What the centre learns about one door controller or sensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensorStatus {
    /// How it is.
    pub state: SensorState,
    /// Why it is not online, in words for a technician.
    pub reason: Option<String>,
    /// When it was last heard before it went; none while it is online, and if it never was.
    pub last_heard_at: Option<CaptureTime>,
    /// How far its clock is ahead of ours in seconds, negative if it is behind; none if that is not
    /// known.
    pub clock_ahead_secs: Option<i64>,
    /// Of a checkpoint: by how many milliseconds its camera's clock is ahead of its doors', negative if it is
    /// behind; none before enough people have passed alone.
    pub camera_ahead_ms: Option<i64>,
    /// How much of what it said was lost since the gateway was started, by the kind of signal: more came
    /// than could be judged.
    pub dropped: BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct Json<'a> {
    status: SensorState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_heard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_ahead_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    camera_ahead_ms: Option<i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dropped: &'a BTreeMap<String, u64>,
}

impl SensorStatus {
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let json = Json {
            status: self.state,
            reason: self.reason.as_deref(),
            last_heard: self.last_heard_at.map(rfc3339),
            clock_ahead_s: self.clock_ahead_secs,
            camera_ahead_ms: self.camera_ahead_ms,
            dropped: &self.dropped,
        };
        // Strings, numbers and options only: this cannot fail.
        serde_json::to_vec(&json).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{SensorState, SensorStatus};
    use scene::CaptureTime;

    #[test]
    fn a_technician_reads_why_since_when_and_that_its_clock_is_wrong() {
        let status = SensorStatus {
            state: SensorState::Refused,
            reason: Some("it refuses the password".into()),
            last_heard_at: Some(CaptureTime::from_unix_micros(1_790_000_000_500_000)),
            clock_ahead_secs: Some(-61),
            camera_ahead_ms: Some(2_300),
            dropped: [("tamper".to_owned(), 2)].into(),
        };
        assert_eq!(
            String::from_utf8(status.to_json()).unwrap(),
            r#"{"status":"refused","reason":"it refuses the password","last_heard":"2026-09-21T14:13:20.5Z","clock_ahead_s":-61,"camera_ahead_ms":2300,"dropped":{"tamper":2}}"#
        );
    }
}
