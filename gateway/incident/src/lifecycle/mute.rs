//! What keeps a rule and zone from opening anything for a while.

use std::time::Duration;

use scene::CaptureTime;
use uuid::Uuid;

use super::{History, Lifecycle};
use crate::alert::CloseReason;
use crate::casefile::{CaseFile, CaseStatus};

/// False alarms remembered at most, so that none mutes twice.
const MAX_FALSE_ALARMS: usize = 64;
/// What was merged or withdrawn is no longer known to stand there after so long.
const KNOWN_FOR: Duration = Duration::from_hours(24);

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
    fn holds(&self, at: CaptureTime) -> bool {
        at.since(self.since) < self.lasts
    }
}

impl History {
    /// Whether nothing may be opened at `at`.
    pub(super) fn is_silent(&self, at: CaptureTime) -> bool {
        self.mute.is_some_and(|mute| mute.holds(at))
            || self.false_alarms.iter().any(|known| known.mute.holds(at))
            || self.awaits_clear.is_some_and(|known| at.since(known.since) < KNOWN_FOR)
    }

    /// The clock stepped back to `at`: silences that began later begin now.
    pub(super) fn step_back_silences(&mut self, at: CaptureTime) {
        let mute = self.mute.as_mut().map(|mute| &mut mute.since);
        let known = self.awaits_clear.as_mut().map(|known| &mut known.since);
        let false_alarms = self.false_alarms.iter_mut().map(|known| &mut known.mute.since);
        for since in false_alarms.chain(mute).chain(known) {
            *since = at.min(*since);
        }
    }
}

impl Lifecycle {
    /// Somebody wants nothing to be opened for `lasts` from `at` on; with zero, it may be again,
    /// whatever the reason was.
    pub(crate) fn mute(&mut self, at: CaptureTime, lasts: Duration) {
        self.history.mute = (!lasts.is_zero()).then_some(Mute { since: at, lasts });
        if lasts.is_zero() {
            for known in &mut self.history.false_alarms {
                known.mute.lasts = Duration::ZERO;
            }
        }
    }

    /// What a case says of later alerts of the same rule and zone.
    pub(super) fn follow_silences(&mut self, alert_id: Uuid, file: &CaseFile, at: CaptureTime) {
        let status = file.status();
        let is_known =
            matches!(status, CaseStatus::Over(CloseReason::Merged | CloseReason::CaseCancelled));
        self.history.awaits_clear =
            self.history.awaits_clear.filter(|known| is_known || known.alert_id != alert_id);
        let known = &mut self.history.false_alarms;
        if status != CaseStatus::Over(CloseReason::FalseAlarm) {
            // Somebody thought better of it.
            known.retain(|known| known.alert_id != alert_id);
        } else if !known.iter().any(|known| known.alert_id == alert_id) {
            if known.len() >= MAX_FALSE_ALARMS {
                known.remove(0);
            }
            let mute = Mute { since: at, lasts: self.casework.false_alarm_mute };
            known.push(FalseAlarm { alert_id, mute });
        }
    }
}
