//! Which broker, under which identity, and how long to wait for what.

use std::fmt;
use std::io;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use runtime::Steadiness;

use crate::error::SetupError;

/// All that delivery can be told. Secrets are named by file, never held here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the broker listens.
    pub broker: BrokerAddress,
    /// Where else it listens, if it is a cluster: tried in this order when a connection is lost.
    pub fallbacks: Vec<BrokerAddress>,
    /// The version that it speaks.
    pub protocol: Protocol,
    /// MQTT client identifier, unique at the broker: a second client with it cuts off the first.
    pub client_id: String,
    /// PEM file of the authorities that may sign the broker's certificate; needed with TLS.
    pub ca_file: Option<PathBuf>,
    /// Certificate of this gateway, where the broker asks for one.
    pub identity: Option<Identity>,
    /// User name and password, where the broker asks for them.
    pub login: Option<Login>,
    /// Idle time after which the connection is tried with a ping; 5 s to 18 h.
    pub keep_alive: Duration,
    /// How long the broker keeps what is sent to the gateway while it is away. MQTT 3.1.1 has no
    /// such term: there the broker's own holds.
    pub session_expiry: Duration,
    /// How long the broker waits before it tells that the gateway is gone, so that a short break
    /// is not told. MQTT 3.1.1 tells it at once.
    pub will_delay: Duration,
    /// Whether the last will is retained. Delivery turns this off for a broker that keeps no retained
    /// messages: alerts are worth more than the will.
    pub will_retained: bool,
    /// Limit on TCP, TLS and MQTT handshake together.
    pub connect_timeout: Duration,
    /// How long the broker may leave a message unanswered before the connection is renewed.
    pub ack_timeout: Duration,
    /// Most messages in flight, 1..=1000; the broker may ask for fewer.
    pub window: u16,
    /// Largest packet taken from the broker, in bytes.
    pub max_packet_bytes: u32,
    /// Pause before the second attempt to connect; doubles with each failure.
    pub reconnect_first: Duration,
    /// How often the certificates, the key and the password file are looked at for changes.
    pub look_at_files: Duration,
    /// Longest pause between attempts.
    pub reconnect_cap: Duration,
    /// How long a closed alert stays on its retained topic.
    pub show_closed: Duration,
    /// Until this says that the wall clock can be believed, no closed alert is removed from its topic.
    pub clock: Steadiness,
    /// Then it is removed on every connection, until one has lasted this long after the removal: a
    /// broker that is killed before it stored the removal comes back with the state.
    pub removal_settles: Duration,
    /// What all topics of this gateway begin with, no slash at the end:
    /// `cg/v1/{county}/{street}/{community}/{gateway}`.
    pub topic_prefix: String,
    /// Version of the gateway, told with every birth message.
    pub version: String,
    /// By which key receivers verify its alerts, as its status tells them.
    pub signing_key: Option<SigningKeyNotice>,
}

/// The public half of the key that signs alerts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SigningKeyNotice {
    /// The signature's algorithm.
    pub alg: &'static str,
    /// The key's id, as in each signature.
    pub kid: String,
    /// PEM.
    pub public_key: String,
}

/// A version of MQTT. The payloads are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Protocol {
    /// MQTT 5: reasons for refusals, limits, attributes.
    #[default]
    #[serde(rename = "5")]
    V5,
    /// MQTT 3.1.1, for brokers that speak nothing newer (NATS).
    #[serde(rename = "3.1.1")]
    V311,
}

/// A certificate with its private key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Certificate chain, the gateway's own first.
    pub cert_file: PathBuf,
    /// Private key: PKCS #8, PKCS #1 or SEC 1.
    pub key_file: PathBuf,
}

/// A user name with the file that holds its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// User name, as the broker knows it.
    pub username: String,
    /// Holds the password in its first line.
    pub password_file: PathBuf,
}

