//! From opening to closing: what a rule's verdicts mean for the one alert of its zone.
//!
//! ```text
//!          met                 out of sight for clear_after         reopen_after has passed
//! nothing ─────▶ open (update…) ─────────────────────────▶ cleared ───────────────────────▶ closed
//!                  ▲                                          │
//!                  └──────────── met again: update ───────────┘
//! ```
//!
//! A cleared alert is closed with a picture, or by time if no picture comes. Nothing else happens
//! without a picture, but what is told by [`Lifecycle::report`]. `casework.rs` has what the case system says and the re-checks it requests.

use std::sync::Arc;
use std::time::Duration;

use rule::{Finding, Phase, Verdict, View};
use scene::{CaptureTime, Clock};

use super::beside::Beside;
use super::day::Day;
use super::event::IncidentEvent;
use super::history::History;
use super::incident::{Incident, Report, Reported};
use super::moment::Moment;
use super::origin::{Origin, UNSEEN, best_score};
use super::settings::{CaseSettings, LifecycleSettings, MIN_UPDATE_GAP};
use crate::alert::action::{Action, CloseReason};
use crate::alert::content::Summary;
use crate::alert::measurement::Measured;
use crate::site::Site;

/// An incident is not cleared before this many pictures in a row missed it.
const MIN_MISSED: u32 = 3;
/// A picture this much better than the one reported is worth a message.
const BETTER_BY: f32 = 0.15;
/// How much longer a cleared alert waits for a picture to close with.
const PICTURE_PATIENCE: Duration = Duration::from_mins(1);
/// At most this many earlier alerts are counted.
const MAX_EARLIER: usize = 1_000;

/// The current incident of one rule in one zone, and its predecessors.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    pub(crate) origin: Origin,
    pub(super) settings: LifecycleSettings,
    pub(crate) casework: Arc<CaseSettings>,
    pub(crate) history: History,
    /// The watched time of the latest picture.
    latest: Option<Duration>,
    /// What was measured last, if the rule judges signals.
    pub(super) measured: Option<Measured>,
    /// The e-bike that stands beside the device now.
    pub(super) beside: Option<Beside>,
    /// Another incident stands for this one: none opens.
    pub(super) gives_way: bool,
}

impl Lifecycle {
    pub(crate) fn new(origin: Origin, settings: LifecycleSettings) -> Self {
        let (casework, history) = (Arc::default(), History::default());
        Self {
            origin,
            settings,
            casework,
            history,
            latest: None,
            measured: None,
            beside: None,
            gives_way: false,
        }
    }

    /// The phase that decides how often to look; `verdict` is the latest one.
    pub(crate) fn phase(&self, verdict: Option<&Verdict>) -> Phase {
        match (&self.history.current, verdict) {
            (Some(incident), _) if incident.cleared_at.is_none() => Phase::Open,
            (_, None | Some(Verdict::Clear)) => Phase::Idle,
            (_, Some(_)) => Phase::Candidate,
        }
    }

