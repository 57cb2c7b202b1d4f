//! Alerts as the fleet tells them: the golden examples of the contract, under other identities.

use ledger::{AlertRow, CLOSED, Entry, OutgoingMessage};
use serde::Deserialize;
use serde_json::{Value, json};

/// What one alert goes through, in order: action and state.
pub(super) const LIFE: [(&str, &str); 4] =
    [("open", "open"), ("update", "open"), ("clear", "cleared"), ("close", CLOSED)];

/// A source's kind: what it raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Camera,
    Checkpoint,
    Door,
}

impl Kind {
    fn example(self) -> Value {
        let text = match self {
            Self::Camera => {
                include_str!("../golden/alert-v1/fire_passage_blocked.open.json")
            }
            Self::Checkpoint => {
                include_str!("../golden/alert-v1/checkpoint_gate_blocked.open.json")
            }
            Self::Door => include_str!("../golden/alert-v1/ebike_upstairs.open.json"),
        };
        serde_json::from_str(text).unwrap()
    }

    pub(super) fn stem(self) -> &'static str {
        match self {
            Self::Camera => "cam",
            Self::Checkpoint => "gate",
            Self::Door => "door",
        }
    }
}

/// A camera, checkpoint or door that raises alerts, one after another.
pub(super) struct Source {
    pub(super) device_id: String,
    topic: String,
    example: Value,
    /// Of the alert that is told next.
    alert: u32,
    step: usize,
}

impl Source {
    pub(super) fn new(kind: Kind, number: usize, prefix: &str) -> Self {
        let example = kind.example();
        let word = |pointer: &str| example.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let topic = format!("{prefix}/evt/{}/{}", word("/type/category"), word("/type/code"));
        let device_id = format!("{}-{number:04}", kind.stem());
        Self { device_id, topic, example, alert: 1, step: 0 }
    }

    /// The next step of its alert, or the first of the next one.
    pub(super) fn next(&mut self, at_micros: i64) -> Entry {
        let (action, state) = LIFE[self.step];
        let seq = u32::try_from(self.step + 1).unwrap();
        let alert_id = format!("{}-{}", self.device_id, self.alert);
        self.step = (self.step + 1) % LIFE.len();
        self.alert += u32::from(self.step == 0);
        let mut payload = self.example.clone();
        payload["alert_id"] = json!(alert_id);
        payload["msg_id"] = json!(format!("{alert_id}.{seq}"));
        payload["seq"] = json!(seq);
        payload["action"] = json!(action);
        payload["state"] = json!(state);
        Entry {
            alert: AlertRow {
                dedupe_key: alert_id.clone(),
                alert_id,
                device_id: self.device_id.clone(),
                seq,
                state: state.into(),
                updated_at_micros: at_micros,
            },
            message: OutgoingMessage {
                topic: self.topic.clone(),
                payload: payload.to_string().into_bytes(),
                retain: false,
            },
        }
    }
}

/// What a receiver needs of an alert's message to know which it is.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) alert_id: String,
    pub(super) seq: u32,
}
