//! `[mqtt]` of `gateway.toml` as it is written: every key, its range, its default.

use delivery::Protocol;
use schemars::JsonSchema;
use serde::Deserialize;

use super::id::{ID_PATTERN, ID_WORDS};
use super::span::{in_hours, in_secs};

/// The versions of MQTT that are spoken.
pub(super) const PROTOCOLS: [&str; 2] = ["5", "3.1.1"];

/// Where alerts go.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MqttTable {
    /// The broker: `mqtts://host:8883` with TLS, or `mqtt://host:1883` without.
    #[schemars(
        length(min = 1, max = 512),
        extend("x-expected" = "the broker's address such as \"mqtts://host:8883\"")
    )]
    pub(crate) url: String,
    /// Where else the broker listens, for a cluster: tried in this order whenever a connection is
    /// lost, then `url` again. All with TLS, or none.
    #[serde(default)]
    #[schemars(length(max = 16), inner(length(min = 1, max = 512)))]
    pub(crate) fallback_urls: Vec<String>,
    /// The version of MQTT. `3.1.1` is for brokers that speak nothing newer, such as NATS: they give
    /// no reasons for what they refuse.
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = PROTOCOLS))]
    pub(crate) protocol: Protocol,
    /// The MQTT client id; left out, the gateway's id.
    #[serde(default)]
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = ID_WORDS))]
    pub(crate) client_id: Option<String>,
    /// Certificates (PEM) of the authority that signed the broker's certificate.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) ca_file: Option<String>,
    /// The gateway's own certificate chain (PEM), for brokers that ask for one.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) client_cert_file: Option<String>,
    /// The private key (PEM) of that certificate.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) client_key_file: Option<String>,
    /// User name at the broker.
    #[serde(default)]
    #[schemars(length(min = 1, max = 256))]
    pub(crate) username: Option<String>,
    /// A file that holds the password in its first line.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) password_file: Option<String>,
    /// Longest silence before the gateway asks whether the broker is still there.
    #[serde(default = "mqtt_keep_alive")]
    #[schemars(range(min = 5, max = 3600))]
    pub(crate) keep_alive_secs: u16,
    /// How many messages may wait for the broker's acknowledgement at a time.
    #[serde(default = "mqtt_window")]
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) window_messages: u16,
    /// How long the broker may take to acknowledge before the gateway connects again.
    #[serde(default = "mqtt_ack_timeout")]
    #[schemars(range(min = 1, max = 600))]
    pub(crate) ack_timeout_secs: u32,
    /// How long the broker keeps case feedback and commands for a gateway that is away (MQTT 5).
    #[serde(default = "mqtt_session_hours")]
    #[schemars(range(min = 1, max = 8760))]
    pub(crate) session_hours: u16,
    /// How long the gateway may be away before the broker tells that it is offline (MQTT 5).
    #[serde(default = "mqtt_will_delay")]
    #[schemars(range(max = 3600))]
    pub(crate) will_delay_secs: u32,
    /// How long a closed alert stays on its retained topic, for dashboards.
    #[serde(default = "mqtt_show_closed")]
    #[schemars(range(max = 8760))]
    pub(crate) show_closed_hours: u16,
    /// Allows `mqtt://` (no TLS) to a broker on another machine.
    #[serde(default)]
    pub(crate) allow_plaintext: bool,
}

fn mqtt_keep_alive() -> u16 {
    u16::try_from(delivery::Settings::KEEP_ALIVE.as_secs()).unwrap_or(u16::MAX)
}

fn mqtt_window() -> u16 {
    delivery::Settings::WINDOW
}

fn mqtt_ack_timeout() -> u32 {
    in_secs(delivery::Settings::ACK_TIMEOUT)
}

fn mqtt_session_hours() -> u16 {
    in_hours(delivery::Settings::SESSION_EXPIRY)
}

fn mqtt_show_closed() -> u16 {
    in_hours(delivery::Settings::SHOW_CLOSED)
}

fn mqtt_will_delay() -> u32 {
    in_secs(delivery::Settings::WILL_DELAY)
}