    /// The clock stepped back to `at`: waits that began later begin now.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        self.history.step_back_silences(at);
        if let Some(incident) = &mut self.history.current {
            incident.step_back(at);
        }
        for opened_at in &mut self.history.earlier {
            *opened_at = at.min(*opened_at);
        }
    }

    /// Takes the verdict on one picture; returns the messages that follow from it.
    pub(crate) fn step(
        &mut self,
        view: &View<'_>,
        verdict: &Verdict,
        describe: impl Fn(&Finding) -> String,
    ) -> Vec<IncidentEvent> {
        let clock = view.observation.clock;
        let passed = self.latest.map(|latest| view.watched.saturating_sub(latest));
        self.latest = Some(view.watched);
        let mut events = Vec::new();
        events.extend(self.close_if_over(view.at(), clock));
        events.extend(match verdict {
            Verdict::Met(finding) => {
                let moment = Moment { at: view.at(), clock, watched: view.watched };
                let told = self.present(moment, finding, describe(finding));
                if let Some(incident) = &mut self.history.current {
                    incident.remember(view, self.origin.sought.as_ref().map(|(sought, _)| sought));
                }
                told
            }
            Verdict::Unknown => {
                self.unknown(passed.unwrap_or_default());
                None
            }
            Verdict::Clear | Verdict::Candidate => self.absent(view),
        });
        if *verdict == Verdict::Clear {
            self.history.awaits_clear = None;
        }
        events
    }

    /// The rule is outside its hours: an open incident is cleared at once, because it is none now.
    /// An incident that is being verified is cleared after the verdict.
    pub(crate) fn rest(&mut self, view: &View<'_>) -> Vec<IncidentEvent> {
        self.rest_at(view.at(), view.observation.clock)
    }

    /// As [`Lifecycle::rest`], without a picture.
    pub(crate) fn rest_at(&mut self, at: CaptureTime, clock: Clock) -> Vec<IncidentEvent> {
        let mut events = Vec::new();
        events.extend(self.close_if_over(at, clock));
        let current = self.history.current.as_mut();
        let open = current.filter(|i| i.cleared_at.is_none() && !i.is_verifying());
        events.extend(open.and_then(|incident| self.origin.clear(incident, at, clock)));
        events
    }

    /// Somebody else knows that it is so at `at`, and no picture can show it. `watched` is the time
    /// watched so far: pictures after it clear the incident.
    pub(crate) fn report(
        &mut self,
        at: CaptureTime,
        watched: Duration,
        description: String,
    ) -> Vec<IncidentEvent> {
        let mut events: Vec<IncidentEvent> = self.close_if_over(at, UNSEEN).into_iter().collect();
        let since_at = self.history.current.as_ref().map_or(at, |incident| incident.first_seen_at);
        let finding = Finding {
            since_at,
            not_before_at: None,
            dwell: at.since(since_at),
            pictures_positive: 0,
            pictures_total: 0,
            confidence: 1.0,
            count: 0,
            subjects: Vec::new(),
            likelihood: None,
        };
        let moment = Moment { at, clock: UNSEEN, watched };
        events.extend(self.present(moment, &finding, description));
        events
    }

    pub(super) fn present(
        &mut self,
        moment: Moment,
        finding: &Finding,
        description: String,
    ) -> Option<IncidentEvent> {
        let Moment { at, clock, watched } = moment;
        let Some(incident) = &mut self.history.current else {
            let is_silent = self.gives_way || self.history.is_silent(at);
            return (!is_silent).then(|| self.open(moment, finding, description));
        };
        incident.last_seen_at = at;
        incident.present = watched;
        incident.missed = 0;
        incident.finding = finding.clone();
        incident.description = description;
        incident.measured.clone_from(&self.measured);
        if incident.is_verifying() {
            return None;
        }
        let mut reopened = incident.cleared_at.take().is_some();
        incident.verdict_stands &= !reopened;
        if let Some(summary) = &mut incident.summary {
            summary.occurrences = summary.occurrences.saturating_add(reopened.into());
            // The next regular update tells the count.
            reopened = false;
        }
        let reported = incident.reported;
        let age = at.since(reported.at);
        let changed =
            finding.count != reported.count || best_score(finding) >= reported.score + BETTER_BY;
        let due = age >= self.settings.update_every || (changed && age >= MIN_UPDATE_GAP);
        (reopened || due).then(|| self.origin.message(incident, Action::Update, at, clock))
    }

    fn open(&mut self, moment: Moment, finding: &Finding, description: String) -> IncidentEvent {
        let Moment { at, clock, watched } = moment;
        let window = self.origin.repeat_window;
        self.history.earlier.retain(|opened_at| at.since(*opened_at) <= window);
        let repeat_count = u32::try_from(self.history.earlier.len()).unwrap_or(u32::MAX);
        let opened_today = Day::count(&mut self.history.day, self.origin.local_date(at));
        let daily_cap = self.settings.daily_cap;
        let summary = (opened_today >= daily_cap).then_some(Summary { daily_cap, occurrences: 1 });
        let previous_alert_id = self.history.previous_alert_id.filter(|_| repeat_count > 0);
        let incident = self.history.current.insert(Incident {
            alert_id: self.origin.alert_id(at),
            seq: 0,
            cleared_at: None,
            first_seen_at: finding.since_at,
            not_before_at: finding.not_before_at,
            opened_at: at,
            last_seen_at: at,
            present: watched,
            missed: 0,
            finding: finding.clone(),
            description,
            measured: self.measured.clone(),
            reported: Reported { at, count: 0, score: 0.0 },
            repeat_count,
            previous_alert_id,
            summary,
            site: Site::of(finding, self.origin.lacks_in(), &self.origin.camera),
            report: Report::default(),
            case: None,
            recheck: None,
            verification: None,
            verdict_stands: false,
            beside: self.beside.clone(),
        });
        self.origin.message(incident, Action::Open, at, clock)
    }

    fn absent(&mut self, view: &View<'_>) -> Option<IncidentEvent> {
        let incident = self.history.current.as_mut().filter(|i| i.cleared_at.is_none())?;
        incident.missed = incident.missed.saturating_add(1);
        let absent_for = view.watched.saturating_sub(incident.present);
        let too_early = absent_for < self.settings.clear_after || incident.missed < MIN_MISSED;
        if too_early || incident.is_verifying() {
            return None;
        }
        self.origin.clear(incident, view.at(), view.observation.clock)
    }

    /// So much time has passed in which no picture could show it: it counts for and against nothing.
    fn unknown(&mut self, passed: Duration) {
        if let Some(incident) = &mut self.history.current {
            incident.present += passed;
        }
    }

    /// Time has passed without a picture: closes an alert that is already cleared.
    pub(crate) fn pass_time(&mut self, at: CaptureTime) -> Option<IncidentEvent> {
        self.history.current.as_ref()?.cleared_at?;
        let reason = self.over(at.before(PICTURE_PATIENCE))?;
        self.close_unseen(reason, at)
    }

    pub(super) fn close_if_over(&mut self, at: CaptureTime, clock: Clock) -> Option<IncidentEvent> {
        let reason = self.over(at)?;
        if let Some(incident) = &mut self.history.current {
            // The day may end while the summary's object is still in sight: the next day opens its
            // own alert.
            incident.cleared_at = incident.cleared_at.or(Some(at));
        }
        self.close(reason, at, clock)
    }

    /// Why the current incident has ended by `at`, if it has.
    fn over(&self, at: CaptureTime) -> Option<CloseReason> {
        let incident = self.history.current.as_ref().filter(|it| !it.is_verifying())?;
        let cleared_for = incident.cleared_at.map(|cleared_at| at.since(cleared_at));
        match (&incident.case, incident.summary) {
            // This holds for a summary too, which goes on counting after its day.
            (Some(case), _) if case.taken_up => {
                let silent_for = at.since(case.followed_at);
                let patience = self.casework.case_patience;
                let waited = cleared_for.is_some_and(|cleared_for| cleared_for > patience);
                (waited && silent_for > patience).then_some(CloseReason::Expired)
            }
            (_, Some(_)) => {
                let opened_on = self.origin.local_date(incident.opened_at);
                (self.origin.local_date(at) != opened_on).then_some(CloseReason::SelfCleared)
            }
            (_, None) => {
                let window = self.settings.reopen_after;
                let over = cleared_for.is_some_and(|cleared_for| cleared_for > window);
                over.then_some(CloseReason::SelfCleared)
            }
        }
    }

    /// Ends the current incident. The next one is linked to it.
    fn close(
        &mut self,
        reason: CloseReason,
        at: CaptureTime,
        clock: Clock,
    ) -> Option<IncidentEvent> {
        let mut incident = self.history.current.take()?;
        incident.recheck = None;
        self.history.previous_alert_id = Some(incident.alert_id);
        self.history.earlier.push(incident.opened_at);
        if self.history.earlier.len() > MAX_EARLIER {
            self.history.earlier.remove(0);
        }
        Some(self.origin.message(&mut incident, Action::Close(reason), at, clock))
    }

    /// Ends the current incident with a message that no picture shows.
    pub(super) fn close_unseen(
        &mut self,
        reason: CloseReason,
        at: CaptureTime,
    ) -> Option<IncidentEvent> {
        let mut closed = self.close(reason, at, UNSEEN)?;
        closed.alert.detection.finding.subjects.clear();
        Some(closed)
    }
}
