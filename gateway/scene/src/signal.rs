//! What a door or a sensor says: one reading of one point.
//!
//! The vocabulary is closed. Each kind has one form of value and, if it is a number, one unit, so
//! that a rule compares like with like. Whoever reads the device converts, and leaves out whatever
//! names a person.

use std::fmt;
use std::sync::Arc;

use crate::time::{CaptureTime, Clock};

/// The point of every device that says whether the device itself is there.
pub const DEVICE_POINT: &str = "device";

/// What a signal is about.
///
/// Words of door states follow the ONVIF Door Control and Access Control services; units are UCUM
/// codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignalKind {
    /// Whether a door's leaf is open. Flag: true is open (ONVIF `DoorPhysicalState`).
    DoorContact,
    /// Whether a door is locked. Flag: true is locked (ONVIF `LockPhysicalState`).
    Lock,
    /// Something that happened at a door. Code: a [`DoorEvent`].
    DoorEvent,
    /// Whether a device is being tampered with. Flag: true is tampering (ONVIF `DoorTamperState`).
    Tamper,
    /// Whether a detector reports smoke. Flag: true is smoke.
    Smoke,
    /// Current that leaves a circuit for the earth. Number: mA, from 0.
    ResidualCurrent,
    /// Temperature of a cable, a device or the air. Number: degrees Celsius, from -273.15.
    Temperature,
    /// Height of the water above the zero of its gauge. Number: metres, of either sign.
    WaterLevel,
    /// Whether a device is there. Flag: true if it says so itself, false if somebody else (its
    /// controller, or a broker by its last will) says that it is gone.
    Heartbeat,
    /// People whom a camera saw cross a counting line inward at once. Number: people, from 0.
    Crossing,
    /// Whether a camera sees somebody where a guard must be. Flag: true is somebody.
    Guard,
    /// Whether a camera sees an e-bike that stands where none may. Flag: true is an e-bike.
    Ebike,
    /// Whether a camera sees a charging wire at such an e-bike. Flag: true is a wire.
    ChargingWire,
}

/// Something that happened at a door: a moment, not a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoorEvent {
    /// Opened without being released (ONVIF `DoorForcedOpen`).
    ForcedOpen,
    /// Open for longer than its controller allows (ONVIF `DoorOpenTooLong`).
    HeldOpen,
    /// A credential was accepted. Whose it was is not kept.
    AccessGranted,
    /// Released from within, such as by the button beside the door; no credential was shown.
    ExitRequest,
    /// A credential was refused.
    AccessDenied,
    /// Opened by somebody who signals that he is being forced to (ONVIF `Duress`).
    Duress,
    /// More people passed than credentials were accepted, as the door's controller counts.
    Tailgating,
    /// Released by the fire alarm.
    FireRelease,
}

/// A value, in the form and unit of its [`SignalKind`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SignalValue {
    /// Yes or no.
    Flag(bool),
    /// A measured quantity.
    Number(f64),
    /// One of a closed list.
    Code(DoorEvent),
}

/// A value and how far it can be trusted: the three severities of an OPC UA `StatusCode`
/// (IEC 62541-4).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// The device vouches for it.
    Good(SignalValue),
    /// The device doubts it, or it was read with difficulty: stale, out of calibration, out of the
    /// device's own range. A rule may prolong an incident by it, and must not open one.
    Uncertain(SignalValue),
    /// The point was asked and gave nothing usable. Like a gap, it counts for and against nothing.
    Bad,
}

/// Where a signal comes from. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalSource {
    /// The device, by its name in the configuration.
    pub device: Arc<str>,
    /// The point of that device: a door, a reader, an input, a register.
    pub point: Arc<str>,
}

/// One reading of one point of one door or sensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    source: SignalSource,
    kind: SignalKind,
    reading: Reading,
    captured_at: CaptureTime,
    clock: Clock,
}

/// A value that no signal of its kind can have.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a signal of kind {kind} is {}, found {found}", kind.form())]
pub struct SignalError {
    /// The kind.
    pub kind: SignalKind,
    /// The value that does not fit it.
    pub found: SignalValue,
}

impl SignalKind {
    /// All kinds of which doors and sensors tell.
    pub const ALL: [Self; 9] = [
        Self::DoorContact,
        Self::Lock,
        Self::DoorEvent,
        Self::Tamper,
        Self::Smoke,
        Self::ResidualCurrent,
        Self::Temperature,
        Self::WaterLevel,
        Self::Heartbeat,
    ];

    /// All kinds of which cameras tell.
    pub const SEEN: [Self; 4] = [Self::Crossing, Self::Guard, Self::Ebike, Self::ChargingWire];

