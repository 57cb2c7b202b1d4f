//! How long the steps of an alert's life take.

use std::time::Duration;

use crate::recheck::RecheckSettings;

/// One alert sends at most one update in this time.
pub(crate) const MIN_UPDATE_GAP: Duration = Duration::from_secs(60);

/// How long an alert waits before each step of its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifecycleSettings {
    /// An open incident is cleared after this time out of sight, and after at least 3 pictures.
    pub clear_after: Duration,
    /// If it is seen again within this time, it is the same incident; after this time it is closed.
    pub reopen_after: Duration,
    /// An open incident in sight is reported again this often.
    pub update_every: Duration,
    /// Earlier incidents of the same type and zone within this time are counted as repeats.
    pub repeat_window: Duration,
    /// At most this many alerts a local day; further incidents of that day share one summary alert.
    pub daily_cap: u32,
}

impl Default for LifecycleSettings {
    fn default() -> Self {
        Self {
            clear_after: Duration::from_mins(1),
            reopen_after: Duration::from_mins(30),
            update_every: Duration::from_mins(10),
            repeat_window: Duration::from_hours(7 * 24),
            daily_cap: 20,
        }
    }
}

impl LifecycleSettings {
    /// The first setting out of range and what was expected of it.
    pub(crate) fn fault(&self) -> Option<(&'static str, &'static str)> {
        if self.clear_after < Duration::from_secs(1) {
            Some(("clear_after", "1 second or more"))
        } else if self.update_every < MIN_UPDATE_GAP {
            Some(("update_every", "60 seconds or more"))
        } else if self.daily_cap == 0 {
            Some(("daily_cap", "1 or more"))
        } else {
            None
        }
    }
}

/// How the alerts of a gateway follow their cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseSettings {
    /// A cleared alert whose case is never closed is closed after this time without news of it.
    pub case_patience: Duration,
    /// A false alarm keeps its rule and zone from opening alerts for this time.
    pub false_alarm_mute: Duration,
    /// How a re-check is made unless the request says otherwise.
    pub recheck: RecheckSettings,
}

impl Default for CaseSettings {
    fn default() -> Self {
        Self {
            case_patience: Duration::from_hours(30 * 24),
            false_alarm_mute: Duration::from_hours(24),
            recheck: RecheckSettings::default(),
        }
    }
}
