//! What `CloudEvents` 1.0.2 says of a message beside its payload, in the binary mode of its MQTT
//! binding: user properties of MQTT 5 (MQTT Protocol Binding §3.1).
//!
//! Read from the payload at the time of sending, so that the outbox holds the payload alone and
//! both versions of MQTT send the same one.

use serde::Deserialize;

/// The attributes of one alert message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CloudEvent {
    id: String,
    kind: String,
    /// Whose `id` is unique: the gateway's topic prefix, a relative URI reference.
    source: String,
    subject: String,
    time: String,
}

/// What all alert messages have.
#[derive(Deserialize)]
struct Envelope {
    spec: String,
    msg_id: String,
    alert_id: String,
    action: String,
    times: Times,
}

#[derive(Deserialize)]
struct Times {
    sent: String,
}

impl CloudEvent {
    /// Media type of the payload.
    pub(super) const CONTENT_TYPE: &'static str = "application/json";

    /// `None` for a payload that is no alert message: it is sent without attributes.
    pub(super) fn of(payload: &[u8], source: &str) -> Option<Self> {
        let envelope: Envelope = serde_json::from_slice(payload).ok()?;
        Some(Self {
            id: envelope.msg_id,
            kind: format!("{}/{}", envelope.spec, envelope.action),
            source: source.to_owned(),
            subject: envelope.alert_id,
            time: envelope.times.sent,
        })
    }

    /// Names and values, as user properties carry them.
    pub(super) fn attributes(&self) -> [(&'static str, &str); 6] {
        [
            ("specversion", "1.0"),
            ("id", &self.id),
            ("type", &self.kind),
            ("source", &self.source),
            ("subject", &self.subject),
            ("time", &self.time),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::CloudEvent;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_golden_alert_has_attributes_and_nothing_else_does() {
        let golden = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/alert-v1"));
        for entry in golden.read_dir().unwrap() {
            let payload = fs::read(entry.unwrap().path()).unwrap();
            let json: serde_json::Value = serde_json::from_slice(&payload).unwrap();
            let event = CloudEvent::of(&payload, "cg/v1/a/b/c/gw-1").unwrap();
            let action = json["action"].as_str().unwrap();
            let expected = [
                ("specversion", "1.0"),
                ("id", json["msg_id"].as_str().unwrap()),
                ("type", &format!("cg.alert/1/{action}")),
                ("source", "cg/v1/a/b/c/gw-1"),
                ("subject", json["alert_id"].as_str().unwrap()),
                ("time", json["times"]["sent"].as_str().unwrap()),
            ];
            assert_eq!(event.attributes(), expected);
        }
        for other in [&b""[..], b"{}", b"1", b"\xff", br#"{"msg_id":"m","result":"applied"}"#] {
            assert_eq!(CloudEvent::of(other, "x"), None);
        }
    }
}
