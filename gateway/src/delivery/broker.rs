//! One MQTT 5 connection, as delivery sees it: the only file that knows the client library.
//!
//! A client and its event loop live for one connection and are never polled after an error:
//! `rumqttc` keeps what was in flight and may send it again (or, without a session at the broker,
//! drop it) on its own. What is resent is decided by the ledger alone.

use std::io;
use std::pin::Pin;

use futures::{Stream, StreamExt, stream};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, ConnectReturnCode, DisconnectReasonCode, LastWill, Packet, PubAckReason,
};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, StateError};
use rumqttc::{NetworkOptions, Outgoing, TlsConfiguration, Transport};

use super::fault::Lost;
use super::window::OutOfStep;
use super::{Settings, status, tls};

/// What the broker allows on this connection (MQTT 5 §3.2.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// Most unanswered messages it accepts.
    pub(super) receive_maximum: u16,
    /// Largest packet it accepts, in bytes.
    pub(super) packet_limit: Option<u32>,
}

/// What happened on the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Signal {
    /// CONNACK: publishing may begin.
    Connected(Terms),
    /// The oldest message handed over but not yet written went out with this packet id.
    Sent(u16),
    /// PUBACK that takes the message over.
    Accepted(u16),
    /// PUBACK that does not, with the reason code's name (MQTT 5 §3.4.2.1).
    Refused(u16, String),
    /// Our DISCONNECT is written.
    Farewell,
}

/// What one poll brought: signals, and the end if it came.
type Batch = (Vec<Event>, Option<ConnectionError>);

/// A connection from before TCP's SYN to its end.
pub(super) struct Connection<'a> {
    settings: &'a Settings,
    client: AsyncClient,
    /// Holds the poll that is under way: dropping a half-done one could tear a packet, so
    /// `select!` only ever drops the wait for the stream's next item.
    events: Pin<Box<dyn Stream<Item = Batch>>>,
}

impl<'a> Connection<'a> {
    /// Prepares a connection; [`Connection::next`] makes it.
    pub(super) fn new(settings: &'a Settings) -> Result<Self, Lost> {
        // Room for the whole window and the DISCONNECT: try_publish never finds it full.
        let capacity = usize::from(settings.window) + 1;
        let (client, event_loop) = AsyncClient::new(options(settings)?, capacity);
        let events = Box::pin(stream::unfold(Some(event_loop), poll));
        Ok(Self { settings, client, events })
    }

    /// Hands over a message, QoS 1. Never waits; [`Signal::Sent`] tells its packet id.
    pub(super) fn publish(
        &self,
        topic: &str,
        payload: Vec<u8>,
        retain: bool,
    ) -> Result<(), OutOfStep> {
        self.client
            .try_publish(topic, QoS::AtLeastOnce, retain, payload)
            .map_err(|_| OutOfStep::Full)
    }

    /// Takes leave: the broker discards the last will.
    pub(super) fn disconnect(&self) -> Result<(), OutOfStep> {
        self.client.try_disconnect().map_err(|_| OutOfStep::Full)
    }

    /// What happened next. May be dropped and called again at any time, but not after an error.
    ///
    /// The signals that came before an error are given first, so no acknowledgement is lost.
    pub(super) async fn next(&mut self) -> (Vec<Signal>, Option<Lost>) {
        let Some((events, end)) = self.events.next().await else {
            let reason = "it had ended before".into();
            return (Vec::new(), Some(Lost::Closed { address: self.address(), reason }));
        };
        let mut signals = Vec::with_capacity(events.len());
        for event in events {
            match signal(event) {
                Ok(found) => signals.extend(found),
                Err(lost) => return (signals, Some(lost.into())),
            }
        }
        (signals, end.map(|error| self.explain(error)))
    }

    fn address(&self) -> String {
        self.settings.broker.to_string()
    }

    fn explain(&self, error: ConnectionError) -> Lost {
        let address = self.address();
        let closed = |reason: String| Lost::Closed { address: address.clone(), reason };
        match error {
            ConnectionError::Io(source)
            | ConnectionError::Tls(rumqttc::TlsError::Io(source))
            | ConnectionError::MqttState(StateError::Io(source)) => self.explain_io(source),
            ConnectionError::MqttState(StateError::Deserialization(
                rumqttc::v5::mqttbytes::Error::Io(source),
            )) => self.explain_io(source),
            ConnectionError::Tls(error) => {
                Lost::Tls { address, reason: format!("TLS failed: {error}") }
            }
            ConnectionError::Timeout(_) => closed(format!(
                "no MQTT answer within {} s; does an MQTT broker listen there, with TLS as the \
                 URL says?",
                self.settings.connect_timeout.as_secs()
            )),
            ConnectionError::ConnectionRefused(code) => {
                Lost::Refused { address, reason: self.refusal(code) }
            }
            ConnectionError::MqttState(StateError::ServerDisconnect {
                reason_code: DisconnectReasonCode::SessionTakenOver,
                ..
            }) => closed(format!(
                "another client uses the client id {:?}; give each gateway its own",
                self.settings.client_id
            )),
            ConnectionError::MqttState(StateError::ConnectionAborted) => {
                closed("the broker closed it".into())
            }
            ConnectionError::MqttState(StateError::AwaitPingResp) => {
                closed("the broker does not answer pings".into())
            }
            other => closed(other.to_string()),
        }
    }

