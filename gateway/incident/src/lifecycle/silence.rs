//! What keeps a rule and zone from opening anything for a while.

use std::time::Duration;

use scene::CaptureTime;
use uuid::Uuid;

/// Nothing is opened for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mute {
    pub(crate) since: CaptureTime,
    pub(crate) lasts: Duration,
}

/// A false alarm and the silence that follows from it. It is remembered after the silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FalseAlarm {
    pub(crate) alert_id: Uuid,
    pub(crate) mute: Mute,
}

/// What stood in the zone when this alert was merged or withdrawn opens no new alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AwaitsClear {
    pub(crate) alert_id: Uuid,
    pub(crate) since: CaptureTime,
}

impl Mute {
    /// Whether it is in force at `at`.
    pub(crate) fn holds(&self, at: CaptureTime) -> bool {
        at.since(self.since) < self.lasts
    }
}
