//! MQTT 3.1.1: no reason codes and no limits. A refused message is seen only where the broker
//! breaks the connection; one that acknowledges and discards it (§3.3.5) cannot be told from one
//! that keeps it.

use futures::stream;
use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, LastWill, MqttOptions,
    NetworkOptions, Outgoing, Packet, Publish, QoS, StateError, SubAck, SubscribeFilter,
    SubscribeReasonCode, TlsConfiguration, Transport,
};

use super::client::{Batch, Batches, Client, Stage, library_window, queue_packets};
use super::explain;
use super::reasons;
use super::signal::{Message, ReceivedMessage, Signal, Terms};
use crate::credentials::Credentials;
use crate::error::BrokerError;
use crate::settings::Settings;
use crate::status;
use crate::window::WindowError;

pub(super) fn open<'a>(
    settings: &'a Settings,
    credentials: &Credentials,
) -> (Box<dyn Client>, Batches<'a>) {
    let (client, mut event_loop) =
        AsyncClient::new(options(settings, credentials), queue_packets(settings));
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true); // else each lone alert waits for the broker's delayed ACK
    network.set_connection_timeout(settings.connect_timeout.as_secs());
    event_loop.set_network_options(network);
    let batches =
        stream::unfold(Some((event_loop, Stage::Greeting)), move |state| poll(settings, state));
    (Box::new(client), Box::pin(batches))
}

impl Client for AsyncClient {
    fn publish(&self, message: Message<'_>) -> Result<(), WindowError> {
        let Message { topic, payload, retain, event: _ } = message;
        self.try_publish(topic, QoS::AtLeastOnce, retain, payload)
            .map_err(|_| WindowError::QueueFull("PUBLISH"))
    }

    fn subscribe(&self, filters: &[String]) -> Result<(), WindowError> {
        let filters =
            filters.iter().map(|filter| SubscribeFilter::new(filter.clone(), QoS::AtLeastOnce));
        self.try_subscribe_many(filters).map_err(|_| WindowError::QueueFull("SUBSCRIBE"))
    }

    fn acknowledge(&self, packet_id: u16) -> Result<(), WindowError> {
        let mut publish = Publish::new("", QoS::AtLeastOnce, "");
        publish.pkid = packet_id;
        self.try_ack(&publish).map_err(|_| WindowError::QueueFull("PUBACK"))
    }

    fn disconnect(&self) -> Result<(), WindowError> {
        self.try_disconnect().map_err(|_| WindowError::QueueFull("DISCONNECT"))
    }
}

/// Polls once, and takes what else has come in: acknowledgements come in groups.
async fn poll(
    settings: &Settings,
    state: Option<(EventLoop, Stage)>,
) -> Option<(Batch, Option<(EventLoop, Stage)>)> {
    let (mut event_loop, stage) = state?;
    let (first, end) = match event_loop.poll().await {
        Ok(first) => (Some(first), None),
        Err(error) => (None, Some(explain(settings, stage, error))),
    };
    let events: Vec<Event> = first.into_iter().chain(event_loop.state.events.drain(..)).collect();
    let is_heard = events.iter().any(|event| matches!(event, Event::Incoming(_)));
    let is_over = end.is_some();
    let signals = events.into_iter().map(|event| signal(settings, event));
    let batch = Batch::gather(signals, end, is_heard);
    let stage = if is_heard { Stage::Accepted } else { stage };
    Some((batch, (!is_over).then_some((event_loop, stage))))
}

fn signal(settings: &Settings, event: Event) -> Result<Option<Signal>, BrokerError> {
    Ok(match event {
        Event::Incoming(Packet::ConnAck(connack)) => Some(Signal::Connected(Terms {
            receive_maximum: u16::MAX,
            // Nothing is said of it: what would be too much from there is not sent there either.
            packet_limit: Some(settings.max_packet_bytes),
            server_keep_alive: None,
            session_expiry: None,
            takes_wildcards: true,
            session_present: connack.session_present,
            keeps_retained: true, // it cannot say otherwise
        })),
        Event::Incoming(Packet::PubAck(puback)) => Some(Signal::Accepted(puback.pkid)),
        Event::Incoming(Packet::SubAck(suback)) => {
            Some(Signal::Subscribed(suback.pkid, granted(&suback)))
        }
        Event::Incoming(Packet::Publish(publish)) => Some(Signal::Received(
            received(publish).map_err(|what| explain::violation(settings, what))?,
        )),
        Event::Incoming(Packet::PingResp) => None,
        Event::Incoming(_) => {
            return Err(explain::violation(settings, "it sends what was never asked for"));
        }
        Event::Outgoing(Outgoing::Publish(packet_id) | Outgoing::Subscribe(packet_id)) => {
            Some(Signal::Sent(packet_id))
        }
        Event::Outgoing(Outgoing::AwaitAck(packet_id)) => {
            return Err(WindowError::InUse(packet_id).into());
        }
        Event::Outgoing(Outgoing::Disconnect) => Some(Signal::DisconnectSent),
        Event::Outgoing(_) => None,
    })
}

