//! What the client library reports, in words for the person who can act.

use std::io::{self, ErrorKind};

use crate::broker::reasons::{self, Reason};
use crate::error::BrokerError;
use crate::settings::Settings;
use crate::tls;

/// What a broker says of itself is shown up to this many characters.
const SHOWN_CHARS: usize = 200;

/// How the system's resolver begins to complain.
const LOOKUP: &str = "failed to lookup address information";

/// A subscription was granted, and what comes by it may be lost.
pub(super) const GRANTS_TOO_LITTLE: &str = "it grants QoS 0 only, by which messages may be lost unseen; allow QoS 1 for \
                                            this gateway (Mosquitto: max_qos 1)";

fn address(settings: &Settings) -> String {
    settings.broker.to_string()
}

/// An open connection came to an end.
pub(super) fn closed(settings: &Settings, reason: impl Into<String>) -> BrokerError {
    BrokerError::Closed { address: address(settings), reason: reason.into() }
}

/// An open connection came to an end and the broker said nothing.
pub(super) fn cut(settings: &Settings) -> BrokerError {
    BrokerError::Cut { address: address(settings) }
}

/// The broker did what no broker may.
pub(super) fn violation(settings: &Settings, what: impl Into<String>) -> BrokerError {
    closed(settings, format!("the broker breaks the protocol ({})", what.into()))
}

/// A fault of the line, before the connection stood or after.
pub(super) fn io(settings: &Settings, source: io::Error) -> BrokerError {
    let address = address(settings);
    let tls = source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(error) = tls {
        return BrokerError::Tls { address, reason: tls::explain(error, settings) };
    }
    match source.kind() {
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => BrokerError::Cut { address },
        _ => BrokerError::Unreachable { address, reason: unreachable(settings, &source) },
    }
}

/// Why no connection came about, and what to look at.
fn unreachable(settings: &Settings, error: &io::Error) -> String {
    if let Some(fault) = runtime::out_of_files(error) {
        return fault.to_owned();
    }
    let host = &settings.broker.host;
    let text = error.to_string();
    if text.contains(LOOKUP) {
        return match text.contains("emporary") {
            true => format!(
                "the name server (DNS) does not answer, so nobody knows where {host} is; look at this \
                 machine's network and name server, or give url an IP address"
            ),
            false => format!(
                "the name {host} is not known to this machine's name server (DNS); look at url in \
                 [mqtt] of gateway.toml"
            ),
        };
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => format!(
            "nobody listens there; is the broker running on {host}, is the port right, and does no \
             firewall refuse it?"
        ),
        ErrorKind::TimedOut => {
            "nobody answers; is the address right, and does no firewall swallow it?".to_owned()
        }
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            format!("there is no way to {host}; look at this machine's network cable and route")
        }
        ErrorKind::PermissionDenied => {
            "this machine does not allow it; look at its firewall and the service's rights"
                .to_owned()
        }
        ErrorKind::AddrNotAvailable => {
            "this machine has no address or port to call from; look at its network".to_owned()
        }
        _ => format!("{error}; look at this machine's network"),
    }
}

pub(super) fn tls(settings: &Settings, error: rumqttc::TlsError) -> BrokerError {
    let address = address(settings);
    match error {
        rumqttc::TlsError::Io(source) => io(settings, source),
        rumqttc::TlsError::TLS(error) => {
            BrokerError::Tls { address, reason: tls::explain(&error, settings) }
        }
        rumqttc::TlsError::DNSName(_) => {
            let host = &settings.broker.host;
            let reason =
                format!("{host} is no name that a certificate can hold; look at url in [mqtt]");
            BrokerError::Tls { address, reason }
        }
        _ => BrokerError::Tls { address, reason: "TLS could not be set up; report it".to_owned() },
    }
}

pub(super) fn no_answer(settings: &Settings) -> BrokerError {
    closed(
        settings,
        format!(
            "no MQTT answer within {} s; is the address right, does no firewall swallow it, and does \
             an MQTT broker listen there, with TLS as the URL says?",
            settings.connect_timeout.as_secs()
        ),
    )
}

pub(super) fn no_pings(settings: &Settings) -> BrokerError {
    closed(settings, "the broker does not answer pings; is the line cut?")
}

/// Something else than MQTT came.
pub(super) fn no_mqtt(settings: &Settings) -> BrokerError {
    closed(
        settings,
        "what it says is not MQTT; does an MQTT broker listen on this port, with TLS as the URL says?",
    )
}

