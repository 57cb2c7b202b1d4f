//! The fields of an `EventNotificationAlert` that are ever read. There are no others: no name, no number
//! of a card or an employee, no picture.

use scene::CaptureTime;

use crate::hearing::Heard;
use crate::loose::FromWord;
use crate::written_time::WrittenTime;

/// What one text says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    /// A heartbeat, and the time of the device's clock.
    Beat(Option<CaptureTime>),
    /// An event that means something, and what makes it another one than those of the same time:
    /// major, minor, door, reader.
    Told(Heard, [u64; 4]),
    /// An event that means nothing here.
    Nothing,
}

/// The listed fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Alert {
    pub(super) kind: Option<EventKind>,
    pub(super) state: Option<EventState>,
    pub(super) active_post_count: Option<u64>,
    pub(super) written_at: Option<WrittenTime>,
    /// Whether there is a part about access control.
    pub(super) has_access: bool,
    pub(super) major: Option<u64>,
    pub(super) minor: Option<u64>,
    pub(super) door: Option<u64>,
    pub(super) reader: Option<u64>,
    pub(super) serial: Option<u64>,
}

/// `eventType`, as far as it means something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventKind {
    VideoLoss,
    HeartBeat,
    AccessController,
    Other,
}

/// `eventState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventState {
    Active,
    Inactive,
}

impl FromWord for EventKind {
    fn from_text(text: &str) -> Option<Self> {
        let words = [
            ("videoloss", Self::VideoLoss),
            ("heartbeat", Self::HeartBeat),
            ("accesscontrollerevent", Self::AccessController),
        ];
        let is_it = |(word, _): &&(&str, Self)| text.trim().eq_ignore_ascii_case(word);
        Some(words.iter().find(is_it).map_or(Self::Other, |(_, kind)| *kind))
    }
}

impl FromWord for EventState {
    fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let words = [("active", Self::Active), ("inactive", Self::Inactive)];
        words.into_iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, state)| state)
    }
}

impl FromWord for WrittenTime {
    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Alert {
    /// A sign of life: the loss of a picture that is not lost.
    pub(super) fn is_beat(&self) -> bool {
        let is_inactive =
            self.state == Some(EventState::Inactive) || self.active_post_count == Some(0);
        match self.kind {
            Some(EventKind::HeartBeat) => true,
            Some(EventKind::VideoLoss) => is_inactive,
            _ => false,
        }
    }

    /// Whether it is about access control.
    pub(super) fn is_of_access(&self) -> bool {
        self.has_access || self.kind == Some(EventKind::AccessController)
    }
}
