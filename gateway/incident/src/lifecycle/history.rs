//! What a life cycle remembers of a rule and zone, and whether it may open an alert.

use std::time::Duration;

use scene::CaptureTime;
use uuid::Uuid;

use super::day::Day;
use super::incident::Incident;
use super::silence::{AwaitsClear, FalseAlarm, Mute};
use crate::alert::action::CloseReason;
use crate::casefile::file::{CaseFile, CaseStatus};

/// At most this many false alarms are remembered, so that none mutes twice.
const MAX_FALSE_ALARMS: usize = 64;
/// A merged or withdrawn incident counts as known for this time.
const KNOWN_FOR: Duration = Duration::from_hours(24);

/// What a life cycle must not forget over a restart.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct History {
    /// The incident that is open or cleared.
    pub(crate) current: Option<Incident>,
    /// The latest incident that is closed.
    pub(crate) previous_alert_id: Option<Uuid>,
    /// When those before the current one were opened, within the repeat window.
    pub(crate) earlier: Vec<CaptureTime>,
    /// The day of the latest opening.
    pub(crate) day: Option<Day>,
    /// A command keeps alerts from being opened.
    pub(crate) mute: Option<Mute>,
    /// Its false alarms, the latest heard last.
    pub(crate) false_alarms: Vec<FalseAlarm>,
    /// Nothing is opened before the zone was clear once: what stands there is known.
    pub(crate) awaits_clear: Option<AwaitsClear>,
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

    /// Keeps alerts from being opened for `lasts` from `at` on. Zero ends every silence, whatever
    /// its reason.
    pub(crate) fn mute(&mut self, at: CaptureTime, lasts: Duration) {
        self.mute = (!lasts.is_zero()).then_some(Mute { since: at, lasts });
        if lasts.is_zero() {
            for known in &mut self.false_alarms {
                known.mute.lasts = Duration::ZERO;
            }
        }
    }

    /// What a case means for later alerts of the same rule and zone.
    pub(super) fn follow_silences(&mut self, alert_id: Uuid, file: &CaseFile, mute: Mute) {
        let status = file.status();
        let is_known =
            matches!(status, CaseStatus::Over(CloseReason::Merged | CloseReason::CaseCancelled));
        self.awaits_clear =
            self.awaits_clear.filter(|known| is_known || known.alert_id != alert_id);
        let known = &mut self.false_alarms;
        if status != CaseStatus::Over(CloseReason::FalseAlarm) {
            // It is no false alarm any more.
            known.retain(|known| known.alert_id != alert_id);
        } else if !known.iter().any(|known| known.alert_id == alert_id) {
            if known.len() >= MAX_FALSE_ALARMS {
                known.remove(0);
            }
            known.push(FalseAlarm { alert_id, mute });
        }
    }
}