/// The broker sent more at once than the gateway takes.
pub(super) fn too_large(settings: &Settings, bytes: usize) -> BrokerError {
    let limit = settings.max_packet_bytes;
    closed(
        settings,
        format!("it sent a message of {bytes} bytes; the gateway takes {limit} at most"),
    )
}

/// The broker takes so little at once that not even a subscription fits.
pub(super) fn takes_too_little(settings: &Settings, bytes: u32) -> BrokerError {
    closed(
        settings,
        format!(
            "the broker takes packets of {bytes} bytes at most, which is too little to subscribe; raise its limit \
             (Mosquitto: max_packet_size) to 256 KiB"
        ),
    )
}

/// Answers that fit no question.
pub(super) fn astray(settings: &Settings) -> BrokerError {
    violation(settings, "it answers what was never sent")
}

/// CONNECT was refused.
pub(super) fn refused(settings: &Settings, code: u8) -> BrokerError {
    let address = address(settings);
    let reason = words(settings, code);
    match code {
        reasons::RETAIN_NOT_SUPPORTED => BrokerError::KeepsNothing { address, reason },
        _ => BrokerError::Refused { address, reason },
    }
}

/// CONNECT was refused with a code that this version of MQTT does not know there.
pub(super) fn strangely_refused(settings: &Settings, code: u8) -> BrokerError {
    let reason = reasons::of(code).strange_words(settings.protocol);
    BrokerError::Refused { address: address(settings), reason }
}

/// A message was answered, or the connection ended, for a reason that MQTT 5 does not know there.
pub(super) fn strange_reason(settings: &Settings, code: u8) -> BrokerError {
    let reason = reasons::of(code).strange_words(settings.protocol);
    BrokerError::StrangeReason { address: address(settings), reason }
}

/// A subscription was answered so.
pub(super) fn strange_grant(settings: &Settings, code: u8) -> BrokerError {
    let reason = reasons::of(code).strange_words(settings.protocol);
    closed(settings, format!("the broker does not grant a subscription: {reason}"))
}

/// The broker ended an open connection and said why.
pub(super) fn disconnected(settings: &Settings, code: u8, said: Option<&str>) -> BrokerError {
    let said = said.map_or_else(String::new, |said| format!("; it says: {}", shown(said)));
    let (address, reason) = (address(settings), words(settings, code) + &said);
    match code {
        reasons::SESSION_TAKEN_OVER => BrokerError::TakenOver { address, reason },
        reasons::BANNED | reasons::NOT_AUTHORIZED => BrokerError::Expelled { address, reason },
        reasons::RETAIN_NOT_SUPPORTED => BrokerError::KeepsNothing { address, reason },
        _ => BrokerError::Closed { address, reason },
    }
}

/// Why a message or a subscription was refused.
pub(super) fn refusal(settings: &Settings, code: u8) -> String {
    reasons::of(code).words(settings.protocol, "")
}

fn words(settings: &Settings, code: u8) -> String {
    let reason: Reason = reasons::of(code);
    let more = match code {
        reasons::BAD_USER_OR_PASSWORD | reasons::NOT_AUTHORIZED => login(settings),
        reasons::CLIENT_ID_NOT_VALID | reasons::BANNED | reasons::SESSION_TAKEN_OVER => {
            format!("\"{}\"", settings.client_id)
        }
        reasons::UNSUPPORTED_VERSION => {
            use crate::settings::Protocol::{V5, V311};
            let (ours, other) = match settings.protocol {
                V5 => ("5", "3.1.1"),
                V311 => ("3.1.1", "5"),
            };
            format!("{ours}; try protocol = \"{other}\"")
        }
        _ => String::new(),
    };
    reason.words(settings.protocol, &more)
}

fn login(settings: &Settings) -> String {
    match (&settings.login, &settings.identity) {
        (Some(login), _) => {
            let file = login.password_file.display();
            format!("user \"{}\", password from {file}", login.username)
        }
        (None, Some(identity)) => {
            format!("certificate {}, no user name", identity.cert_file.display())
        }
        (None, None) => "no user name is set".to_owned(),
    }
}

/// What a broker says goes into one line of ours.
fn shown(said: &str) -> String {
    let short: String = said.chars().take(SHOWN_CHARS).collect();
    format!("\"{}\"", short.escape_debug())
}
