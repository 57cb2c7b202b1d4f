//! The centre's line to the gateways: MQTT 5 over TLS. It hears alerts and answers, and sends
//! feedback. The session outlives the connection, as the judge's does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet, Publish, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{Alert, Answer, Channel, Letter};
use crate::judge::BrokerAddress;

const MAX_PACKET_BYTES: u32 = 1024 * 1024;
const SESSION_EXPIRY_SECS: u32 = 3600;
const KEEP_ALIVE: Duration = Duration::from_secs(10);
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(2);
/// Of a gateway's prefix: the root's two, county, street, community and gateway.
const PREFIX_LEVELS: usize = 6;
/// When full, the broker waits.
const NEWS_CAPACITY: usize = 4096;
/// Letters on their way to the connection; when full, the rest waits at the desk.
const SENDING_CAPACITY: usize = 1024;

/// Where the line goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineSettings {
    /// The broker.
    pub broker: BrokerAddress,
    /// PEM files of our certificate and its key, where the broker asks for them.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Names the session at the broker.
    pub client_id: String,
    /// Which gateways: their topic prefix, where a level may be `+`, such as
    /// `cg/v1/110117/001/+/+`.
    pub prefix: String,
}

/// Something heard on the line.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// A message of an alert, and the prefix of its gateway.
    Alert(Box<Alert>, Channel),
    /// An answer about an alert.
    Answer {
        /// The alert.
        alert_id: String,
        /// The answer.
        answer: Answer,
    },
    /// A payload in an alert's place that is none.
    UnreadableAlert {
        /// Where it was published.
        topic: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A payload in an answer's place that is none.
    UnreadableAnswer {
        /// Where it was published.
        topic: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The subscription stands.
    Listening,
    /// The connection is lost; it is tried again until it is found.
    Lost {
        /// Why.
        reason: String,
    },
}

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// A certificate or key is missing.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The prefix has not the six levels that gateways have.
    #[error(
        "--prefix {0}: expected root, county, street, community and gateway, such as cg/v1/110117/+/+/+"
    )]
    Prefix(String),
}

/// A line that reconnects by itself until it is dropped.
#[derive(Debug)]
pub struct Line {
    client: AsyncClient,
    news: mpsc::Receiver<News>,
    task: JoinHandle<()>,
}

impl Line {
    /// Opens the line. Returns at once; [`News::Listening`] says when it stands.
    ///
    /// # Errors
    /// If a certificate cannot be read, or the prefix is none.
    pub fn open(settings: &LineSettings) -> Result<Self, LineError> {
        let depth = settings.prefix.split('/').count();
        if depth != PREFIX_LEVELS || settings.prefix.contains('#') {
            return Err(LineError::Prefix(settings.prefix.clone()));
        }
        let (client, events) = AsyncClient::new(options(settings)?, SENDING_CAPACITY);
        let (heard, news) = mpsc::channel(NEWS_CAPACITY);
        let ear = Ear { client: client.clone(), prefix: settings.prefix.clone(), depth, heard };
        let task = tokio::spawn(ear.listen(events));
        Ok(Self { client, news, task })
    }

    /// The next thing heard.
    pub async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }

    /// Sends a letter, at least once; a broker that is away gets it later. Gives it back if too
    /// many wait already.
    ///
    /// # Errors
    /// The letter.
    pub fn send(&self, letter: Letter) -> Result<(), Box<Letter>> {
        let Channel::Gateway(prefix) = &letter.channel else { return Ok(()) };
        let topic = format!("{prefix}/case/{}", letter.feedback.alert_id);
        let sent = self.client.try_publish(topic, QoS::AtLeastOnce, false, letter.payload());
        sent.map_err(|_full| Box::new(letter))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn options(settings: &LineSettings) -> Result<MqttOptions, LineError> {
    let ca = read(&settings.broker.ca)?;
    let client_auth = match settings.identity.as_ref().or(settings.broker.identity.as_ref()) {
        Some((certificate, key)) => Some((read(certificate)?, read(key)?)),
        None => None,
    };
    // Fails only if a provider is installed already, which then serves as well.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let BrokerAddress { host, port, .. } = &settings.broker;
    let mut options = MqttOptions::new(&settings.client_id, host, *port);
    let tls = TlsConfiguration::Simple { ca, alpn: None, client_auth };
    options.set_transport(Transport::Tls(tls));
    options.set_keep_alive(KEEP_ALIVE);
    options.set_clean_start(false);
    options.set_session_expiry_interval(Some(SESSION_EXPIRY_SECS));
    options.set_max_packet_size(Some(MAX_PACKET_BYTES));
    Ok(options)
}

fn read(path: &Path) -> Result<Vec<u8>, LineError> {
    std::fs::read(path).map_err(|source| LineError::File { path: path.to_owned(), source })
}

/// What the task of the connection owns.
struct Ear {
    client: AsyncClient,
    prefix: String,
    /// Levels of a gateway's prefix.
    depth: usize,
    heard: mpsc::Sender<News>,
}

impl Ear {
    async fn listen(self, mut events: EventLoop) {
        let mut retry = FIRST_RETRY;
        loop {
            let news = match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    retry = FIRST_RETRY;
                    self.subscribe();
                    None
                }
                Ok(Event::Incoming(Packet::SubAck(suback))) => {
                    let granted = |code: &SubscribeReasonCode| {
                        matches!(code, SubscribeReasonCode::Success(_))
                    };
                    let codes = &suback.return_codes;
                    let reason = format!("subscription refused: {codes:?}");
                    let all = codes.iter().all(granted);
                    Some(if all { News::Listening } else { News::Lost { reason } })
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => self.read(&publish),
                Ok(_) => None,
                Err(ConnectionError::RequestsDone) => return,
                Err(error) => {
                    let reason = error.to_string();
                    if self.heard.send(News::Lost { reason }).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(retry).await;
                    retry = (retry * 2).min(LAST_RETRY);
                    None
                }
            };
            if let Some(news) = news
                && self.heard.send(news).await.is_err()
            {
                return;
            }
        }
    }

    /// Asked anew on every connection: the broker may have forgotten the session.
    fn subscribe(&self) {
        let filters = ["evt/#", "case/+/ack"]
            .map(|below| Filter::new(format!("{}/{below}", self.prefix), QoS::AtLeastOnce));
        if let Err(error) = self.client.try_subscribe_many(filters) {
            tracing::warn!(%error, "cannot ask for alerts; the next connection tries again");
        }
    }

    fn read(&self, publish: &Publish) -> Option<News> {
        let topic = String::from_utf8_lossy(&publish.topic).into_owned();
        let levels: Vec<&str> = topic.split('/').collect();
        let (prefix, below) = levels.split_at_checked(self.depth)?;
        match below {
            ["evt", ..] => Some(match Alert::parse(&publish.payload) {
                Ok(alert) => News::Alert(Box::new(alert), Channel::Gateway(prefix.join("/"))),
                Err(error) => News::UnreadableAlert { reason: error.to_string(), topic },
            }),
            ["case", alert_id, "ack"] => {
                let alert_id = (*alert_id).to_owned();
                Some(match serde_json::from_slice(&publish.payload) {
                    Ok(answer) => News::Answer { alert_id, answer },
                    Err(error) => News::UnreadableAnswer { reason: error.to_string(), topic },
                })
            }
            _ => None,
        }
    }
}