fn granted(suback: &SubAck) -> Result<(), String> {
    if suback.return_codes.is_empty() {
        return Err("an empty answer".into());
    }
    if suback.return_codes.contains(&SubscribeReasonCode::Failure) {
        return Err("MQTT 3.1.1 gives no reason; the broker's administrator must allow it in the \
                    broker's access list (ACL)"
            .into());
    }
    let is_unsafe =
        |code: &SubscribeReasonCode| *code == SubscribeReasonCode::Success(QoS::AtMostOnce);
    if suback.return_codes.iter().any(is_unsafe) {
        return Err(explain::GRANTS_TOO_LITTLE.into());
    }
    Ok(())
}

fn received(publish: Publish) -> Result<ReceivedMessage, String> {
    let packet_id = match publish.qos {
        QoS::AtMostOnce => None,
        QoS::AtLeastOnce => Some(publish.pkid),
        QoS::ExactlyOnce => return Err("a message of QoS 2, never asked for".into()),
    };
    Ok(ReceivedMessage {
        topic: publish.topic.into_bytes(),
        payload: publish.payload.into(),
        retained: publish.retain,
        packet_id,
    })
}

fn explain(settings: &Settings, stage: Stage, error: ConnectionError) -> BrokerError {
    use rumqttc::mqttbytes::Error::{InvalidConnectReturnCode, Io, PayloadSizeLimitExceeded};
    let state = match error {
        ConnectionError::Io(source) => return explain::io(settings, source),
        ConnectionError::Tls(error) => return explain::tls(settings, error),
        ConnectionError::NetworkTimeout => return explain::no_answer(settings),
        ConnectionError::FlushTimeout => {
            return explain::closed(settings, "the broker takes no more bytes; is the line cut?");
        }
        ConnectionError::ConnectionRefused(code) => {
            return explain::refused(settings, return_code(code));
        }
        ConnectionError::NotConnAck(_) => return explain::no_mqtt(settings),
        ConnectionError::RequestsDone => return explain::closed(settings, "the gateway ended it"),
        ConnectionError::MqttState(state) => state,
    };
    match state {
        StateError::Io(source) | StateError::Deserialization(Io(source)) => {
            explain::io(settings, source)
        }
        StateError::ConnectionAborted => explain::cut(settings),
        StateError::AwaitPingResp => explain::no_pings(settings),
        StateError::Deserialization(PayloadSizeLimitExceeded(bytes)) => {
            explain::too_large(settings, bytes)
        }
        StateError::Deserialization(InvalidConnectReturnCode(code)) if stage == Stage::Greeting => {
            explain::strangely_refused(settings, code)
        }
        StateError::Deserialization(_) => explain::no_mqtt(settings),
        _ => explain::astray(settings),
    }
}

/// The return codes of MQTT 3.1.1 (§3.2.2.3) as the reasons of MQTT 5 that say the same.
fn return_code(code: ConnectReturnCode) -> u8 {
    match code {
        ConnectReturnCode::Success => 0x00,
        ConnectReturnCode::RefusedProtocolVersion => reasons::UNSUPPORTED_VERSION,
        ConnectReturnCode::BadClientId => reasons::CLIENT_ID_NOT_VALID,
        ConnectReturnCode::ServiceUnavailable => reasons::SERVER_UNAVAILABLE,
        ConnectReturnCode::BadUserNamePassword => reasons::BAD_USER_OR_PASSWORD,
        ConnectReturnCode::NotAuthorized => reasons::NOT_AUTHORIZED,
    }
}

fn options(settings: &Settings, credentials: &Credentials) -> MqttOptions {
    let broker = &settings.broker;
    let max_packet_bytes = usize::try_from(settings.max_packet_bytes).unwrap_or(usize::MAX);
    let mut options = MqttOptions::new(&settings.client_id, &broker.host, broker.port);
    options
        .set_clean_session(false)
        .set_manual_acks(true)
        .set_keep_alive(settings.keep_alive)
        .set_max_packet_size(max_packet_bytes, max_packet_bytes)
        .set_inflight(library_window(settings))
        .set_last_will(LastWill::new(
            settings.status_topic(),
            status::LAST_WILL,
            QoS::AtLeastOnce,
            settings.will_retained,
        ));
    if let (Some(login), Some(password)) = (&settings.login, credentials.password()) {
        options.set_credentials(&login.username, password);
    }
    if let Some(config) = credentials.tls() {
        options.set_transport(Transport::Tls(TlsConfiguration::Rustls(config)));
    }
    options
}