    fn explain_io(&self, source: io::Error) -> Lost {
        let address = self.address();
        let tls = source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(error) => Lost::Tls { address, reason: tls::explain(error, self.settings) },
            None => Lost::Unreachable { address, source },
        }
    }

    fn refusal(&self, code: ConnectReturnCode) -> String {
        match code {
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
                let who = self.settings.login.as_ref().map_or_else(
                    || "no user name is set".to_owned(),
                    |login| {
                        let file = login.password_file.display();
                        format!("user {:?}, password from {file}", login.username)
                    },
                );
                format!("{code:?} ({who}); the broker's administrator must allow this gateway")
            }
            ConnectReturnCode::BadClientId | ConnectReturnCode::ClientIdentifierNotValid => {
                format!("it does not accept the client id {:?}", self.settings.client_id)
            }
            ConnectReturnCode::UnsupportedProtocolVersion
            | ConnectReturnCode::RefusedProtocolVersion => "it does not speak MQTT 5".into(),
            other => format!("{other:?}"),
        }
    }
}

/// Polls once, and takes along what has come in besides: acknowledgements come in groups.
async fn poll(event_loop: Option<EventLoop>) -> Option<(Batch, Option<EventLoop>)> {
    let mut event_loop = event_loop?;
    match event_loop.poll().await {
        Ok(first) => {
            let mut events = vec![first];
            events.extend(event_loop.state.events.drain(..));
            Some(((events, None), Some(event_loop)))
        }
        Err(error) => {
            let events = event_loop.state.events.drain(..).collect();
            Some(((events, Some(error)), None))
        }
    }
}

fn signal(event: Event) -> Result<Option<Signal>, OutOfStep> {
    Ok(match event {
        Event::Incoming(Packet::ConnAck(connack)) => Some(Signal::Connected(terms(&connack))),
        Event::Incoming(Packet::PubAck(puback)) => Some(match puback.reason {
            PubAckReason::Success | PubAckReason::NoMatchingSubscribers => {
                Signal::Accepted(puback.pkid)
            }
            refusal => Signal::Refused(puback.pkid, format!("{refusal:?}")),
        }),
        Event::Outgoing(Outgoing::Publish(packet_id)) => Some(Signal::Sent(packet_id)),
        Event::Outgoing(Outgoing::AwaitAck(packet_id)) => return Err(OutOfStep::InUse(packet_id)),
        Event::Outgoing(Outgoing::Disconnect) => Some(Signal::Farewell),
        _ => None,
    })
}

fn terms(connack: &ConnAck) -> Terms {
    let properties = connack.properties.as_ref();
    Terms {
        receive_maximum: properties.and_then(|given| given.receive_max).unwrap_or(u16::MAX),
        packet_limit: properties.and_then(|given| given.max_packet_size),
    }
}

/// Size of the PUBLISH packet of this message, in bytes (MQTT 5 §3.3).
pub(super) fn packet_bytes(topic: &str, payload: &[u8]) -> usize {
    // topic with its length, packet id, no properties, payload
    let remaining = 2 + topic.len() + 2 + 1 + payload.len();
    let length_bytes = match remaining {
        0..128 => 1,
        128..16_384 => 2,
        16_384..2_097_152 => 3,
        _ => 4,
    };
    1 + length_bytes + remaining
}

fn options(settings: &Settings) -> Result<MqttOptions, Lost> {
    let broker = &settings.broker;
    let mut options = MqttOptions::new(&settings.client_id, &broker.host, broker.port);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true); // else each lone alert waits for the broker's delayed ACK
    options
        .set_clean_start(true)
        .set_keep_alive(settings.keep_alive)
        .set_connection_timeout(settings.connect_timeout.as_secs())
        .set_max_packet_size(Some(settings.max_packet_bytes))
        .set_outgoing_inflight_upper_limit(settings.window)
        .set_network_options(network)
        .set_last_will(LastWill::new(
            settings.status_topic(),
            status::LAST_WILL,
            QoS::AtLeastOnce,
            true,
            None,
        ));
    if let Some(login) = &settings.login {
        options.set_credentials(&login.username, login.password()?);
    }
    if broker.tls {
        let config = tls::client_config(settings)?;
        options.set_transport(Transport::Tls(TlsConfiguration::Rustls(config)));
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::{QoS, packet_bytes};
    use rumqttc::v5::mqttbytes::v5::Publish;

    #[test]
    fn packet_size_is_the_client_librarys() {
        for payload_bytes in [0, 1, 100, 110, 111, 112, 120, 16_360, 16_370, 16_384, 2_100_000] {
            let payload = vec![0; payload_bytes];
            let mut publish =
                Publish::new("evt/fire_safety", QoS::AtLeastOnce, payload.clone(), None);
            publish.pkid = 7;
            assert_eq!(packet_bytes("evt/fire_safety", &payload), publish.size());
        }
    }
}
