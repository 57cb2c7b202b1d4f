//! How long the steps of an alert's life take.

use std::time::Duration;

use crate::recheck::RecheckSettings;

/// However much changes, one alert sends no more than one update in this time.
pub(crate) const MIN_UPDATE_GAP: Duration = Duration::from_secs(60);

/// How long an alert waits before each step of its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifecycleSettings {
    /// Out of sight for so long (and for at least 3 pictures), an open incident is cleared.
    pub clear_after: Duration,
    /// Seen again within this time of clearing, it is the same incident; after it, it is closed.
    pub reopen_after: Duration,
    /// An open incident in sight is reported anew this often.
    pub update_every: Duration,
    /// Earlier incidents of the same type and zone within this time are counted as repeats.
    pub repeat_window: Duration,
    /// So many alerts a local day; all further incidents of that day share one summary alert.
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

/// How alerts of a gateway go along with their cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseSettings {
    /// A cleared alert whose case is never closed is closed after so long without news of it.
    pub case_patience: Duration,
    /// A false alarm keeps its rule and zone from opening another for so long.
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
