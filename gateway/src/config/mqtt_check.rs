//! What a schema cannot check in `[mqtt]`, and the way from text to settings.

use std::net::IpAddr;

use delivery::{BrokerAddress, Identity, Login, Settings};
use url::Url;

use super::address;
use super::document::Document;
use super::findings::Findings;
use super::gateway_file::GatewayFile;
use super::span::{hours, secs};

/// The settings of a table that passed its schema; `None` if a fault was noted.
pub(super) fn mqtt(
    file: &GatewayFile,
    topic_prefix: &str,
    document: &Document,
    findings: &mut Findings,
) -> Option<Settings> {
    let table = &file.mqtt;
    let plaintext = table.allow_plaintext;
    let first = broker(&table.url, "/mqtt/url", plaintext, document, findings);
    let fallbacks = fallbacks(file, first.as_ref(), document, findings);
    let ca_file = match &table.ca_file {
        Some(_) => findings.pem_file(document, "/mqtt/ca_file", "CERTIFICATE").map(Some),
        None => Some(None),
    };
    let client = client_certificate(file, document, findings);
    let login = login(file, document, findings);
    let broker = first?;
    let (ca_file, identity) = match (broker.tls, ca_file?) {
        (true, Some(ca_file)) => (Some(ca_file), client?),
        (true, None) => {
            let message = "mqtts:// needs `ca_file`: the certificate (PEM) of the authority that \
                           signed the broker's";
            return findings.refuse(document, "/mqtt/url", message);
        }
        (false, ca_file) => {
            if ca_file.is_some() || client?.is_some() {
                let message = "certificates have no effect on mqtt://; did you mean mqtts://?";
                findings.warn(document, "/mqtt/url", message);
            }
            (None, None)
        }
    };
    let client_id = table.client_id.clone().unwrap_or_else(|| file.gateway.id.clone());
    Some(Settings {
        fallbacks: fallbacks?,
        protocol: table.protocol,
        ca_file,
        identity,
        login: login?,
        keep_alive: secs(table.keep_alive_secs.into()),
        window: table.window_messages,
        ack_timeout: secs(table.ack_timeout_secs),
        session_expiry: hours(table.session_hours),
        show_closed: hours(table.show_closed_hours),
        will_delay: secs(table.will_delay_secs),
        ..Settings::new(broker, client_id, topic_prefix)
    })
}

/// The others, if all use TLS as the first broker does, or all do not.
fn fallbacks(
    file: &GatewayFile,
    first: Option<&BrokerAddress>,
    document: &Document,
    findings: &mut Findings,
) -> Option<Vec<BrokerAddress>> {
    let table = &file.mqtt;
    let found = table.fallback_urls.iter().enumerate().map(|(index, url)| {
        let at = format!("/mqtt/fallback_urls/{index}");
        let broker = broker(url, &at, table.allow_plaintext, document, findings)?;
        if first.is_some_and(|first| first.tls != broker.tls) {
            let message =
                "`url` and its fallbacks must be of one kind: all mqtts://, or all mqtt://";
            return findings.refuse(document, &at, message);
        }
        Some(broker)
    });
    let found: Vec<Option<BrokerAddress>> = found.collect(); // every fault is told
    found.into_iter().collect()
}

/// The broker at an address.
fn broker(
    url: &str,
    at: &str,
    allow_plaintext: bool,
    document: &Document,
    findings: &mut Findings,
) -> Option<BrokerAddress> {
    let Ok(parsed) = Url::parse(url) else {
        return findings.refuse(document, at, "not an address; expected mqtts://host:8883");
    };
    let tls = match parsed.scheme() {
        "mqtts" => true,
        "mqtt" => false,
        _ => {
            let scheme = address::scheme(&parsed);
            let message = format!("{scheme} is not MQTT; expected mqtts:// (TLS) or mqtt://");
            return findings.refuse(document, at, message);
        }
    };
    if address::holds_login(&parsed) {
        let message = "user and password do not belong in the address: use `username` and \
                       `password_file`";
        return findings.refuse(document, at, message);
    }
    if !matches!(parsed.path(), "" | "/") || parsed.query().is_some() {
        return findings.refuse(document, at, "an MQTT address ends after the port");
    }
    let Some(host) = parsed.host_str().filter(|host| !host.is_empty()) else {
        return findings.refuse(document, at, "the address names no host");
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    if !tls && !allow_plaintext && !is_loopback(&host) {
        let message = "mqtt:// would send alerts to another machine unprotected: use mqtts://, or set \
                       `allow_plaintext = true` if the line is protected otherwise";
        return findings.refuse(document, at, message);
    }
    let port = parsed.port().unwrap_or(if tls { 8883 } else { 1883 });
    Some(BrokerAddress { tls, host, port })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn client_certificate(
    file: &GatewayFile,
    document: &Document,
    findings: &mut Findings,
) -> Option<Option<Identity>> {
    let (cert_at, key_at) = ("/mqtt/client_cert_file", "/mqtt/client_key_file");
    match (&file.mqtt.client_cert_file, &file.mqtt.client_key_file) {
        (None, None) => Some(None),
        (Some(_), None) => {
            findings.refuse(document, cert_at, "a certificate needs its key: add `client_key_file`")
        }
        (None, Some(_)) => {
            findings.refuse(document, key_at, "a key needs its certificate: add `client_cert_file`")
        }
        (Some(_), Some(_)) => {
            let cert_file = findings.pem_file(document, cert_at, "CERTIFICATE");
            let key_file = findings.pem_file(document, key_at, "PRIVATE KEY");
            if key_file.is_some() {
                findings.secret_file(document, key_at);
            }
            Some(Some(Identity { cert_file: cert_file?, key_file: key_file? }))
        }
    }
}

fn login(
    file: &GatewayFile,
    document: &Document,
    findings: &mut Findings,
) -> Option<Option<Login>> {
    let at = "/mqtt/password_file";
    match (&file.mqtt.username, &file.mqtt.password_file) {
        (None, None) => Some(None),
        (None, Some(_)) => findings.refuse(document, at, "a password needs `username`"),
        (Some(_), None) => {
            findings.refuse(document, "/mqtt/username", "a username needs `password_file`")
        }
        (Some(user), Some(_)) => {
            let (password_file, _) = findings.secret_line(document, at, "password")?;
            Some(Some(Login { username: user.clone(), password_file }))
        }
    }
}
