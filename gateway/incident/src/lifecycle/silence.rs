//! What keeps a rule and zone from opening anything for a while.

use std::time::Duration;

use scene::CaptureTime;
use uuid::Uuid;

/// Nothing is opened from then on for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mute {
    pub(crate) since: CaptureTime,
    pub(crate) lasts: Duration,
}

/// A false alarm, and the silence that follows from it; it is remembered longer than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FalseAlarm {
    pub(crate) alert_id: Uuid,
    pub(crate) mute: Mute,
}

/// What stood there when this alert was merged or withdrawn is not opened again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AwaitsClear {
    pub(crate) alert_id: Uuid,
    pub(crate) since: CaptureTime,
}

impl Mute {
    pub(crate) fn holds(&self, at: CaptureTime) -> bool {
        at.since(self.since) < self.lasts
    }
}
