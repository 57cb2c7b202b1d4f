//! A notification, as far as it is ever read: topic, token of the point, state, time. There is no more: no
//! token of a credential, no name of its holder.

use scene::CaptureTime;

use crate::facts::Fact;

/// One notification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) topic: Topic,
    /// It tells the state at the begin of a subscription, not a change.
    pub(crate) is_initial: bool,
    pub(crate) at: Option<CaptureTime>,
    /// Of the door, access point or input.
    pub(crate) token: Option<String>,
    pub(crate) state: Option<State>,
}

/// The topics that mean something. A new one comes last: their numbers are kept over a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Topic {
    DoorContact,
    Lock,
    DoorAlarm,
    DoorTamper,
    AccessGranted,
    AccessDenied,
    Duress,
    DigitalInput,
    #[default]
    Other,
}

/// The states that mean something, of all topics. A new one comes last, as with topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Closed,
    Locked,
    Unlocked,
    Normal,
    DoorForcedOpen,
    DoorOpenTooLong,
    Yes,
    No,
    Unknown,
}

/// The longest topic and token, in bytes. A token has 64 at most (Core Specification, `ReferenceToken`).
const LONGEST: usize = 128;

impl Topic {
    /// `tns1:Door/State/DoorAlarm` and its like; each step may have a prefix of its own.
    pub(super) fn of(text: &str) -> Self {
        if text.len() > LONGEST {
            return Self::Other;
        }
        let mut steps = text.trim().split('/').map(|it| it.rsplit(':').next().unwrap_or_default());
        let path = [(); 3].map(|()| steps.next().unwrap_or_default());
        match path {
            ["Door", "State", "DoorPhysicalState"] => Self::DoorContact,
            ["Door", "State", "LockPhysicalState"] => Self::Lock,
            ["Door", "State", "DoorAlarm"] => Self::DoorAlarm,
            ["Door", "State", "DoorTamper"] => Self::DoorTamper,
            ["AccessControl", "AccessGranted", _] => Self::AccessGranted,
            ["AccessControl", "Denied", _] => Self::AccessDenied,
            ["AccessControl", "Duress", _] => Self::Duress,
            ["Device", "Trigger", "DigitalInput"] => Self::DigitalInput,
            _ => Self::Other,
        }
    }
}

impl State {
    fn of(text: &str) -> Option<Self> {
        let words = [
            ("Open", Self::Open),
            ("Closed", Self::Closed),
            ("Locked", Self::Locked),
            ("Unlocked", Self::Unlocked),
            ("Normal", Self::Normal),
            ("DoorForcedOpen", Self::DoorForcedOpen),
            ("DoorOpenTooLong", Self::DoorOpenTooLong),
            ("TamperDetected", Self::Yes),
            ("NotInTamper", Self::No),
            ("true", Self::Yes),
            ("1", Self::Yes),
            ("false", Self::No),
            ("0", Self::No),
            ("Unknown", Self::Unknown),
            ("Fault", Self::Unknown),
        ];
        words.into_iter().find(|(word, _)| *word == text.trim()).map(|(_, state)| state)
    }
}

impl Message {
    /// Takes an item of the source, if it is listed.
    pub(super) fn take_source(&mut self, name: &str, value: &str) {
        let is_listed = matches!(name, "DoorToken" | "AccessPointToken" | "InputToken" | "Token");
        if is_listed && !value.is_empty() && value.len() <= LONGEST {
            self.token = Some(value.to_owned());
        }
    }

    /// Takes an item of the data, if it is listed.
    pub(super) fn take_data(&mut self, name: &str, value: &str) {
        if matches!(name, "State" | "LogicalState") {
            self.state = State::of(value);
        }
    }

    /// What is so from then on; none if it tells of a moment.
    pub(super) fn fact(&self) -> Option<Fact> {
        let is_moment =
            matches!(self.topic, Topic::AccessGranted | Topic::AccessDenied | Topic::Duress);
        let token = self.token.as_ref().filter(|_| !is_moment)?;
        Some(Fact::new(token, self.topic as u8, self.state.map_or(0, |state| state as u8 + 1)))
    }
}
