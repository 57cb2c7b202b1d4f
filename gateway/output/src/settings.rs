//! One output as it is configured: what moves, by which alerts, and for how long at most.

use std::time::Duration;

use serde::Serialize;

use crate::approval::Approved;
use crate::coils::Coils;

/// Nothing is held for longer than this, whatever a file says: people stand in the lift.
pub const MOST_HOLD: Duration = Duration::from_secs(120);

/// How far an output may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It does nothing.
    #[default]
    Off,
    /// It judges and writes down what it would have done, and moves nothing.
    Test,
    /// It moves, if two persons have approved it.
    Live,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A lift is held with its door open (阻车).
    LiftHold,
    /// A warning is spoken (语音劝阻).
    VoiceWarning,
}

/// By what way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Coils of a Modbus device.
    Modbus(Coils),
    /// The retained topic of the output: who acts by it lets go at `release_at`, and when the gateway's own
    /// status says that it is offline.
    Mqtt,
}

/// Where an alert comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The id of the camera, door controller or sensor.
    pub id: String,
    /// The rule; none: any rule of the type.
    pub rule: Option<String>,
}

/// Which alerts move it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The incident type.
    pub incident: String,
    /// Where it comes from.
    pub source: Source,
}

/// One output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its id.
    pub id: String,
    /// Its name as people say it.
    pub name: String,
    /// How far it may go.
    pub mode: Mode,
    /// What is done.
    pub action: Action,
    /// By what way.
    pub way: Way,
    /// Which alerts move it.
    pub triggers: Vec<Trigger>,
    /// How long it is held, [`MOST_HOLD`] at most.
    pub hold: Duration,
    /// From the end of one hold to the begin of the next.
    pub pause: Duration,
    /// Holds in any hour.
    pub most_per_hour: u32,
    /// Devices that tell of fire. While one of them is not heard, nothing is held.
    pub fire_devices: Vec<String>,
    /// Who has approved the file as it is now.
    pub approved: Approved,
}

impl Settings {
    /// Whether it ever moves anything as it is.
    pub(crate) fn may_move(&self) -> bool {
        self.mode == Mode::Live && self.approved.missing().is_none()
    }
}
