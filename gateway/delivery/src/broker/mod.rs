//! One MQTT connection, as delivery sees it: this folder alone knows the client library.
//!
//! A client and its event loop live for one connection and are never polled after an error:
//! `rumqttc` keeps what was in flight and may send it again (or, without a session at the broker,
//! drop it) on its own. What is resent is decided by the ledger alone.

mod explain;
#[cfg(test)]
mod tests;
mod v311;
mod v5;

use std::pin::Pin;
use std::time::Duration;

use futures::{Stream, StreamExt};
use tokio::time::Instant;

use super::Settings;
use super::cloud_event::CloudEvent;
use super::credentials::Credentials;
use super::fault::Lost;
use super::settings::Protocol;
use super::window::OutOfStep;

pub(super) use v5::packet_bytes;

/// Most messages that the broker may send before their acknowledgement, where it can be told (MQTT
/// 5): what is bounded here waits at the broker instead.
pub(super) const RECEIVE_MAXIMUM: u16 = 16;

/// What the broker allows on this connection (MQTT 5 §3.2.2.3); MQTT 3.1.1 says none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// Most unanswered messages it accepts.
    pub(super) receive_maximum: u16,
    /// Largest packet it accepts, in bytes.
    pub(super) packet_limit: Option<u32>,
    /// How often it is asked whether it is still there.
    pub(super) keep_alive: Duration,
    /// Whether it still knows this client: its subscriptions, and what waits for it.
    pub(super) session_present: bool,
}

/// What happened on the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Signal {
    /// CONNACK: publishing may begin.
    Connected(Terms),
    /// The oldest packet handed over but not yet written went out with this packet id.
    Sent(u16),
    /// PUBACK that takes the message over.
    Accepted(u16),
    /// PUBACK that does not, with the reason code's name (MQTT 5 §3.4.2.1).
    Refused(u16, String),
    /// SUBACK: the subscriptions stand, or why one of them does not.
    Subscribed(u16, Result<(), String>),
    /// PUBLISH from the broker.
    Arrived(Letter),
    /// Our DISCONNECT is written.
    Farewell,
}

/// A message from the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    /// The whole topic, as sent; not yet known to be text.
    pub(super) topic: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) retained: bool,
    /// To acknowledge it with; none at QoS 0, which is sent once and never again.
    pub(super) packet_id: Option<u16>,
}

/// A message to the broker.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub(super) topic: &'a str,
    pub(super) payload: Vec<u8>,
    pub(super) retain: bool,
    /// Told in MQTT 5 only.
    pub(super) event: Option<CloudEvent>,
}

/// What one poll brought: signals, and the end if it came.
struct Batch {
    signals: Vec<Signal>,
    end: Option<Lost>,
    /// Whether the broker said anything.
    is_heard: bool,
}

type Batches<'a> = Pin<Box<dyn Stream<Item = Batch> + 'a>>;

/// A client of either version. Never waits: what it is given is written by the next polls.
trait Speaker {
    fn publish(&self, message: Message<'_>) -> Result<(), OutOfStep>;
    fn subscribe(&self, filters: &[String]) -> Result<(), OutOfStep>;
    fn acknowledge(&self, packet_id: u16) -> Result<(), OutOfStep>;
    fn disconnect(&self) -> Result<(), OutOfStep>;
}

/// A connection from before TCP's SYN to its end.
pub(super) struct Connection<'a> {
    settings: &'a Settings,
    speaker: Box<dyn Speaker>,
    /// Holds the poll that is under way: dropping a half-done one could tear a packet, so
    /// `select!` only ever drops the wait for the stream's next item.
    batches: Batches<'a>,
    heard_at: Instant,
    is_leaving: bool,
}

impl<'a> Connection<'a> {
    /// Prepares a connection; [`Connection::next`] makes it.
    pub(super) fn new(settings: &'a Settings, credentials: &Credentials) -> Self {
        let (speaker, batches) = match settings.protocol {
            Protocol::V5 => v5::open(settings, credentials),
            Protocol::V311 => v311::open(settings, credentials),
        };
        Self { settings, speaker, batches, heard_at: Instant::now(), is_leaving: false }
    }

    /// Hands over a message, QoS 1; [`Signal::Sent`] tells its packet id.
    pub(super) fn publish(&self, message: Message<'_>) -> Result<(), OutOfStep> {
        self.speaker.publish(message)
    }

    /// Asks for all messages under these filters, QoS 1; [`Signal::Sent`] tells its packet id.
    pub(super) fn subscribe(&self, filters: &[String]) -> Result<(), OutOfStep> {
        self.speaker.subscribe(filters)
    }

    /// Takes a message over: the broker will not send it again.
    pub(super) fn acknowledge(&self, packet_id: u16) -> Result<(), OutOfStep> {
        self.speaker.acknowledge(packet_id)
    }

    /// Takes leave: the broker discards the last will and keeps the session.
    pub(super) fn disconnect(&mut self) -> Result<(), OutOfStep> {
        self.is_leaving = true;
        self.speaker.disconnect()
    }

    /// When the broker last said anything.
    pub(super) fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// What happened next. May be dropped and called again at any time, but not after an error.
    ///
    /// The signals that came before an error are given first, so no acknowledgement is lost.
    pub(super) async fn next(&mut self) -> (Vec<Signal>, Option<Lost>) {
        let Some(batch) = self.batches.next().await else {
            return (Vec::new(), Some(explain::closed(self.settings, "it had ended before")));
        };
        if batch.is_heard {
            self.heard_at = Instant::now();
        }
        // The library says goodbye by itself to a broker that breaks the protocol.
        if !self.is_leaving && batch.signals.contains(&Signal::Farewell) {
            let before = batch.signals.into_iter().take_while(|signal| *signal != Signal::Farewell);
            return (before.collect(), Some(explain::violation(self.settings, "topic alias")));
        }
        (batch.signals, batch.end)
    }
}

impl Batch {
    /// The signals up to the first fault, be it in one of the events or behind them.
    fn gather(
        events: impl Iterator<Item = Result<Option<Signal>, Lost>>,
        end: Option<Lost>,
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

/// Room for the whole window, every acknowledgement that may be due, SUBSCRIBE and DISCONNECT. As
/// many may be due as there are packet ids: MQTT 3.1.1 knows no limit, Mosquitto 2.0 sends more
/// than ours when it resumes a session, and the library reads many packets between two writes.
fn queue_packets(settings: &Settings) -> usize {
    usize::from(settings.window) + usize::from(u16::MAX) + 2
}

/// One more than the window: when its limit is reached, the library holds back acknowledgements,
/// too.
fn library_window(settings: &Settings) -> u16 {
    settings.window.saturating_add(1)
}
