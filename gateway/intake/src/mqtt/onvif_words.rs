//! What the words of ONVIF events mean, as a table.
//!
//! Topics and words are those of the ONVIF Door Control and Access Control services. The message
//! description of `DoorAlarm` names another type there, but its values are those of `DoorAlarmState`.

use scene::{DoorEvent, SignalKind, SignalValue};

/// What a word of a state means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Meaning {
    /// This value.
    Value(SignalValue),
    /// The device does not know.
    Unknown,
    /// Nothing that would be told.
    Nothing,
}

const fn flag(flag: bool) -> Meaning {
    Meaning::Value(SignalValue::Flag(flag))
}

const fn event(event: DoorEvent) -> Meaning {
    Meaning::Value(SignalValue::Code(event))
}

/// Kind, word, meaning.
const WORDS: &[(SignalKind, &str, Meaning)] = &[
    (SignalKind::DoorContact, "Open", flag(true)),
    (SignalKind::DoorContact, "Closed", flag(false)),
    (SignalKind::DoorContact, "Unknown", Meaning::Unknown),
    (SignalKind::DoorContact, "Fault", Meaning::Unknown),
    (SignalKind::Lock, "Locked", flag(true)),
    (SignalKind::Lock, "Unlocked", flag(false)),
    (SignalKind::Lock, "Unknown", Meaning::Unknown),
    (SignalKind::Lock, "Fault", Meaning::Unknown),
    (SignalKind::Tamper, "TamperDetected", flag(true)),
    (SignalKind::Tamper, "NotInTamper", flag(false)),
    (SignalKind::Tamper, "Unknown", Meaning::Unknown),
    (SignalKind::DoorEvent, "Normal", Meaning::Nothing),
    (SignalKind::DoorEvent, "DoorForcedOpen", event(DoorEvent::ForcedOpen)),
    (SignalKind::DoorEvent, "DoorOpenTooLong", event(DoorEvent::HeldOpen)),
];

/// Events whose topic alone says what happened. What lies below them (`Credential`, `Anonymous`,
/// `CredentialNotFound`) says who or why, and is not read.
const TOPICS: &[(&str, DoorEvent)] = &[
    ("AccessControl/AccessGranted", DoorEvent::AccessGranted),
    ("AccessControl/Denied", DoorEvent::AccessDenied),
    ("AccessControl/Duress", DoorEvent::Duress),
];

/// The usual names of the item that holds a state.
pub(crate) const USUAL_ITEMS: [&str; 3] = ["State", "Value", "LogicalState"];

/// What `word` means for `kind`, if the table has it.
pub(crate) fn of_word(kind: SignalKind, word: &str) -> Option<Meaning> {
    let found = WORDS.iter().find(|(its_kind, its_word, _)| (*its_kind, *its_word) == (kind, word));
    found.map(|(.., meaning)| *meaning)
}

/// What an event of `topic` says by itself.
pub(crate) fn of_topic(topic: &str) -> Option<DoorEvent> {
    TOPICS.iter().find(|(above, _)| is_below(topic, above)).map(|(_, event)| *event)
}

/// Whether `topic` is `above`, or lies below it.
pub(crate) fn is_below(topic: &str, above: &str) -> bool {
    topic.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
