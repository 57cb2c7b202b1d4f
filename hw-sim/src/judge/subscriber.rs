//! The judge's subscription: an MQTT 5 session over TLS that outlives the connection, so that a
//! broker that restarts keeps the messages of the meantime.

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnectReturnCode, Filter, Packet, Publish};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::journal::Receipt;
use super::message::{ConfigNews, DeviceStatus, OutputState};
use crate::mqtt::{self, BrokerAddress, FIRST_RETRY, LAST_RETRY, PemError};

/// Events of every gateway.
const EVENTS: &str = "cg/v1/+/+/+/+/evt/#";
/// Birth and last will of every gateway.
const STATUS: &str = "cg/v1/+/+/+/+/status";
/// State of every gateway's devices.
const DEVICES: &str = "cg/v1/+/+/+/+/dev/+/status";
/// State of every gateway's outputs.
const OUTPUTS: &str = "cg/v1/+/+/+/+/out/+";
/// Alerts are read faster than any gateway may send them. When this is full, the broker waits.
const EVENT_CAPACITY: usize = 1024;

/// Something that the judge receives.
#[derive(Debug, Clone, PartialEq)]
pub enum JudgeEvent {
    /// An alert.
    Alert(Box<Receipt>),
    /// A payload on an alert's topic that is not an alert.
    Unreadable {
        /// Where it was published.
        topic: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The retained status of a gateway: its birth or its last will.
    Status {
        /// The gateway.
        gateway: String,
        /// Whether it says that it runs.
        online: bool,
        /// The outcome of the latest edit of its configuration.
        config: Option<ConfigNews>,
    },
    /// The retained status of a device.
    Device {
        /// The device.
        device: String,
        /// How it is.
        status: DeviceStatus,
    },
    /// A device was removed: its retained status was deleted.
    DeviceRemoved {
        /// The device.
        device: String,
    },
    /// The retained state of something that alerts move; none: there is no such output any more.
    Output {
        /// The output.
        output: String,
        /// How it is.
        state: Option<OutputState>,
    },
    /// The broker has granted the subscription.
    Listening {
        /// Whether the broker kept our session.
        resumed: bool,
    },
    /// The connection is lost. It is tried again until it succeeds.
    Lost {
        /// Why.
        reason: String,
    },
}

/// A subscription that reconnects by itself until it is dropped.
#[derive(Debug)]
pub struct Subscriber {
    events: mpsc::Receiver<JudgeEvent>,
    task: JoinHandle<()>,
}

impl Subscriber {
    /// Starts to listen as `client_id`, which names the session at the broker. Returns at once;
    /// [`JudgeEvent::Listening`] says when the subscription is granted.
    ///
    /// # Errors
    /// If a certificate or key cannot be read.
    pub fn start(address: &BrokerAddress, client_id: &str) -> Result<Self, PemError> {
        let options = mqtt::session(address, client_id)?;
        let (client, connection) = AsyncClient::new(options, EVENT_CAPACITY);
        let (sender, events) = mpsc::channel(EVENT_CAPACITY);
        let task = tokio::spawn(listen(client, connection, sender));
        Ok(Self { events, task })
    }

    /// The next event.
    pub async fn next(&mut self) -> Option<JudgeEvent> {
        self.events.recv().await
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(client: AsyncClient, mut connection: EventLoop, events: mpsc::Sender<JudgeEvent>) {
    let mut retry = FIRST_RETRY;
    let mut resumed = false;
    loop {
        let event = match connection.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(connack))) => {
                retry = FIRST_RETRY;
                resumed = connack.session_present && connack.code == ConnectReturnCode::Success;
                subscribe(&client);
                None
            }
            Ok(Event::Incoming(Packet::SubAck(suback))) => Some(match mqtt::refusal(&suback) {
                None => JudgeEvent::Listening { resumed },
                Some(reason) => JudgeEvent::Lost { reason },
            }),
            Ok(Event::Incoming(Packet::Publish(publish))) => Some(read(&publish)),
            Ok(_) => None,
            Err(ConnectionError::RequestsDone) => return,
            Err(error) => {
                let reason = error.to_string();
                if events.send(JudgeEvent::Lost { reason }).await.is_err() {
                    return;
                }
                tokio::time::sleep(retry).await;
                retry = (retry * 2).min(LAST_RETRY);
                None
            }
        };
        if let Some(event) = event
            && events.send(event).await.is_err()
        {
            return;
        }
    }
}

/// Subscribes again on every connection: the broker may have forgotten the session, and a second
/// subscription costs nothing (MQTT 5 §3.8.4).
fn subscribe(client: &AsyncClient) {
    let filters =
        [EVENTS, STATUS, DEVICES, OUTPUTS].map(|path| Filter::new(path, QoS::AtLeastOnce));
    if let Err(error) = client.try_subscribe_many(filters) {
        tracing::warn!(%error, "cannot subscribe; the next connection tries again");
    }
}

#[derive(serde::Deserialize)]
struct Status {
    online: bool,
    config: Option<ConfigNews>,
}

fn read(publish: &Publish) -> JudgeEvent {
    let topic = String::from_utf8_lossy(&publish.topic).into_owned();
    let payload = &publish.payload;
    // cg/v1/county/street/community/gateway/…
    let levels: Vec<&str> = topic.split('/').skip(5).collect();
    let event = match levels.as_slice() {
        [gateway, "status"] => serde_json::from_slice(payload).map(|Status { online, config }| {
            let gateway = (*gateway).to_owned();
            JudgeEvent::Status { gateway, online, config }
        }),
        [_, "dev", device, "status"] if payload.is_empty() => {
            Ok(JudgeEvent::DeviceRemoved { device: (*device).to_owned() })
        }
        [_, "dev", device, "status"] => serde_json::from_slice(payload).map(|status| {
            let device = (*device).to_owned();
            JudgeEvent::Device { device, status }
        }),
        [_, "out", output] => {
            let state = (!payload.is_empty()).then(|| serde_json::from_slice(payload)).transpose();
            state.map(|state| JudgeEvent::Output { output: (*output).to_owned(), state })
        }
        _ => Receipt::read(payload.clone()).map(|receipt| JudgeEvent::Alert(Box::new(receipt))),
    };
    event.unwrap_or_else(|error| JudgeEvent::Unreadable { reason: error.to_string(), topic })
}
