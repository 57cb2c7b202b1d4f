//! Every reason that a broker can give for a refusal (MQTT 5 §2.4, MQTT 3.1.1 §3.2.2.3), in an operator's
//! words, with what to do. The one table: CONNACK, DISCONNECT, PUBACK and SUBACK share its codes.

use crate::settings::Protocol;

/// One reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) code: u8,
    /// As the standard has it, for whoever looks it up.
    name: &'static str,
    /// What it says of broker and gateway; the broker is the subject.
    means: &'static str,
    /// What to do, and where.
    remedy: &'static str,
}

pub(super) const UNSUPPORTED_VERSION: u8 = 0x84;
pub(super) const CLIENT_ID_NOT_VALID: u8 = 0x85;
pub(super) const BAD_USER_OR_PASSWORD: u8 = 0x86;
pub(super) const NOT_AUTHORIZED: u8 = 0x87;
pub(super) const SERVER_UNAVAILABLE: u8 = 0x88;
pub(super) const BANNED: u8 = 0x8a;
pub(super) const SESSION_TAKEN_OVER: u8 = 0x8e;
pub(super) const RETAIN_NOT_SUPPORTED: u8 = 0x9a;
pub(super) const QOS_NOT_SUPPORTED: u8 = 0x9b;

/// Of MQTT 5, in the order of their codes.
#[rustfmt::skip]
const REASONS: [Reason; 38] = [
    reason(0x00, "Normal disconnection", "it ended the connection in good order", "nothing to do: the gateway connects again"),
    reason(0x04, "Disconnect with Will Message", "it ended the connection", "nothing to do: the gateway connects again"),
    reason(0x80, "Unspecified error", "it refuses and does not say why", "look into the broker's log"),
    reason(0x81, "Malformed Packet", "it could not read what the gateway sent", "look whether something between gateway and broker changes the bytes; report it if not"),
    reason(0x82, "Protocol Error", "it says that the gateway broke the protocol", "look into the broker's log; report what it says"),
    reason(0x83, "Implementation specific error", "it refuses by a rule of its own", "look into the broker's log, which says by which"),
    reason(0x84, "Unsupported Protocol Version", "it does not speak this version of MQTT", "set protocol in [mqtt] of gateway.toml"),
    reason(0x85, "Client Identifier not valid", "it does not accept the client id", "set client_id in [mqtt] of gateway.toml to one that the broker takes"),
    reason(0x86, "Bad User Name or Password", "it does not know this user name with this password", "compare username and password_file in [mqtt] of gateway.toml with the broker's users"),
    reason(0x87, "Not authorized", "it does not allow this gateway to do that", "the broker's administrator must allow it in the broker's access list (ACL)"),
    reason(0x88, "Server unavailable", "it is up and takes nobody now", "wait; if it stays so, look into the broker's log"),
    reason(0x89, "Server busy", "it has too much to do", "wait; if it stays so, the broker needs a larger machine or fewer clients"),
    reason(0x8a, "Banned", "it has banned this client", "the broker's administrator must lift the ban"),
    reason(0x8b, "Server shutting down", "it is being stopped", "nothing to do: the gateway connects again when it is back"),
    reason(0x8c, "Bad authentication method", "it wants another kind of login than user name and password or a certificate", "the broker's administrator must allow one of these"),
    reason(0x8d, "Keep Alive timeout", "it heard nothing of the gateway for too long", "look at the line; raise keep_alive_secs in [mqtt] of gateway.toml if it is slow"),
    reason(0x8e, "Session taken over", "another client connected with the same client id", "give each gateway a client id of its own: gateway.id, or client_id in [mqtt] of gateway.toml"),
    reason(0x8f, "Topic Filter invalid", "it does not take a topic that the gateway wants to hear", "the broker's administrator must allow the topics of this gateway"),
    reason(0x90, "Topic Name invalid", "it does not take this topic", "the broker's administrator must allow the topics of this gateway"),
    reason(0x91, "Packet identifier in use", "it takes the number of a message for that of another", "nothing to do: the message is sent again; report it if it stays so"),
    reason(0x92, "Packet Identifier not found", "it does not know the message that was answered", "nothing to do: the message is sent again; report it if it stays so"),
    reason(0x93, "Receive Maximum exceeded", "it got more messages at a time than it takes", "lower window_messages in [mqtt] of gateway.toml; report it"),
    reason(0x94, "Topic Alias invalid", "it does not take a short form of a topic, which the gateway never uses", "look whether something between gateway and broker changes the bytes"),
    reason(0x95, "Packet too large", "it takes no message of this size", "raise the broker's limit (Mosquitto: max_packet_size and message_size_limit) to 256 KiB"),
    reason(0x96, "Message rate too high", "it gets more messages a second than it takes from one client", "raise the broker's limit for this gateway"),
    reason(0x97, "Quota exceeded", "it has reached a limit for this client or of its disk", "raise the broker's quota, or make room on its disk"),
    reason(0x98, "Administrative action", "somebody cut this connection at the broker", "ask the broker's administrator"),
    reason(0x99, "Payload format invalid", "it checks what messages hold and refuses this one", "the broker's administrator must allow JSON of the form cg.alert/1"),
    reason(0x9a, "Retain not supported", "it keeps no retained messages", "switch them on (Mosquitto: retain_available true); without them dashboards do not see which alerts stand"),
    reason(0x9b, "QoS not supported", "it takes messages of QoS 0 only, which may be lost unseen", "allow QoS 1 (Mosquitto: max_qos 1); until then alerts are kept here"),
    reason(0x9c, "Use another server", "it sends the gateway to another broker for now", "put that broker into url or fallback_urls in [mqtt] of gateway.toml"),
    reason(0x9d, "Server moved", "it sends the gateway to another broker for good", "put that broker into url in [mqtt] of gateway.toml"),
    reason(0x9e, "Shared Subscriptions not supported", "it refuses a shared subscription, which the gateway never asks for", "look whether something between gateway and broker changes the bytes"),
    reason(0x9f, "Connection rate exceeded", "it takes no more new connections at this rate", "wait; raise the broker's limit if many gateways start at once"),
    reason(0xa0, "Maximum connect time", "it ends connections after a set time", "nothing to do: the gateway connects again"),
    reason(0xa1, "Subscription Identifiers not supported", "it refuses numbered subscriptions, which the gateway never asks for", "look whether something between gateway and broker changes the bytes"),
    reason(0xa2, "Wildcard Subscriptions not supported", "it takes no subscription with a wildcard (+)", "allow wildcard subscriptions: case feedback and commands come by them"),
    reason(0x10, "No matching subscribers", "it took the message and nobody listens", "nothing to do"),
];