    /// The word for it, as in configurations and alerts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::DoorContact => "door_contact",
            Self::Lock => "lock",
            Self::DoorEvent => "door_event",
            Self::Tamper => "tamper",
            Self::Smoke => "smoke",
            Self::ResidualCurrent => "residual_current",
            Self::Temperature => "temperature",
            Self::WaterLevel => "water_level",
            Self::Heartbeat => "heartbeat",
            Self::Crossing => "crossing",
            Self::Guard => "guard",
            Self::Ebike => "ebike",
            Self::ChargingWire => "charging_wire",
        }
    }

    /// The kind with this [`SignalKind::word`].
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().chain(Self::SEEN).find(|kind| kind.word() == word)
    }

    /// Whether its value is yes or no.
    #[must_use]
    pub const fn is_flag(self) -> bool {
        matches!(self.form(), Form::Flag)
    }

    /// The UCUM code of its unit; none if its value is no number.
    #[must_use]
    pub const fn unit(self) -> Option<&'static str> {
        match self.form() {
            Form::Number { unit, .. } => Some(unit),
            Form::Flag | Form::Code => None,
        }
    }

    const fn form(self) -> Form {
        match self {
            Self::DoorContact
            | Self::Lock
            | Self::Tamper
            | Self::Smoke
            | Self::Heartbeat
            | Self::Guard
            | Self::Ebike
            | Self::ChargingWire => Form::Flag,
            Self::DoorEvent => Form::Code,
            Self::ResidualCurrent => Form::Number { unit: "mA", least: Some(0.0) },
            Self::Temperature => Form::Number { unit: "Cel", least: Some(-273.15) },
            Self::WaterLevel => Form::Number { unit: "m", least: None },
            Self::Crossing => Form::Number { unit: "{person}", least: Some(0.0) },
        }
    }

    fn allows(self, value: SignalValue) -> bool {
        match (self.form(), value) {
            (Form::Flag, SignalValue::Flag(_)) | (Form::Code, SignalValue::Code(_)) => true,
            // Neither NaN nor infinity is a measurement.
            (Form::Number { least, .. }, SignalValue::Number(number)) => {
                number.is_finite() && least.is_none_or(|least| number >= least)
            }
            _ => false,
        }
    }
}

/// Which values a kind has.
enum Form {
    Flag,
    Code,
    Number {
        /// UCUM code.
        unit: &'static str,
        /// The least number that makes sense.
        least: Option<f64>,
    },
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("true or false"),
            Self::Code => f.write_str("the code of an event"),
            Self::Number { unit, least: None } => write!(f, "a number in {unit}"),
            Self::Number { unit, least: Some(least) } => {
                write!(f, "a number in {unit}, at least {least}")
            }
        }
    }
}

impl fmt::Display for SignalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl DoorEvent {
    /// All events.
    pub const ALL: [Self; 8] = [
        Self::ForcedOpen,
        Self::HeldOpen,
        Self::AccessGranted,
        Self::ExitRequest,
        Self::AccessDenied,
        Self::Duress,
        Self::Tailgating,
        Self::FireRelease,
    ];

    /// The event with this [`DoorEvent::word`].
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.word() == word)
    }

    /// The word for it, as in configurations and alerts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ForcedOpen => "forced_open",
            Self::HeldOpen => "held_open",
            Self::AccessGranted => "access_granted",
            Self::ExitRequest => "exit_request",
            Self::AccessDenied => "access_denied",
            Self::Duress => "duress",
            Self::Tailgating => "tailgating",
            Self::FireRelease => "fire_release",
        }
    }
}

impl fmt::Display for SignalValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Code(event) => f.write_str(event.word()),
        }
    }
}

impl Reading {
    /// The value, whether trusted or doubted; none if the reading is bad.
    #[must_use]
    pub const fn value(self) -> Option<SignalValue> {
        match self {
            Self::Good(value) | Self::Uncertain(value) => Some(value),
            Self::Bad => None,
        }
    }
}

impl Signal {
    /// What `source` said at `captured_at`.
    ///
    /// # Errors
    /// If the value does not have the form of its kind, is no finite number, or is out of range.
    pub fn new(
        source: SignalSource,
        kind: SignalKind,
        reading: Reading,
        captured_at: CaptureTime,
        clock: Clock,
    ) -> Result<Self, SignalError> {
        match reading.value() {
            Some(found) if !kind.allows(found) => Err(SignalError { kind, found }),
            _ => Ok(Self { source, kind, reading, captured_at, clock }),
        }
    }

    /// The device and the point that said it.
    #[must_use]
    pub const fn source(&self) -> &SignalSource {
        &self.source
    }

    /// What it is about; this fixes its unit.
    #[must_use]
    pub const fn kind(&self) -> SignalKind {
        self.kind
    }

    /// The value and how far it can be trusted.
    #[must_use]
    pub const fn reading(&self) -> Reading {
        self.reading
    }

    /// When the device took the reading.
    #[must_use]
    pub const fn captured_at(&self) -> CaptureTime {
        self.captured_at
    }

    /// Where that time came from.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }
}

#[cfg(test)]
mod tests;
