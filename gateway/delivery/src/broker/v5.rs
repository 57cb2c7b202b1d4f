//! MQTT 5: reason codes, and limits that the broker declares.

use futures::stream;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, ConnectProperties, Filter, LastWill, LastWillProperties, Packet, PubAckReason,
    Publish, PublishProperties, RetainForwardRule, SubAck, SubscribeReasonCode,
};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, StateError};
use rumqttc::{NetworkOptions, Outgoing, TlsConfiguration, Transport};

use super::client::{
    Batch, Batches, Client, RECEIVE_MAXIMUM, Stage, library_window, queue_packets,
};
use super::codes::{connack_code, puback_code, suback_code};
use super::explain;
use super::reasons;
use super::signal::{Message, ReceivedMessage, Signal, Terms};
use crate::cloud_event::CloudEvent;
use crate::credentials::Credentials;
use crate::error::BrokerError;
use crate::settings::{Settings, whole_secs};
use crate::status;
use crate::window::WindowError;

pub(super) fn open<'a>(
    settings: &'a Settings,
    credentials: &Credentials,
) -> (Box<dyn Client>, Batches<'a>) {
    let (client, event_loop) =
        AsyncClient::new(options(settings, credentials), queue_packets(settings));
    let batches =
        stream::unfold(Some((event_loop, Stage::Greeting)), move |state| poll(settings, state));
    (Box::new(client), Box::pin(batches))
}

impl Client for AsyncClient {
    fn publish(&self, message: Message<'_>) -> Result<(), WindowError> {
        let Message { topic, payload, retain, event } = message;
        match event {
            None => self.try_publish(topic, QoS::AtLeastOnce, retain, payload),
            Some(event) => self.try_publish_with_properties(
                topic,
                QoS::AtLeastOnce,
                retain,
                payload,
                properties(&event),
            ),
        }
        .map_err(|_| WindowError::QueueFull("PUBLISH"))
    }

    fn subscribe(&self, filters: &[String]) -> Result<(), WindowError> {
        let filters = filters.iter().map(|filter| {
            let mut filter = Filter::new(filter, QoS::AtLeastOnce);
            filter.retain_forward_rule = RetainForwardRule::OnNewSubscribe;
            filter
        });
        self.try_subscribe_many(filters).map_err(|_| WindowError::QueueFull("SUBSCRIBE"))
    }

