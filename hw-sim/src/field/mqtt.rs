//! A sensor that publishes by MQTT, and notices which of its messages the broker has.

use std::net::SocketAddr;
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};

use crate::mqtt::{self, BrokerAddress, PemError};

/// Messages that wait for the connection at most.
const WAITING: usize = 16;

/// The longest time between two messages of a sensor that asks who it is.
const SELDOM: Duration = Duration::from_hours(1);

/// A sensor's session at a broker without TLS, on the loopback.
pub struct Sensor {
    client: AsyncClient,
    events: EventLoop,
}

/// Why a message did not reach the broker.
#[derive(Debug, thiserror::Error)]
pub enum SensorError {
    /// The connection.
    #[error("the broker cannot be reached: {0}")]
    Connection(#[from] Box<ConnectionError>),
    /// Our own queue.
    #[error("the message could not be queued")]
    Queue,
    /// The broker's answer.
    #[error("the broker refused the message: {0}")]
    Refused(String),
}

impl Sensor {
    /// A sensor at a broker that asks who it is. It connects with its first message.
    ///
    /// # Errors
    /// If a certificate or key cannot be read.
    pub fn over_tls(broker: &BrokerAddress, client_id: &str) -> Result<Self, PemError> {
        let mut options = mqtt::session(broker, client_id)?;
        // Between two messages nobody looks at the connection.
        options.set_keep_alive(SELDOM);
        let (client, events) = AsyncClient::new(options, WAITING);
        Ok(Self { client, events })
    }

    /// A sensor that connects with its first message.
    #[must_use]
    pub fn new(broker: SocketAddr, client_id: &str) -> Self {
        let mut options = MqttOptions::new(client_id, broker.ip().to_string(), broker.port());
        options.set_keep_alive(Duration::from_secs(10));
        let (client, events) = AsyncClient::new(options, WAITING);
        Self { client, events }
    }

    /// Publishes with quality of service 1, and waits until the broker has the message. No bytes and
    /// `retain` remove what the broker kept.
    ///
    /// # Errors
    /// [`SensorError`].
    pub async fn publish(
        &mut self,
        topic: &str,
        payload: &[u8],
        retain: bool,
    ) -> Result<(), SensorError> {
        let sent = self.client.publish(topic, QoS::AtLeastOnce, retain, payload.to_vec());
        sent.await.map_err(|_| SensorError::Queue)?;
        loop {
            let event = self.events.poll().await.map_err(Box::new)?;
            if let Event::Incoming(Packet::PubAck(ack)) = event {
                return match ack.reason {
                    PubAckReason::Success | PubAckReason::NoMatchingSubscribers => Ok(()),
                    reason => Err(SensorError::Refused(format!("{reason:?}"))),
                };
            }
        }
    }
}
