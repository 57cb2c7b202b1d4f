//! What a full mailbox keeps: how much is lost with a signal.

use scene::{Signal, SignalKind};

/// How much is lost with a signal, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// A reading or a sign of life: the next one replaces it.
    Reading,
    /// A state: the device may tell it again, or only what follows.
    State,
    /// An alarm, or something that happened: told once.
    Event,
}

impl Weight {
    /// The weight of `signal`.
    pub(crate) fn of(signal: &Signal) -> Self {
        match signal.kind() {
            SignalKind::Heartbeat
            | SignalKind::ResidualCurrent
            | SignalKind::Temperature
            | SignalKind::WaterLevel => Self::Reading,
            SignalKind::DoorContact
            | SignalKind::Lock
            | SignalKind::Guard
            | SignalKind::Ebike
            | SignalKind::ChargingWire => Self::State,
            SignalKind::DoorEvent
            | SignalKind::Smoke
            | SignalKind::Tamper
            | SignalKind::Crossing => Self::Event,
        }
    }
}
