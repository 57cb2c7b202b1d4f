//! What an ONVIF door tells of what happens, with the people of whom it tells.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::happening::{CARD, Happening, IDENTITY, NAME, What};

/// One message, and the property that it is of, if it is of one.
#[derive(Debug, Clone)]
pub(super) struct Told {
    topic: &'static str,
    source: (&'static str, String),
    data: Vec<(&'static str, String)>,
    at: Timestamp,
    pub(super) is_property: bool,
}

/// All that a happening is told by.
pub(super) fn of(happening: Happening, at: Timestamp) -> Vec<Told> {
    let number = happening.door;
    let state = |topic, state: &str| Told {
        topic,
        source: ("DoorToken", format!("door-{number}")),
        data: vec![("State", state.to_owned())],
        at,
        is_property: true,
    };
    let person = |topic| Told {
        topic,
        source: ("AccessPointToken", format!("access-{number}")),
        data: vec![
            ("CredentialToken", CARD.to_owned()),
            ("CredentialHolderName", NAME.to_owned()),
            ("Card", IDENTITY.to_owned()),
        ],
        at,
        is_property: false,
    };
    const ALARM: &str = "tns1:Door/State/DoorAlarm";
    const LEAF: &str = "tns1:Door/State/DoorPhysicalState";
    const TAMPER: &str = "tns1:Door/State/DoorTamper";
    match happening.what {
        What::Granted => vec![person("tns1:AccessControl/AccessGranted/Credential")],
        What::Denied => vec![person("tns1:AccessControl/Denied/CredentialNotFound/Card")],
        What::Duress => vec![person("tns1:AccessControl/Duress")],
        What::Opened => vec![state(LEAF, "Open")],
        // An alarm lasts until the door is closed.
        What::Closed => vec![state(LEAF, "Closed"), state(ALARM, "Normal")],
        What::Forced => vec![state(ALARM, "DoorForcedOpen")],
        What::Held => vec![state(ALARM, "DoorOpenTooLong")],
        What::Tampered => vec![state(TAMPER, "TamperDetected")],
        What::TamperEnded => vec![state(TAMPER, "NotInTamper")],
        What::FireReleased | What::Tailgated | What::ReaderLost | What::ReaderBack => Vec::new(),
    }
}

/// The latest message of each property.
#[derive(Debug, Default)]
pub(super) struct Properties(BTreeMap<(&'static str, String), Told>);

impl Properties {
    pub(super) fn note(&mut self, told: &Told) {
        if told.is_property {
            self.0.insert((told.topic, told.source.1.clone()), told.clone());
        }
    }

    pub(super) fn all(&self) -> Vec<Told> {
        self.0.values().cloned().collect()
    }
}

impl Told {
    /// As XML. `is_initial`: it tells the state at the begin of a subscription.
    pub(super) fn xml(&self, is_initial: bool) -> String {
        let item = |(name, value): &(&str, String)| {
            format!("<tt:SimpleItem Name=\"{name}\" Value=\"{value}\"/>")
        };
        let operation = match (self.is_property, is_initial) {
            (false, _) => "",
            (true, true) => " PropertyOperation=\"Initialized\"",
            (true, false) => " PropertyOperation=\"Changed\"",
        };
        let data: String = self.data.iter().map(item).collect();
        format!(
            "<wsnt:NotificationMessage><wsnt:Topic \
             Dialect=\"http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet\">{}</wsnt:Topic>\
             <wsnt:Message><tt:Message UtcTime=\"{}\"{operation}><tt:Source>{}</tt:Source><tt:Key/>\
             <tt:Data>{data}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>",
            self.topic,
            self.at,
            item(&self.source),
        )
    }
}
