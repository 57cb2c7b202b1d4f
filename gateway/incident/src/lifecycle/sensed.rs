//! What the verdicts of a rule on signals mean for the one alert of its point.
//!
//! It is the life of [`Lifecycle`], with two differences. No picture confirms anything, so nothing
//! waits for one. And time alone moves it on: it says when it wants to be woken.

use std::time::Duration;

use rule::Finding;
use rule::signal::{SignalFinding, SignalVerdict};
use scene::CaptureTime;

use super::course::Lifecycle;
use super::event::IncidentEvent;
use super::moment::Moment;
use crate::alert::measurement::Measured;

/// Spans that must be passed, and not only reached, end this much later.
const JUST_AFTER: Duration = Duration::from_micros(1);

/// What a rule on signals concludes, for the life of its alert.
pub(crate) struct Judged<'a> {
    pub(crate) verdict: &'a SignalVerdict,
    /// It is so now, perhaps not for long enough.
    pub(crate) stands: bool,
    pub(crate) measured: Measured,
}

impl Lifecycle {
    /// Takes the verdict on signals up to a moment; returns the messages that follow from it.
    pub(crate) fn judge(
        &mut self,
        moment: Moment,
        Judged { verdict, stands, measured }: Judged<'_>,
        describe: impl Fn(&SignalFinding) -> String,
    ) -> Vec<IncidentEvent> {
        self.measured = Some(measured);
        if let Some(incident) = &mut self.history.current {
            incident.measured.clone_from(&self.measured);
        }
        let mut events: Vec<IncidentEvent> =
            self.close_if_over(moment.at, moment.clock).into_iter().collect();
        events.extend(match verdict {
            SignalVerdict::Met(found) => self.present(moment, &finding(found), describe(found)),
            SignalVerdict::Unknown => None,
            SignalVerdict::Candidate if stands => {
                // It began again before it was cleared.
                let open = self.history.current.as_mut().filter(|it| it.cleared_at.is_none());
                open.into_iter().for_each(|incident| incident.present = moment.watched);
                None
            }
            SignalVerdict::Clear | SignalVerdict::Candidate => self.fade(moment),
        });
        if *verdict == SignalVerdict::Clear {
            self.history.awaits_clear = None;
        }
        events
    }

    /// It is not so any more: cleared once that has lasted.
    fn fade(&mut self, moment: Moment) -> Option<IncidentEvent> {
        let Moment { at, clock, watched } = moment;
        let incident = self.history.current.as_mut().filter(|it| it.cleared_at.is_none())?;
        let too_early = watched.saturating_sub(incident.present) < self.settings.clear_after;
        if too_early || incident.is_verifying() {
            return None;
        }
        self.origin.clear(incident, at, clock)
    }

    /// How much more must be watched until an open incident that is not met now is cleared.
    pub(crate) fn clears_in(&self, watched: Duration) -> Option<Duration> {
        let incident = self.history.current.as_ref()?;
        let fades = incident.cleared_at.is_none() && !incident.is_verifying();
        let faded = watched.saturating_sub(incident.present);
        fades.then(|| self.settings.clear_after.saturating_sub(faded))
    }

    /// When time alone takes it further: a re-check that begins or ends, an alert that closes.
    pub(crate) fn due_at(&self) -> Option<CaptureTime> {
        let incident = self.history.current.as_ref()?;
        let check = incident.recheck.as_ref().and_then(|it| it.due_at(&self.casework.recheck));
        let closes = if incident.is_verifying() { None } else { self.closes_at() };
        check.into_iter().chain(closes).min()
    }

    /// When an incident that is met is told again.
    pub(crate) fn tells_again_at(&self) -> Option<CaptureTime> {
        let incident = self.history.current.as_ref().filter(|it| !it.is_verifying())?;
        Some(incident.reported.at.after(self.settings.update_every))
    }

    /// When the current incident is over if nothing is heard; see `over` beside it.
    fn closes_at(&self) -> Option<CaptureTime> {
        let incident = self.history.current.as_ref()?;
        match (&incident.case, incident.summary) {
            (Some(case), _) if case.taken_up => {
                let silent_since = incident.cleared_at?.max(case.followed_at);
                Some(silent_since.after(self.casework.case_patience).after(JUST_AFTER))
            }
            (_, Some(_)) => self.origin.day_ends_at(incident.opened_at),
            (_, None) => {
                Some(incident.cleared_at?.after(self.settings.reopen_after).after(JUST_AFTER))
            }
        }
    }
}

/// What was found, with nothing that a picture shows.
fn finding(found: &SignalFinding) -> Finding {
    Finding {
        since_at: found.since_at,
        not_before_at: None,
        dwell: found.dwell,
        pictures_positive: 0,
        pictures_total: 0,
        confidence: 1.0,
        count: found.count,
        subjects: Vec::new(),
        likelihood: None,
    }
}
