//! What the client library reports, in words for the person who can act.

use std::fmt::Debug;
use std::io;

use crate::error::BrokerError;
use crate::settings::Settings;
use crate::tls;

fn address(settings: &Settings) -> String {
    settings.broker.to_string()
}

/// An open connection came to an end.
pub(super) fn closed(settings: &Settings, reason: impl Into<String>) -> BrokerError {
    BrokerError::Closed { address: address(settings), reason: reason.into() }
}

/// The broker did what no broker may.
pub(super) fn violation(settings: &Settings, what: impl Into<String>) -> BrokerError {
    closed(settings, format!("the broker breaks the protocol ({})", what.into()))
}

pub(super) fn io(settings: &Settings, source: io::Error) -> BrokerError {
    let address = address(settings);
    let tls = source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(error) => BrokerError::Tls { address, reason: tls::explain(error, settings) },
        None => BrokerError::Unreachable { address, source },
    }
}

pub(super) fn tls(settings: &Settings, error: rumqttc::TlsError) -> BrokerError {
    match error {
        rumqttc::TlsError::Io(source) => io(settings, source),
        error => {
            BrokerError::Tls { address: address(settings), reason: format!("TLS failed: {error}") }
        }
    }
}

pub(super) fn no_answer(settings: &Settings) -> BrokerError {
    closed(
        settings,
        format!(
            "no MQTT answer within {} s; does an MQTT broker listen there, with TLS as the URL \
             says?",
            settings.connect_timeout.as_secs()
        ),
    )
}

pub(super) fn no_pings(settings: &Settings) -> BrokerError {
    closed(settings, "the broker does not answer pings")
}

fn refused(settings: &Settings, reason: String) -> BrokerError {
    BrokerError::Refused { address: address(settings), reason }
}

/// It does not know this gateway, or lets it do nothing.
pub(super) fn not_allowed(settings: &Settings, code: impl Debug) -> BrokerError {
    let who = settings.login.as_ref().map_or_else(
        || "no user name is set".to_owned(),
        |login| {
            format!("user {:?}, password from {}", login.username, login.password_file.display())
        },
    );
    let text = format!("{code:?} ({who}); the broker's administrator must allow this gateway");
    refused(settings, text)
}

pub(super) fn bad_client_id(settings: &Settings) -> BrokerError {
    refused(settings, format!("it does not accept the client id {:?}", settings.client_id))
}

pub(super) fn other_version(settings: &Settings, ours: &str, other: &str) -> BrokerError {
    let text = format!("it does not speak MQTT {ours}; try protocol = \"{other}\"");
    refused(settings, text)
}

pub(super) fn refused_with(settings: &Settings, code: impl Debug) -> BrokerError {
    refused(settings, format!("{code:?}"))
}
