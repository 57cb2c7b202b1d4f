//! The centre's link to the broker: MQTT 5 over TLS. It receives alerts and answers, and sends
//! feedback. The session outlives the connection, as the judge's does.

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet, Publish};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::alert::Alert;
use super::channel::Channel;
use super::feedback::Answer;
use super::outbox::OutgoingMessage;
use crate::mqtt::{self, BrokerAddress, FIRST_RETRY, LAST_RETRY, PemError};

/// Levels of a gateway's prefix: two of the root, county, street, community and gateway.
const PREFIX_LEVELS: usize = 6;
/// When this is full, the broker waits.
const EVENT_CAPACITY: usize = 4096;
/// Messages on their way to the connection. When this is full, the rest waits in the outbox.
const SENDING_CAPACITY: usize = 1024;

/// How to connect to the broker, and for which gateways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerLinkSettings {
    /// The broker.
    pub broker: BrokerAddress,
    /// Names the session at the broker.
    pub client_id: String,
    /// The topic prefix of the gateways. A level may be `+`, such as
    /// `cg/v1/110117/001/+/+`.
    pub prefix: String,
}

/// Something that the centre receives.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkEvent {
    /// A message of an alert, and the prefix of its gateway.
    Alert(Box<Alert>, Channel),
    /// An answer about an alert.
    Answer {
        /// The alert.
        alert_id: String,
        /// The answer.
        answer: Answer,
    },
    /// A payload on an alert's topic that is not an alert.
    UnreadableAlert {
        /// Where it was published.
        topic: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A payload on an answer's topic that is not an answer.
    UnreadableAnswer {
        /// Where it was published.
        topic: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The broker has granted the subscription.
    Listening,
    /// The connection is lost. It is tried again until it succeeds.
    Lost {
        /// Why.
        reason: String,
    },
}

/// Why the centre cannot connect to a broker.
#[derive(Debug, thiserror::Error)]
pub enum BrokerLinkError {
    /// A certificate or key cannot be read.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// The prefix does not have the six levels of a gateway's prefix.
    #[error(
        "--prefix {0}: expected root, county, street, community and gateway, such as cg/v1/110117/+/+/+"
    )]
    Prefix(String),
}

/// A link that reconnects by itself until it is dropped.
#[derive(Debug)]
pub struct BrokerLink {
    client: AsyncClient,
    events: mpsc::Receiver<LinkEvent>,
    task: JoinHandle<()>,
}

impl BrokerLink {
    /// Opens the link. Returns at once; [`LinkEvent::Listening`] says when the subscription is granted.
    ///
    /// # Errors
    /// If a certificate cannot be read, or the prefix is not a gateway's prefix.
    pub fn open(settings: &BrokerLinkSettings) -> Result<Self, BrokerLinkError> {
        let depth = settings.prefix.split('/').count();
        if depth != PREFIX_LEVELS || settings.prefix.contains('#') {
            return Err(BrokerLinkError::Prefix(settings.prefix.clone()));
        }
        let options = mqtt::session(&settings.broker, &settings.client_id)?;
        let (client, connection) = AsyncClient::new(options, SENDING_CAPACITY);
        let (sender, events) = mpsc::channel(EVENT_CAPACITY);
        let prefix = settings.prefix.clone();
        let link_task = LinkTask { client: client.clone(), prefix, depth, events: sender };
        let task = tokio::spawn(link_task.run(connection));
        Ok(Self { client, events, task })
    }

    /// The next event.
    pub async fn next(&mut self) -> Option<LinkEvent> {
        self.events.recv().await
    }

    /// Sends a message at least once. If the broker is away, it gets the message later.
    ///
    /// # Errors
    /// The message, if too many wait already.
    pub fn send(&self, message: OutgoingMessage) -> Result<(), Box<OutgoingMessage>> {
        let Channel::Gateway(prefix) = &message.channel else { return Ok(()) };
        let topic = format!("{prefix}/case/{}", message.feedback.alert_id);
        let sent = self.client.try_publish(topic, QoS::AtLeastOnce, false, message.payload());
        sent.map_err(|_full| Box::new(message))
    }
}

impl Drop for BrokerLink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task that keeps the connection.
struct LinkTask {
    client: AsyncClient,
    prefix: String,
    /// Levels of a gateway's prefix.
    depth: usize,
    events: mpsc::Sender<LinkEvent>,
}

impl LinkTask {
    async fn run(self, mut connection: EventLoop) {
        let mut retry = FIRST_RETRY;
        loop {
            let event = match connection.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    retry = FIRST_RETRY;
                    self.subscribe();
                    None
                }
                Ok(Event::Incoming(Packet::SubAck(suback))) => Some(match mqtt::refusal(&suback) {
                    None => LinkEvent::Listening,
                    Some(reason) => LinkEvent::Lost { reason },
                }),
                Ok(Event::Incoming(Packet::Publish(publish))) => self.read(&publish),
                Ok(_) => None,
                Err(ConnectionError::RequestsDone) => return,
                Err(error) => {
                    let reason = error.to_string();
                    if self.events.send(LinkEvent::Lost { reason }).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(retry).await;
                    retry = (retry * 2).min(LAST_RETRY);
                    None
                }
            };
            if let Some(event) = event
                && self.events.send(event).await.is_err()
            {
                return;
            }
        }
    }

    /// Subscribes again on every connection: the broker may have forgotten the session.
    fn subscribe(&self) {
        let filters = ["evt/#", "case/+/ack"]
            .map(|below| Filter::new(format!("{}/{below}", self.prefix), QoS::AtLeastOnce));
        if let Err(error) = self.client.try_subscribe_many(filters) {
            tracing::warn!(%error, "cannot subscribe to alerts; the next connection tries again");
        }
    }

    fn read(&self, publish: &Publish) -> Option<LinkEvent> {
        let topic = String::from_utf8_lossy(&publish.topic).into_owned();
        let levels: Vec<&str> = topic.split('/').collect();
        let (prefix, below) = levels.split_at_checked(self.depth)?;
        match below {
            ["evt", ..] => Some(match Alert::parse(&publish.payload) {
                Ok(alert) => LinkEvent::Alert(Box::new(alert), Channel::Gateway(prefix.join("/"))),
                Err(error) => LinkEvent::UnreadableAlert { reason: error.to_string(), topic },
            }),
            ["case", alert_id, "ack"] => {
                let alert_id = (*alert_id).to_owned();
                Some(match serde_json::from_slice(&publish.payload) {
                    Ok(answer) => LinkEvent::Answer { alert_id, answer },
                    Err(error) => LinkEvent::UnreadableAnswer { reason: error.to_string(), topic },
                })
            }
            _ => None,
        }
    }
}
