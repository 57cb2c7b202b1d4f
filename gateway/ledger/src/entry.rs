//! What the ledger keeps: alerts, the messages that tell of them, and the state of assessors.

use std::fmt;

/// The one alert state that the ledger understands: this alert is over.
pub const CLOSED: &str = "closed";

/// The place of a message in the outbox: strictly rising, never reused, survives restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub(crate) i64);

impl Sequence {
    /// Before every message.
    pub const START: Self = Self(0);

    /// The number itself; the first message has 1.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// From a number that [`Sequence::get`] gave.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The state of an alert after one of its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    /// Constant over the life of the alert.
    pub alert_id: String,
    /// What makes two incidents the same; contains no time.
    pub dedupe_key: String,
    /// Camera, door or sensor that saw it.
    pub device_id: String,
    /// Number of the message within this alert, from 1.
    pub seq: u32,
    /// State of the scene; [`CLOSED`] ends the alert, every other value is opaque here.
    pub state: String,
    /// When this state was reached: microseconds since the Unix epoch, UTC.
    pub updated_at_micros: i64,
}

/// A message that must reach the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// Full MQTT topic name.
    pub topic: String,
    /// Opaque payload.
    pub payload: Vec<u8>,
    /// Whether the broker keeps it as the topic's last value (MQTT 5 §3.3.1.3).
    pub retain: bool,
}

/// One step of one alert with the message that tells of it: both are kept, or neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The alert's state now.
    pub alert: AlertRow,
    /// The message for the broker.
    pub message: OutgoingMessage,
}

/// What the assessor of one device must remember over a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssessorState {
    /// Camera, door or sensor.
    pub device_id: String,
    /// Opaque state.
    pub state: Vec<u8>,
}

/// A message waiting for its acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedMessage {
    /// Its place in the outbox.
    pub sequence: Sequence,
    /// Messages with the same key must arrive in order: the alert's id for all that concerns an
    /// alert, the request's for the answer to a command.
    pub order_key: String,
    /// Full MQTT topic name.
    pub topic: String,
    /// Opaque payload.
    pub payload: Vec<u8>,
    /// Whether the broker keeps it as the topic's last value.
    pub retain: bool,
}

/// A message that answers a command or a case event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// As [`QueuedMessage::order_key`].
    pub order_key: String,
    /// The answer and its topic.
    pub message: OutgoingMessage,
}

/// What the retained topic of one alert must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertState {
    /// The alert.
    pub alert_id: String,
    /// The payload of its latest step. Empty: the retained message must be removed (MQTT 5
    /// §3.3.1.3 removes with an empty payload).
    pub payload: Vec<u8>,
}

/// How much waits in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Messages not yet acknowledged.
    pub messages: u64,
    /// Their payloads, in bytes.
    pub bytes: u64,
    /// When the event of the longest-waiting message happened, if any waits: microseconds since the
    /// Unix epoch, UTC.
    pub oldest_at: Option<i64>,
}
