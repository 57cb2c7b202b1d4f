//! A broker that does what the test tells it: MQTT packets, byte by byte, over loopback TCP, in the
//! version that the gateway asks for.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::within;
use crate::BrokerAddress;

/// Reason codes of PUBACK (MQTT 5 §3.4.2.1).
pub(super) const SUCCESS: u8 = 0x00;
pub(super) const NO_MATCHING_SUBSCRIBERS: u8 = 0x10;
pub(super) const NOT_AUTHORIZED: u8 = 0x87;

pub(super) struct ScriptedBroker {
    listener: TcpListener,
}

/// One accepted connection.
pub(super) struct Link {
    stream: TcpStream,
    /// MQTT's protocol level: 4 is 3.1.1.
    level: u8,
    /// Retained states of alerts that came so far.
    pub(super) states: Vec<Published>,
    /// The reason code that they get.
    pub(super) answer_to_states: u8,
}

/// What the test needs of a PUBLISH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Published {
    pub(super) packet_id: u16,
    pub(super) topic: String,
    pub(super) payload: String,
    pub(super) retain: bool,
    pub(super) dup: bool,
    pub(super) properties: Vec<u8>,
}

impl ScriptedBroker {
    pub(super) async fn listen() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub(super) fn address(&self) -> BrokerAddress {
        let address = self.listener.local_addr().unwrap();
        BrokerAddress { tls: false, host: address.ip().to_string(), port: address.port() }
    }

    /// The next connection, its CONNECT packet read but not answered.
    pub(super) async fn accept(&self) -> (Link, Vec<u8>) {
        let (stream, _) = within("a connection", self.listener.accept()).await.unwrap();
        let mut link = Link { stream, level: 5, states: Vec::new(), answer_to_states: SUCCESS };
        let (kind, connect) = link.packet().await.expect("a CONNECT packet");
        assert_eq!(kind, 0x10, "CONNECT");
        link.level = connect[6];
        (link, connect)
    }

    /// The next connection, accepted without a session and with its birth taken over.
    pub(super) async fn welcome(&self) -> Link {
        self.welcome_with(false, &[]).await
    }

    /// The same, with these CONNACK properties.
    pub(super) async fn welcome_with(&self, session_present: bool, properties: &[u8]) -> Link {
        let (mut link, _) = self.accept().await;
        link.connack(session_present, SUCCESS, properties).await;
        let birth = link.published().await;
        assert!(birth.payload.contains("\"online\":true"), "{birth:?}");
        link.puback(birth.packet_id, SUCCESS).await;
        link
    }

    /// Whether another connection is waiting to be accepted.
    pub(super) async fn has_caller(&self) -> bool {
        tokio::select! {
            biased;
            _ = self.listener.accept() => true,
            () = tokio::task::yield_now() => false,
        }
    }
}

impl Link {
    pub(super) async fn connack(&mut self, session_present: bool, code: u8, properties: &[u8]) {
        let mut body = vec![u8::from(session_present), code];
        if self.level == 5 {
            body.push(length(properties.len()));
            body.extend(properties);
        }
        self.send(0x20, &body).await;
    }

    pub(super) async fn puback(&mut self, packet_id: u16, reason: u8) {
        let [high, low] = packet_id.to_be_bytes();
        if self.level == 5 {
            self.send(0x40, &[high, low, reason, 0]).await;
        } else {
            self.send(0x40, &[high, low]).await;
        }
    }

    /// The gateway's SUBSCRIBE: its packet id and filters. Not answered yet.
    pub(super) async fn subscribe(&mut self) -> (u16, Vec<String>) {
        let (kind, body) = within("a SUBSCRIBE", self.packet()).await.expect("connection closed");
        assert_eq!(kind, 0x82, "SUBSCRIBE");
        let packet_id = u16::from_be_bytes([body[0], body[1]]);
        let mut rest = &body[if self.level == 5 { 3 } else { 2 }..];
        let mut filters = Vec::new();
        while let [high, low, text @ ..] = rest {
            let (filter, after) = text.split_at(u16::from_be_bytes([*high, *low]).into());
            filters.push(String::from_utf8(filter.to_vec()).unwrap());
            assert_eq!(after[0] & 3, 1, "QoS 1");
            rest = &after[1..];
        }
        (packet_id, filters)
    }

    pub(super) async fn suback(&mut self, packet_id: u16, codes: &[u8]) {
        let mut body = packet_id.to_be_bytes().to_vec();
        if self.level == 5 {
            body.push(0);
        }
        body.extend(codes);
        self.send(0x90, &body).await;
    }

