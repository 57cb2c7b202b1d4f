//! What the client library reports, in words for the person who can act.

use std::fmt::Debug;
use std::io;

use crate::fault::Lost;
use crate::{Settings, tls};

fn address(settings: &Settings) -> String {
    settings.broker.to_string()
}

/// An open connection came to an end.
pub(super) fn closed(settings: &Settings, reason: impl Into<String>) -> Lost {
    Lost::Closed { address: address(settings), reason: reason.into() }
}

/// The broker did what no broker may.
pub(super) fn violation(settings: &Settings, what: impl Into<String>) -> Lost {
    closed(settings, format!("the broker breaks the protocol ({})", what.into()))
}

pub(super) fn io(settings: &Settings, source: io::Error) -> Lost {
    let address = address(settings);
    let tls = source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(error) => Lost::Tls { address, reason: tls::explain(error, settings) },
        None => Lost::Unreachable { address, source },
    }
}

pub(super) fn tls(settings: &Settings, error: rumqttc::TlsError) -> Lost {
    match error {
        rumqttc::TlsError::Io(source) => io(settings, source),
        error => Lost::Tls { address: address(settings), reason: format!("TLS failed: {error}") },
    }
}

pub(super) fn no_answer(settings: &Settings) -> Lost {
    closed(
        settings,
        format!(
            "no MQTT answer within {} s; does an MQTT broker listen there, with TLS as the URL \
             says?",
            settings.connect_timeout.as_secs()
        ),
    )
}

pub(super) fn no_pings(settings: &Settings) -> Lost {
    closed(settings, "the broker does not answer pings")
}

fn refused(settings: &Settings, reason: String) -> Lost {
    Lost::Refused { address: address(settings), reason }
}

/// It does not know this gateway, or lets it do nothing.
pub(super) fn not_allowed(settings: &Settings, code: impl Debug) -> Lost {
    let who = settings.login.as_ref().map_or_else(
        || "no user name is set".to_owned(),
        |login| {
            format!("user {:?}, password from {}", login.username, login.password_file.display())
        },
    );
    let text = format!("{code:?} ({who}); the broker's administrator must allow this gateway");
    refused(settings, text)
}

pub(super) fn bad_client_id(settings: &Settings) -> Lost {
    refused(settings, format!("it does not accept the client id {:?}", settings.client_id))
}

pub(super) fn other_version(settings: &Settings, ours: &str, other: &str) -> Lost {
    let text = format!("it does not speak MQTT {ours}; try protocol = \"{other}\"");
    refused(settings, text)
}

pub(super) fn refused_with(settings: &Settings, code: impl Debug) -> Lost {
    refused(settings, format!("{code:?}"))
}
