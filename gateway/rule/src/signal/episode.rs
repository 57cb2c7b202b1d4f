//! A time in which something is not as it should be.

use std::time::Duration;

use scene::CaptureTime;
use serde::{Deserialize, Serialize};

use super::hearing::Micros;
use super::judge::{Due, Moment};
use super::verdict::{SignalFinding, SignalVerdict};

/// A state that may be wrong, and since when it is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Episode {
    /// Begun and not over; none if all is well.
    wrong: Option<Wrong>,
    /// Whether the latest reading can be relied on.
    is_known: bool,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Wrong {
    since_at_us: Micros,
    /// The time watched by then.
    watched_us: u64,
    /// It lasted for long enough.
    is_met: bool,
}

impl Episode {
    pub(super) const fn is_known(&self) -> bool {
        self.is_known
    }

    /// Whether something is wrong, if that is known.
    pub(super) fn stands(&self) -> Option<bool> {
        self.is_known.then_some(self.wrong.is_some())
    }

    /// Whether it is wrong, as far as is known.
    pub(super) const fn is_wrong(&self) -> bool {
        self.wrong.is_some()
    }

    /// A reading that the device vouches for.
    pub(super) fn read(&mut self, is_wrong: bool, moment: Moment) {
        self.is_known = true;
        if is_wrong {
            self.wrong.get_or_insert(Wrong {
                since_at_us: moment.at.into(),
                watched_us: crate::micros(moment.watched),
                is_met: false,
            });
        } else {
            self.wrong = None;
        }
    }

    /// A reading that the device doubts: it can prolong what was met, and nothing else.
    pub(super) fn doubt(&mut self, is_wrong: bool) {
        self.is_known = is_wrong && self.wrong.is_some_and(|wrong| wrong.is_met);
    }

    /// Nobody knows how it is now.
    pub(super) const fn lose(&mut self) {
        self.is_known = false;
    }

    /// What is wrong now begins to be wrong at `moment`.
    pub(super) fn rest(&mut self, moment: Moment) {
        if self.wrong.take().is_some() {
            let is_known = self.is_known;
            self.read(true, moment);
            self.is_known = is_known;
        }
    }

    pub(super) fn verdict(&mut self, hold: Duration, moment: Moment) -> SignalVerdict {
        let Some(wrong) = &mut self.wrong else { return SignalVerdict::Clear };
        let dwell = moment.watched.saturating_sub(Duration::from_micros(wrong.watched_us));
        wrong.is_met |= dwell >= hold;
        if !wrong.is_met {
            return SignalVerdict::Candidate;
        }
        SignalVerdict::Met(SignalFinding { since_at: wrong.since_at_us.into(), dwell, count: 0 })
    }

    pub(super) fn due(&self, hold: Duration, moment: Moment) -> Option<Due> {
        let wrong = self.wrong.filter(|wrong| !wrong.is_met)?;
        let dwell = moment.watched.saturating_sub(Duration::from_micros(wrong.watched_us));
        Some(Due::Watched(hold.saturating_sub(dwell)))
    }

    pub(super) fn step_back(&mut self, at: CaptureTime) {
        if let Some(wrong) = &mut self.wrong {
            wrong.since_at_us = wrong.since_at_us.min(at.into());
        }
    }
}
