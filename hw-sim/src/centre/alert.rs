//! An alert as a case system reads it: more fields than the judge needs, and no stricter than its
//! work requires.

use jiff::Timestamp;
use serde::Deserialize;

use super::profile::{Grade, LoopName};

/// One message: the full state of one alert.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Alert {
    /// Constant over the life of the alert.
    pub alert_id: String,
    /// 1 for the first message of an alert.
    pub seq: u64,
    /// `open`, `update`, `clear`, `verify` or `close`.
    pub action: String,
    /// State of the scene.
    pub state: String,
    /// Why it was closed.
    pub close_reason: Option<String>,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// When.
    pub times: Times,
    /// Who saw it.
    pub source: Source,
    /// The grid that is responsible for it.
    pub grid: Grid,
    /// Where.
    pub geo: Place,
    /// How often it was seen before.
    pub dedupe: Dedupe,
    /// The gateway's hint which loop should handle it.
    #[serde(default)]
    pub routing: Routing,
    /// What the re-check found.
    pub verification: Option<Verification>,
    /// Pictures.
    #[serde(default)]
    pub evidence: Vec<Picture>,
}

/// The event's code and Chinese name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "as the alert's schema says")]
pub struct Kind {
    pub code: String,
    pub name: String,
}

/// When it happened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "as the alert's schema says")]
pub struct Times {
    pub first_seen: Timestamp,
    pub sent: Timestamp,
}

/// The gateway and its device.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "as the alert's schema says")]
pub struct Source {
    pub gateway_id: String,
    pub device_id: String,
}

/// From the largest division to the smallest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "as the alert's schema says")]
pub struct Grid {
    pub unit_code: Option<String>,
    pub path: Vec<GridLevel>,
}

/// One division.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "as the alert's schema says")]
pub struct GridLevel {
    pub level: String,
    pub code: String,
    pub name: Option<String>,
}

/// Longitude and latitude first, WGS-84.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "as the alert's schema says")]
pub struct Place {
    pub point: Vec<f64>,
    pub address: Option<String>,
}

/// How often it was seen before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "as the alert's schema says")]
pub struct Dedupe {
    #[serde(default)]
    pub repeat_count: u32,
}

/// The gateway's hint which loop should handle the case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "as the alert's schema says")]
pub struct Routing {
    #[serde(rename = "loop")]
    pub loop_name: Option<LoopName>,
    pub grade: Option<Grade>,
}

/// What the re-check found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "as the alert's schema says")]
pub struct Verification {
    pub request_msg_id: String,
    pub result: Verdict,
    pub reason: Option<String>,
    pub round: Option<u32>,
}

/// The result of a re-check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "as the alert's schema says")]
pub enum Verdict {
    Passed,
    Failed,
    Inconclusive,
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "as the alert's schema says")]
pub struct Picture {
    pub role: String,
    pub kind: String,
    pub uri: Option<String>,
}

impl Alert {
    /// Reads a message.
    ///
    /// # Errors
    /// What is missing or not JSON, with line and column.
    pub fn parse(payload: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(payload)
    }

    /// Whether the scene no longer shows it.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self.state.as_str(), "cleared" | "verified_clear" | "closed")
    }

    /// Whether it is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.action == "close" || self.state == "closed"
    }

    /// The smallest division that is responsible for it.
    #[must_use]
    pub fn grid_code(&self) -> &str {
        let path = self.grid.path.last().map(|level| level.code.as_str());
        self.grid.unit_code.as_deref().or(path).unwrap_or_default()
    }
}
