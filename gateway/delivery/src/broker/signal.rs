//! What goes over a connection and what happens on it, whichever version of MQTT it speaks.

use crate::cloud_event::CloudEvent;

/// What the broker allows on this connection (MQTT 5 §3.2.2.3); MQTT 3.1.1 says none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    /// Most unanswered messages it accepts.
    pub(crate) receive_maximum: u16,
    /// Largest packet it accepts, in bytes.
    pub(crate) packet_limit: Option<u32>,
    /// What it wrote in place of the keep-alive that it was asked for, in seconds; 0 is without end.
    pub(crate) server_keep_alive: Option<u16>,
    /// What it wrote in place of the session's life that it was asked for, in seconds.
    pub(crate) session_expiry: Option<u32>,
    /// Whether it takes subscriptions with a wildcard, as those to the centre's topics are.
    pub(crate) takes_wildcards: bool,
    /// Whether it still knows this client: its subscriptions, and what waits for it.
    pub(crate) session_present: bool,
    /// Whether it keeps the latest message of a topic for later subscribers.
    pub(crate) keeps_retained: bool,
}

/// What happened on the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Signal {
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
    Received(ReceivedMessage),
    /// Our DISCONNECT is written.
    DisconnectSent,
}

/// A message from the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReceivedMessage {
    /// The whole topic, as sent; not yet known to be text.
    pub(crate) topic: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) retained: bool,
    /// To acknowledge it with; none at QoS 0, which is sent once and never again.
    pub(crate) packet_id: Option<u16>,
}

/// A message to the broker.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: Vec<u8>,
    pub(crate) retain: bool,
    /// Told in MQTT 5 only.
    pub(crate) event: Option<CloudEvent>,
}
