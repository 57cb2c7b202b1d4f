//! The ear of the judge: an MQTT 5 session over TLS that outlives the connection, so that a broker
//! that restarts keeps for us what came meanwhile.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnectReturnCode, Filter, Packet, Publish, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{ConfigNews, DeviceStatus, Receipt};

/// Events of every gateway.
const EVENTS: &str = "cg/v1/+/+/+/+/evt/#";
/// Birth and last will of every gateway.
const STATUS: &str = "cg/v1/+/+/+/+/status";
/// An alert is 16 KiB at most; the rest is room for whoever breaks that rule.
const MAX_PACKET_BYTES: u32 = 1024 * 1024;
/// State of every gateway's devices.
const DEVICES: &str = "cg/v1/+/+/+/+/dev/+/status";
/// The broker keeps our session so long while we are away.
const SESSION_EXPIRY_SECS: u32 = 3600;
const KEEP_ALIVE: Duration = Duration::from_secs(10);
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(2);
/// Alerts are read faster than any gateway may send them; when full, the broker waits.
const HEARD_CAPACITY: usize = 1024;

/// Where the broker is and whom to believe that it is the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerAddress {
    /// As its certificate names it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// PEM file of the authority that signed the broker's certificate.
    pub ca: PathBuf,
    /// PEM files of our own certificate and its key, for a broker that asks who we are.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// Something heard.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// An alert.
    Alert(Box<Receipt>),
    /// A payload in an alert's place that is none.
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
        /// Whether it says that it is there.
        online: bool,
        /// What became of the latest edit of its configuration.
        config: Option<ConfigNews>,
    },
    /// The retained status of a device.
    Device {
        /// The device.
        device: String,
        /// How it is.
        status: DeviceStatus,
    },
    /// A device is no more: its retained status was taken back.
    Withdrawn {
        /// The device.
        device: String,
    },
    /// The subscription stands. `resumed`: the broker kept our session.
    Listening {
        /// The broker remembered us.
        resumed: bool,
    },
    /// The connection is lost; it is tried again until it is found.
    Lost {
        /// Why.
        reason: String,
    },
}

/// Why nobody listens.
#[derive(Debug, thiserror::Error)]
pub enum SubscriberError {
    /// A certificate or key is missing.
    #[error("cannot read {}: {source}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A subscription that reconnects by itself until it is dropped.
#[derive(Debug)]
pub struct Subscriber {
    heard: mpsc::Receiver<Heard>,
    task: JoinHandle<()>,
}

impl Subscriber {
    /// Starts to listen under `client_id`, which names the session at the broker. Returns at once;
    /// [`Heard::Listening`] says when the subscription stands.
    ///
    /// # Errors
    /// If a certificate or key cannot be read.
    pub fn start(address: &BrokerAddress, client_id: &str) -> Result<Self, SubscriberError> {
        let options = options(address, client_id)?;
        let (client, events) = AsyncClient::new(options, HEARD_CAPACITY);
        let (heard_tx, heard) = mpsc::channel(HEARD_CAPACITY);
        let task = tokio::spawn(listen(client, events, heard_tx));
        Ok(Self { heard, task })
    }

    /// The next thing heard.
    pub async fn next(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn options(address: &BrokerAddress, client_id: &str) -> Result<MqttOptions, SubscriberError> {
    let ca = read_pem(&address.ca)?;
    let client_auth = match &address.identity {
        Some((certificate, key)) => Some((read_pem(certificate)?, read_pem(key)?)),
        None => None,
    };
    // Fails only if a provider is installed already, which then serves as well.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let mut options = MqttOptions::new(client_id, &address.host, address.port);
    options.set_transport(Transport::Tls(TlsConfiguration::Simple { ca, alpn: None, client_auth }));
    options.set_keep_alive(KEEP_ALIVE);
    options.set_clean_start(false);
    options.set_session_expiry_interval(Some(SESSION_EXPIRY_SECS));
    options.set_max_packet_size(Some(MAX_PACKET_BYTES));
    Ok(options)
}

fn read_pem(path: &Path) -> Result<Vec<u8>, SubscriberError> {
    std::fs::read(path).map_err(|source| SubscriberError::Pem { path: path.to_owned(), source })
}

async fn listen(client: AsyncClient, mut events: EventLoop, heard: mpsc::Sender<Heard>) {
    let mut retry = FIRST_RETRY;
    let mut resumed = false;
    loop {
        let news = match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(connack))) => {
                retry = FIRST_RETRY;
                resumed = connack.session_present && connack.code == ConnectReturnCode::Success;
                subscribe(&client);
                None
            }
            Ok(Event::Incoming(Packet::SubAck(suback))) => {
                let granted =
                    |code: &SubscribeReasonCode| matches!(code, SubscribeReasonCode::Success(_));
                Some(if suback.return_codes.iter().all(granted) {
                    Heard::Listening { resumed }
                } else {
                    Heard::Lost {
                        reason: format!("subscription refused: {:?}", suback.return_codes),
                    }
                })
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => Some(read(&publish)),
            Ok(_) => None,
            Err(ConnectionError::RequestsDone) => return,
            Err(error) => {
                let reason = error.to_string();
                if heard.send(Heard::Lost { reason }).await.is_err() {
                    return;
                }
                tokio::time::sleep(retry).await;
                retry = (retry * 2).min(LAST_RETRY);
                None
            }
        };
        if let Some(news) = news
            && heard.send(news).await.is_err()
        {
            return;
        }
    }
}

/// Asked anew on every connection: the broker may have forgotten the session, and asking twice
/// costs nothing (MQTT 5 §3.8.4).
fn subscribe(client: &AsyncClient) {
    let filters = [EVENTS, STATUS, DEVICES].map(|path| Filter::new(path, QoS::AtLeastOnce));
    if let Err(error) = client.try_subscribe_many(filters) {
        tracing::warn!(%error, "cannot ask for the subscription; the next connection tries again");
    }
}

#[derive(serde::Deserialize)]
struct Status {
    online: bool,
    config: Option<ConfigNews>,
}

fn read(publish: &Publish) -> Heard {
    let topic = String::from_utf8_lossy(&publish.topic).into_owned();
    let payload = &publish.payload;
    // cg/v1/county/street/community/gateway/…, the whole tree being the gateway's own.
    let levels: Vec<&str> = topic.split('/').skip(5).collect();
    let heard = match levels.as_slice() {
        [gateway, "status"] => serde_json::from_slice(payload).map(|Status { online, config }| {
            let gateway = (*gateway).to_owned();
            Heard::Status { gateway, online, config }
        }),
        [_, "dev", device, "status"] if payload.is_empty() => {
            Ok(Heard::Withdrawn { device: (*device).to_owned() })
        }
        [_, "dev", device, "status"] => serde_json::from_slice(payload).map(|status| {
            let device = (*device).to_owned();
            Heard::Device { device, status }
        }),
        _ => Receipt::read(payload.clone()).map(|receipt| Heard::Alert(Box::new(receipt))),
    };
    heard.unwrap_or_else(|error| Heard::Unreadable { reason: error.to_string(), topic })
}
