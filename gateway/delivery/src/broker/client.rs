//! What a client of either version of MQTT must offer, and what both are told.

use std::pin::Pin;

use futures::Stream;

use crate::broker::signal::{Message, Signal};
use crate::error::BrokerError;
use crate::settings::Settings;
use crate::window::WindowError;

/// Most messages that the broker may send before their acknowledgement, where it can be told (MQTT
/// 5): what is bounded here waits at the broker instead.
pub(super) const RECEIVE_MAXIMUM: u16 = 16;

/// What one poll brought: signals, and the end if it came.
pub(super) struct Batch {
    pub(super) signals: Vec<Signal>,
    pub(super) end: Option<BrokerError>,
    /// Whether the broker said anything.
    pub(super) is_heard: bool,
}

/// How far a connection is: what the library cannot read means another thing before CONNACK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The broker has not answered CONNECT yet.
    Greeting,
    /// It has accepted it.
    Accepted,
}

pub(super) type Batches<'a> = Pin<Box<dyn Stream<Item = Batch> + 'a>>;

/// A client of either version. Never waits: what it is given is written by the next polls.
pub(super) trait Client {
    fn publish(&self, message: Message<'_>) -> Result<(), WindowError>;
    fn subscribe(&self, filters: &[String]) -> Result<(), WindowError>;
    fn acknowledge(&self, packet_id: u16) -> Result<(), WindowError>;
    fn disconnect(&self) -> Result<(), WindowError>;
}

impl Batch {
    /// The signals up to the first fault, be it in one of the events or behind them.
    pub(super) fn gather(
        events: impl Iterator<Item = Result<Option<Signal>, BrokerError>>,
        end: Option<BrokerError>,
        is_heard: bool,
    ) -> Self {
        let mut signals = Vec::new();
        for event in events {
            match event {
                Ok(signal) => signals.extend(signal),
                Err(lost) => return Self { signals, end: Some(lost), is_heard },
            }
        }
        Self { signals, end, is_heard }
    }
}

/// Room for the whole window, every acknowledgement that may be due, SUBSCRIBE and DISCONNECT. There
/// may be as many acknowledgements as packet ids: MQTT 3.1.1 knows no limit, Mosquitto 2.0 sends
/// more than our limit when it resumes a session, and the library reads many packets between two
/// writes.
pub(super) fn queue_packets(settings: &Settings) -> usize {
    usize::from(settings.window) + usize::from(u16::MAX) + 2
}

/// One more than the window: when its limit is reached, the library holds back acknowledgements,
/// too.
pub(super) fn library_window(settings: &Settings) -> u16 {
    settings.window.saturating_add(1)
}
