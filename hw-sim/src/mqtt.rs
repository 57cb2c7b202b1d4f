//! What the judge and the case centre share of MQTT: where the broker is, and a session over TLS
//! that outlives its connection.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::v5::{SubAck, SubscribeReasonCode};
use rumqttc::{TlsConfiguration, Transport};

/// An alert is 16 KiB at most; the rest is room for a gateway that breaks that rule.
const MAX_PACKET_BYTES: u32 = 1024 * 1024;
/// How long the broker keeps our session while we are away.
const SESSION_EXPIRY_SECS: u32 = 3600;
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// The first pause before a lost connection is tried again. It doubles up to [`LAST_RETRY`].
pub(crate) const FIRST_RETRY: Duration = Duration::from_millis(100);
pub(crate) const LAST_RETRY: Duration = Duration::from_secs(2);

/// Where the broker is, and how both sides prove who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerAddress {
    /// Host name, as the broker's certificate has it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// PEM file of the authority that signed the broker's certificate.
    pub ca: PathBuf,
    /// PEM files of our own certificate and its key, for a broker that asks who we are.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// A certificate or key that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}", path.display())]
pub struct PemError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

/// A session at the broker named `client_id`. The broker keeps it over lost connections.
pub(crate) fn session(address: &BrokerAddress, client_id: &str) -> Result<MqttOptions, PemError> {
    let ca = read_pem(&address.ca)?;
    let client_auth = match &address.identity {
        Some((certificate, key)) => Some((read_pem(certificate)?, read_pem(key)?)),
        None => None,
    };
    // Fails only if a provider is installed already, which serves as well.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let mut options = MqttOptions::new(client_id, &address.host, address.port);
    options.set_transport(Transport::Tls(TlsConfiguration::Simple { ca, alpn: None, client_auth }));
    options.set_keep_alive(KEEP_ALIVE);
    options.set_clean_start(false);
    options.set_session_expiry_interval(Some(SESSION_EXPIRY_SECS));
    options.set_max_packet_size(Some(MAX_PACKET_BYTES));
    Ok(options)
}

fn read_pem(path: &Path) -> Result<Vec<u8>, PemError> {
    std::fs::read(path).map_err(|source| PemError { path: path.to_owned(), source })
}

/// Why the broker refused a subscription, if it did.
pub(crate) fn refusal(suback: &SubAck) -> Option<String> {
    let codes = &suback.return_codes;
    let granted = |code: &SubscribeReasonCode| matches!(code, SubscribeReasonCode::Success(_));
    (!codes.iter().all(granted)).then(|| format!("subscription refused: {codes:?}"))
}