    fn acknowledge(&self, packet_id: u16) -> Result<(), WindowError> {
        let mut publish = Publish::new("", QoS::AtLeastOnce, "", None);
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
    // A broker may switch the keep-alive off, or set it to hours (MQTT 5 §3.2.2.3.14); the library would
    // then ping without a pause, or a dead connection would be found out late. More pings than the broker
    // asks for are allowed.
    let granted = event_loop.options.keep_alive();
    if granted.is_zero() || granted > settings.keep_alive {
        event_loop.options.set_keep_alive(settings.keep_alive);
    }
    let events: Vec<Event> = first.into_iter().chain(event_loop.state.events.drain(..)).collect();
    let is_heard = events.iter().any(|event| matches!(event, Event::Incoming(_)));
    let is_over = end.is_some();
    let signals = events.into_iter().map(|event| signal(settings, event));
    let batch = Batch::gather(signals, end, is_heard);
    let stage = if is_heard { Stage::Accepted } else { stage };
    Some((batch, (!is_over).then_some((event_loop, stage))))
}

fn signal(settings: &Settings, event: Event) -> Result<Option<Signal>, BrokerError> {
    let violation = |what: String| Err(explain::violation(settings, what));
    Ok(match event {
        Event::Incoming(Packet::ConnAck(connack)) => {
            let terms = terms(&connack);
            if terms.receive_maximum == 0 {
                return violation("a receive maximum of 0".into());
            }
            // Without acknowledgements nobody would know what is lost.
            if connack.properties.as_ref().and_then(|given| given.max_qos) == Some(0) {
                return Err(explain::refused(settings, reasons::QOS_NOT_SUPPORTED));
            }
            Some(Signal::Connected(terms))
        }
        Event::Incoming(Packet::PubAck(puback)) => Some(match puback.reason {
            PubAckReason::Success | PubAckReason::NoMatchingSubscribers => {
                Signal::Accepted(puback.pkid)
            }
            refusal => {
                Signal::Refused(puback.pkid, explain::refusal(settings, puback_code(refusal)))
            }
        }),
        Event::Incoming(Packet::SubAck(suback)) => {
            Some(Signal::Subscribed(suback.pkid, granted(settings, &suback)))
        }
        Event::Incoming(Packet::Publish(publish)) => Some(Signal::Received(
            received(publish).map_err(|what| explain::violation(settings, what))?,
        )),
        // The library ends the connection itself, with the reason.
        Event::Incoming(Packet::PingResp(_) | Packet::Disconnect(_)) => None,
        Event::Incoming(_) => return violation("it sends what was never asked for".into()),
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

fn terms(connack: &ConnAck) -> Terms {
    let properties = connack.properties.as_ref();
    let server_keep_alive = properties.and_then(|given| given.server_keep_alive);
    Terms {
        receive_maximum: properties.and_then(|given| given.receive_max).unwrap_or(u16::MAX),
        packet_limit: properties.and_then(|given| given.max_packet_size),
        server_keep_alive,
        session_expiry: properties.and_then(|given| given.session_expiry_interval),
        takes_wildcards: properties.and_then(|given| given.wildcard_subscription_available)
            != Some(0),
        session_present: connack.session_present,
        keeps_retained: properties.and_then(|given| given.retain_available) != Some(0),
    }
}

fn granted(settings: &Settings, suback: &SubAck) -> Result<(), String> {
    let is_unsafe =
        |code: &SubscribeReasonCode| *code == SubscribeReasonCode::Success(QoS::AtMostOnce);
    let denied = suback.return_codes.iter().find_map(suback_code);
    match denied {
        Some(code) => Err(explain::refusal(settings, code)),
        None if suback.return_codes.is_empty() => Err("an empty answer".into()),
        None if suback.return_codes.iter().any(is_unsafe) => Err(explain::GRANTS_TOO_LITTLE.into()),
        None => Ok(()),
    }
}

fn received(publish: Publish) -> Result<ReceivedMessage, String> {
    if publish.properties.as_ref().is_some_and(|given| given.topic_alias.is_some()) {
        return Err("a topic alias, which was not allowed".into());
    }
    let packet_id = match publish.qos {
        QoS::AtMostOnce => None,
        QoS::AtLeastOnce => Some(publish.pkid),
        QoS::ExactlyOnce => return Err("a message of QoS 2, never asked for".into()),
    };
    Ok(ReceivedMessage {
        topic: publish.topic.into(),
        payload: publish.payload.into(),
        retained: publish.retain,
        packet_id,
    })
}

fn explain(settings: &Settings, stage: Stage, error: ConnectionError) -> BrokerError {
    use rumqttc::v5::mqttbytes::Error::{
        InvalidConnectReturnCode, InvalidSubscribeReasonCode, Io, OutgoingPacketTooLarge,
    };
    let state = match error {
        ConnectionError::Io(source) => return explain::io(settings, source),
        ConnectionError::Tls(error) => return explain::tls(settings, error),
        ConnectionError::Timeout(_) => return explain::no_answer(settings),
        ConnectionError::ConnectionRefused(code) => {
            return explain::refused(settings, connack_code(code));
        }
        ConnectionError::NotConnAck(packet) => return no_connack(settings, &packet),
        ConnectionError::RequestsDone => return explain::closed(settings, "the gateway ended it"),
        ConnectionError::MqttState(state) => state,
    };
    match state {
        StateError::Io(source) | StateError::Deserialization(Io(source)) => {
            explain::io(settings, source)
        }
        StateError::ServerDisconnect { reason_code, reason_string } => {
            explain::disconnected(settings, reason_code as u8, reason_string.as_deref())
        }
        StateError::ConnFail { reason } => explain::refused(settings, connack_code(reason)),
        // So the library says it of a CONNACK, and later of a PUBACK or a DISCONNECT.
        StateError::Deserialization(InvalidConnectReturnCode(code)) => match stage {
            Stage::Greeting => explain::strangely_refused(settings, code),
            Stage::Accepted => explain::strange_reason(settings, code),
        },
        StateError::Deserialization(InvalidSubscribeReasonCode(code)) => {
            explain::strange_grant(settings, code)
        }
        StateError::ConnectionAborted => explain::cut(settings),
        StateError::AwaitPingResp => explain::no_pings(settings),
        StateError::IncomingPacketTooLarge { pkt_size, .. } => {
            explain::too_large(settings, pkt_size)
        }
        StateError::OutgoingPacketTooLarge { max, .. }
        | StateError::Deserialization(OutgoingPacketTooLarge { max, .. }) => {
            explain::takes_too_little(settings, max)
        }
        StateError::Deserialization(_) => explain::no_mqtt(settings),
        _ => explain::astray(settings),
    }
}

/// Something else came in place of CONNACK.
fn no_connack(settings: &Settings, packet: &Packet) -> BrokerError {
    match packet {
        Packet::Disconnect(goodbye) => {
            let said = goodbye.properties.as_ref().and_then(|given| given.reason_string.as_deref());
            explain::disconnected(settings, goodbye.reason_code as u8, said)
        }
        _ => explain::no_mqtt(settings),
    }
}

pub(super) fn properties(event: &CloudEvent) -> PublishProperties {
    let attributes = event.attributes().into_iter();
    PublishProperties {
        content_type: Some(CloudEvent::CONTENT_TYPE.to_owned()),
        user_properties: attributes.map(|(name, value)| (name.into(), value.into())).collect(),
        ..PublishProperties::default()
    }
}

/// Size of the PUBLISH packet of this message, in bytes (MQTT 5 §3.3). MQTT 3.1.1 needs less.
pub(crate) fn packet_bytes(message: &Message<'_>) -> usize {
    let properties = message.event.as_ref().map_or(0, properties_bytes);
    // topic with its length, packet id, properties with their length, payload
    let remaining =
        2 + message.topic.len() + 2 + length_bytes(properties) + properties + message.payload.len();
    1 + length_bytes(remaining) + remaining
}

/// Each property is one byte for what it is, and its texts with their lengths (§2.2.2.2).
fn properties_bytes(event: &CloudEvent) -> usize {
    let texts = event.attributes().map(|(name, value)| 1 + 2 + name.len() + 2 + value.len());
    1 + 2 + CloudEvent::CONTENT_TYPE.len() + texts.iter().sum::<usize>()
}

/// How many bytes a length takes (§1.5.5).
fn length_bytes(length: usize) -> usize {
    match length {
        0..128 => 1,
        128..16_384 => 2,
        16_384..2_097_152 => 3,
        _ => 4,
    }
}

fn options(settings: &Settings, credentials: &Credentials) -> MqttOptions {
    let broker = &settings.broker;
    let mut options = MqttOptions::new(&settings.client_id, &broker.host, broker.port);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true); // else each lone alert waits for the broker's delayed ACK
    options
        .set_connect_properties(ConnectProperties {
            session_expiry_interval: Some(whole_secs(settings.session_expiry)),
            receive_maximum: Some(RECEIVE_MAXIMUM),
            max_packet_size: Some(settings.max_packet_bytes),
            ..ConnectProperties::new()
        })
        .set_clean_start(false)
        .set_manual_acks(true)
        .set_keep_alive(settings.keep_alive)
        .set_connection_timeout(settings.connect_timeout.as_secs())
        .set_outgoing_inflight_upper_limit(library_window(settings))
        .set_network_options(network)
        .set_last_will(last_will(settings));
    if let (Some(login), Some(password)) = (&settings.login, credentials.password()) {
        options.set_credentials(&login.username, password);
    }
    if let Some(config) = credentials.tls() {
        options.set_transport(Transport::Tls(TlsConfiguration::Rustls(config)));
    }
    options
}

fn last_will(settings: &Settings) -> LastWill {
    let properties = LastWillProperties {
        delay_interval: Some(whole_secs(settings.will_delay)),
        payload_format_indicator: None,
        message_expiry_interval: None,
        content_type: None,
        response_topic: None,
        correlation_data: None,
        user_properties: Vec::new(),
    };
    let topic = settings.status_topic();
    let retain = settings.will_retained;
    LastWill::new(topic, status::LAST_WILL, QoS::AtLeastOnce, retain, Some(properties))
}