impl Settings {
    /// Default idle time before a ping.
    pub const KEEP_ALIVE: Duration = Duration::from_secs(30);
    /// The shortest and the longest idle time before a ping.
    pub const KEEP_ALIVE_RANGE: RangeInclusive<Duration> =
        Duration::from_secs(5)..=Duration::from_hours(18);
    /// By default the broker keeps messages for a gateway that is away for this long.
    pub const SESSION_EXPIRY: Duration = Duration::from_hours(7 * 24);
    /// Default time before the broker tells that the gateway is gone.
    pub const WILL_DELAY: Duration = Duration::from_secs(10);
    /// Default time for the broker's acknowledgement.
    pub const ACK_TIMEOUT: Duration = Duration::from_secs(20);
    /// Default number of messages in flight.
    pub const WINDOW: u16 = 64;
    /// The fewest and the most messages in flight.
    pub const WINDOW_RANGE: RangeInclusive<u16> = 1..=1000;
    /// By default a closed alert stays on its retained topic for this long.
    pub const SHOW_CLOSED: Duration = Duration::from_hours(24);

    /// The defaults for one broker, client and topic prefix.
    pub fn new(
        broker: BrokerAddress,
        client_id: impl Into<String>,
        topic_prefix: impl Into<String>,
    ) -> Self {
        Self {
            broker,
            fallbacks: Vec::new(),
            protocol: Protocol::default(),
            client_id: client_id.into(),
            ca_file: None,
            identity: None,
            login: None,
            keep_alive: Self::KEEP_ALIVE,
            session_expiry: Self::SESSION_EXPIRY,
            will_delay: Self::WILL_DELAY,
            will_retained: true,
            connect_timeout: Duration::from_secs(10),
            ack_timeout: Self::ACK_TIMEOUT,
            window: Self::WINDOW,
            max_packet_bytes: 256 * 1024,
            look_at_files: Duration::from_secs(2),
            reconnect_first: Duration::from_secs(1),
            reconnect_cap: Duration::from_secs(60),
            show_closed: Self::SHOW_CLOSED,
            clock: Steadiness::default(),
            // Twice the time after which Mosquitto stores by itself (autosave_interval).
            removal_settles: Duration::from_hours(1),
            topic_prefix: topic_prefix.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            signing_key: None,
        }
    }

    /// Finds what can never work.
    ///
    /// # Errors
    /// Names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), SetupError> {
        let refuse = |text: &str| Err(SetupError::Range { text: text.into() });
        if !Self::KEEP_ALIVE_RANGE.contains(&self.keep_alive) {
            return refuse("keep_alive must be 5 s to 18 h");
        }
        if !Self::WINDOW_RANGE.contains(&self.window) {
            return refuse("window must be 1 to 1000 messages");
        }
        if self.connect_timeout < Duration::from_secs(1) {
            return refuse("connect_timeout must be at least 1 s");
        }
        if self.topic_prefix.is_empty()
            || self.topic_prefix.ends_with('/')
            || self.topic_prefix.contains(['+', '#', '\0'])
        {
            return refuse("topic_prefix must not be empty, end in a slash or contain + or #");
        }
        Ok(())
    }

    /// Makes the next fallback the broker, and this one the last fallback.
    pub(super) fn turn_to_next_broker(&mut self) {
        self.will_retained = true;
        self.fallbacks.push(self.broker.clone());
        self.broker = self.fallbacks.remove(0);
    }

    pub(super) fn status_topic(&self) -> String {
        format!("{}/status", self.topic_prefix)
    }

    pub(super) fn alert_state_topic(&self, alert_id: &str) -> String {
        format!("{}/alert/{alert_id}", self.topic_prefix)
    }

    /// What the command centre sends to this gateway: case feedback and commands.
    pub(super) fn inbox_filters(&self) -> [String; 2] {
        ["case", "cmd"].map(|kind| format!("{}/{kind}/+", self.topic_prefix))
    }

    /// The topic of a place below the gateway's prefix.
    pub(super) fn topic_of(&self, place: &str) -> String {
        format!("{}/{place}", self.topic_prefix)
    }
}

impl Login {
    pub(super) fn password(&self) -> Result<String, SetupError> {
        let path = &self.password_file;
        filing::first_line(path).map_err(|source| match source.kind() {
            // Half written, perhaps: the password before it is the better one.
            io::ErrorKind::InvalidData => {
                let text = format!("{}: no password in its first line ({source})", path.display());
                SetupError::Range { text }
            }
            _ => SetupError::File { path: path.clone(), source },
        })
    }
}

/// As the protocol counts.
pub(super) fn whole_secs(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

/// A broker's host and port, and whether it speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerAddress {
    /// Whether to speak TLS (`mqtts://`).
    pub tls: bool,
    /// Name or address; with TLS the name that the certificate must hold.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "mqtts" } else { "mqtt" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}
