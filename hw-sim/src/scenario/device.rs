//! What the doors and sensors of a scenario are, and what they do when.

use std::time::Duration;

use jiff::civil::Time;

use crate::door::What;

/// All that doors and sensors do in a scenario.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Story {
    /// The devices, in the order of the file.
    pub devices: Vec<Device>,
    /// What happens to them, by time.
    pub steps: Vec<Step>,
    /// The gateway's local time when the story begins; none if no rule asks for the hour.
    pub begins_at: Option<Time>,
    /// The camera whose clip the story follows: then its times are those of the clip.
    pub in_step_with: Option<String>,
}

/// One simulated door or sensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id in the gateway's configuration.
    pub id: String,
    /// How it speaks.
    pub kind: DeviceKind,
    /// TCP port on 127.0.0.1 where it listens; for a fire transmitter, where the gateway does.
    pub port: u16,
    /// Whether it is a part of the story that it does not answer for a while.
    pub goes_away: bool,
}

/// How a device speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// Hikvision's doors.
    Isapi,
    /// Dahua's doors.
    Dahua,
    /// A door that is asked by SOAP.
    Onvif,
    /// Registers.
    Modbus,
    /// A fire transmitter.
    Gb26875,
    /// It publishes at the broker.
    Mqtt,
    /// No device: a checkpoint, which has a story by its doors and its camera.
    Checkpoint,
}

impl DeviceKind {
    /// Whether it is a door controller.
    #[must_use]
    pub const fn is_door(self) -> bool {
        matches!(self, Self::Isapi | Self::Dahua | Self::Onvif)
    }
}

/// Something that one device does at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// From the begin of the story.
    pub at: Duration,
    /// Which device, by its place in [`Story::devices`].
    pub device: usize,
    /// What it does.
    pub act: Act,
}

/// What a device does.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Something happens at a door of it.
    Door(Happens),
    /// Its connections break; it tells its latest events again on the next one.
    BreakOff,
    /// It loses its power.
    GoAway,
    /// It has power again.
    ComeBack,
    /// An input register of unit 1 has another value.
    Register {
        /// From 0.
        address: u16,
        /// As it is read.
        value: u16,
    },
    /// A component of fire system 1 reports its state.
    Component {
        /// Its address.
        address: u32,
        /// Whether it reports a fire.
        is_fire: bool,
    },
    /// It publishes this payload.
    Publish(String),
}

/// Something that happens at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happens {
    /// From 1.
    pub door: u8,
    /// What.
    pub what: What,
}
