//! What is in flight to the broker: handed over and not yet answered.

use tokio::time::Instant;

use crate::outbox::Row;

/// A message in flight.
pub(super) struct InFlight {
    pub(super) packet: Packet,
    pub(super) handed_over_at: Instant,
}

/// Whom a subscription is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// Case feedback and commands.
    Centre,
    /// What sensors publish.
    Sensors,
}

/// What a packet is.
pub(super) enum Packet {
    Row(Row),
    Status {
        topic: String,
    },
    Subscription(Hearing),
    /// The retained state of an alert, or its removal.
    AlertState {
        alert_id: String,
        is_removal: bool,
    },
    /// "Offline" at an orderly end.
    Offline,
}