const fn reason(code: u8, name: &'static str, means: &'static str, remedy: &'static str) -> Reason {
    Reason { code, name, means, remedy }
}

/// The reason of this code; that of an unspecified error for one that no version knows.
pub(super) fn of(code: u8) -> Reason {
    let unspecified = Reason { code, name: "unknown", ..REASONS[2] };
    REASONS.into_iter().find(|reason| reason.code == code).unwrap_or(unspecified)
}

impl Reason {
    /// Means, name and code, and remedy; `more` says what only this gateway knows.
    pub(super) fn words(self, protocol: Protocol, more: &str) -> String {
        let Self { code, name, means, remedy } = self;
        let more = if more.is_empty() { String::new() } else { format!(" ({more})") };
        let spelled = match protocol {
            Protocol::V5 => format!("MQTT 5: {name}, {code:#04x}"),
            Protocol::V311 => format!("MQTT 3.1.1: {name}"),
        };
        format!("{means}{more} [{spelled}]; {remedy}")
    }

    /// The same of a reason that this version of MQTT does not know where it was given.
    pub(super) fn strange_words(self, protocol: Protocol) -> String {
        let Self { code, means, remedy, .. } = self;
        let version = match protocol {
            Protocol::V5 => "MQTT 5",
            Protocol::V311 => "MQTT 3.1.1",
        };
        format!("{means} [code {code:#04x}, which {version} does not know here]; {remedy}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_the_standard_has_words_and_a_remedy() {
        // MQTT 5 §2.4, table 2-6; those of QoS 2, subscriptions granted and AUTH are not refusals.
        let standard = (0x80..=0xa2).chain([0x00, 0x04, 0x10]);
        for code in standard {
            let reason = REASONS.iter().find(|reason| reason.code == code);
            assert!(reason.is_some(), "{code:#04x}");
        }
        for (index, reason) in REASONS.iter().enumerate() {
            assert!(!REASONS[..index].iter().any(|other| other.code == reason.code), "{reason:?}");
            assert!(reason.means.len() > 10 && reason.remedy.len() > 10, "{reason:?}");
            assert!(reason.means.is_ascii() && reason.remedy.is_ascii(), "{reason:?}");
        }
        assert_eq!(
            of(0x55).words(Protocol::V5, ""),
            "it refuses and does not say why [MQTT 5: unknown, 0x55]; look into the broker's log"
        );
    }
}