    /// Sends the gateway a message; the first byte tells QoS and retain (MQTT 5 §3.3.1).
    pub(super) async fn deliver(&mut self, kind: u8, topic: &[u8], packet_id: u16, payload: &str) {
        let mut body = vec![0, length(topic.len())];
        body.extend(topic);
        if kind & 0b110 != 0 {
            body.extend(packet_id.to_be_bytes());
        }
        if self.level == 5 {
            body.push(0);
        }
        body.extend(payload.as_bytes());
        self.send(kind, &body).await;
    }

    /// The gateway's next PUBACK: its packet id.
    pub(super) async fn acknowledged(&mut self) -> u16 {
        let (kind, body) = within("a PUBACK", self.packet()).await.expect("connection closed");
        assert_eq!(kind, 0x40, "PUBACK");
        u16::from_be_bytes([body[0], body[1]])
    }

    /// The next PUBLISH; answers pings on the way.
    pub(super) async fn published(&mut self) -> Published {
        let (kind, body) = within("a PUBLISH", self.packet()).await.expect("connection closed");
        self.read_publish(kind, &body)
    }

    pub(super) fn read_publish(&self, kind: u8, body: &[u8]) -> Published {
        assert_eq!(kind & 0xf6, 0x32, "PUBLISH, QoS 1");
        let topic_end = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
        let [high, low] = body[topic_end..topic_end + 2] else { panic!("cut off") };
        let mut payload_at = topic_end + 2;
        let mut properties = Vec::new();
        if self.level == 5 {
            let (bytes, begin) = variable_length(&body[payload_at..]);
            payload_at += begin + bytes;
            properties = body[payload_at - bytes..payload_at].to_vec();
        }
        Published {
            packet_id: u16::from_be_bytes([high, low]),
            topic: String::from_utf8(body[2..topic_end].to_vec()).unwrap(),
            payload: String::from_utf8(body[payload_at..].to_vec()).unwrap(),
            retain: kind & 1 == 1,
            dup: kind & 8 == 8,
            properties,
        }
    }

    /// The next `count` PUBLISH packets.
    pub(super) async fn published_many(&mut self, count: usize) -> Vec<Published> {
        let mut found = Vec::new();
        while found.len() < count {
            found.push(self.published().await);
        }
        found
    }

    /// Takes over the next `count` messages one by one; gives their payloads.
    pub(super) async fn take_over(&mut self, count: usize) -> Vec<String> {
        let mut payloads = Vec::new();
        while payloads.len() < count {
            let message = self.published().await;
            self.puback(message.packet_id, SUCCESS).await;
            payloads.push(message.payload);
        }
        payloads
    }

    pub(super) async fn send(&mut self, kind: u8, body: &[u8]) {
        let mut packet = vec![kind, length(body.len())];
        packet.extend(body);
        self.raw(&packet).await;
    }

    pub(super) async fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.ok(); // the gateway may be gone: the test will see
    }

    /// The next packet: first byte and what follows its length; none once the gateway closed.
    /// Retained states of alerts are taken over on the way.
    pub(super) async fn packet(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            let (kind, body) = self.any_packet().await?;
            if kind & 0xf0 != 0x30 {
                return Some((kind, body));
            }
            let message = self.read_publish(kind, &body);
            if !message.topic.starts_with("cg/v1/a/b/c/gw-01/alert/") {
                return Some((kind, body));
            }
            assert!(message.retain);
            self.puback(message.packet_id, self.answer_to_states).await;
            self.states.push(message);
        }
    }

    async fn any_packet(&mut self) -> Option<(u8, Vec<u8>)> {
        let kind = within("a packet", self.stream.read_u8()).await.ok()?;
        let mut remaining = 0;
        for place in 0.. {
            let byte = self.stream.read_u8().await.ok()?;
            remaining |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; remaining];
        self.stream.read_exact(&mut body).await.ok()?;
        Some((kind, body))
    }
}

/// A length and how many bytes it takes (MQTT 5 §1.5.5).
fn variable_length(bytes: &[u8]) -> (usize, usize) {
    let count = 1 + bytes.iter().take_while(|byte| **byte & 0x80 != 0).count();
    let groups = bytes[..count].iter().rev();
    (groups.fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f)), count)
}

fn length(bytes: usize) -> u8 {
    assert!(bytes < 128, "the script only writes short packets");
    u8::try_from(bytes).unwrap()
}
