//! A connection to the broker, from before TCP's SYN to its end.

use futures::StreamExt;
use tokio::time::Instant;

use crate::broker::client::{Batches, Client};
use crate::broker::signal::{Message, Signal};
use crate::broker::{explain, v5, v311};
use crate::credentials::Credentials;
use crate::error::BrokerError;
use crate::settings::{Protocol, Settings};
use crate::window::WindowError;

/// A connection from before TCP's SYN to its end.
pub(crate) struct Connection<'a> {
    settings: &'a Settings,
    client: Box<dyn Client>,
    /// Holds the poll that is under way: dropping a half-done one could tear a packet, so
    /// `select!` only ever drops the wait for the stream's next item.
    batches: Batches<'a>,
    heard_at: Instant,
    is_leaving: bool,
}

impl<'a> Connection<'a> {
    /// Prepares a connection; [`Connection::next`] makes it.
    pub(crate) fn new(settings: &'a Settings, credentials: &Credentials) -> Self {
        let (client, batches) = match settings.protocol {
            Protocol::V5 => v5::open(settings, credentials),
            Protocol::V311 => v311::open(settings, credentials),
        };
        Self { settings, client, batches, heard_at: Instant::now(), is_leaving: false }
    }

    /// Hands over a message, QoS 1; [`Signal::Sent`] tells its packet id.
    pub(crate) fn publish(&self, message: Message<'_>) -> Result<(), WindowError> {
        self.client.publish(message)
    }

    /// Asks for all messages under these filters, QoS 1; [`Signal::Sent`] tells its packet id.
    pub(crate) fn subscribe(&self, filters: &[String]) -> Result<(), WindowError> {
        self.client.subscribe(filters)
    }

    /// Takes a message over: the broker will not send it again.
    pub(crate) fn acknowledge(&self, packet_id: u16) -> Result<(), WindowError> {
        self.client.acknowledge(packet_id)
    }

    /// Ends the connection: the broker discards the last will and keeps the session.
    pub(crate) fn disconnect(&mut self) -> Result<(), WindowError> {
        self.is_leaving = true;
        self.client.disconnect()
    }

    /// When the broker last said anything.
    pub(crate) fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// What happened next. May be dropped and called again at any time, but not after an error.
    ///
    /// The signals that came before an error are given first, so no acknowledgement is lost.
    pub(crate) async fn next(&mut self) -> (Vec<Signal>, Option<BrokerError>) {
        let Some(batch) = self.batches.next().await else {
            return (Vec::new(), Some(explain::closed(self.settings, "it had ended before")));
        };
        if batch.is_heard {
            self.heard_at = Instant::now();
        }
        // The library says goodbye by itself to a broker that breaks the protocol.
        if !self.is_leaving && batch.signals.contains(&Signal::DisconnectSent) {
            let before =
                batch.signals.into_iter().take_while(|signal| *signal != Signal::DisconnectSent);
            return (before.collect(), Some(explain::violation(self.settings, "topic alias")));
        }
        (batch.signals, batch.end)
    }
}
