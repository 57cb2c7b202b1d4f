//! From opening to closing: what a rule's verdicts mean for the one alert of its zone.
//!
//! ```text
//!          met                 out of sight for clear_after         reopen_after has passed
//! nothing ─────▶ open (update…) ─────────────────────────▶ cleared ───────────────────────▶ closed
//!                  ▲                                          │
//!                  └──────────── met again: update ───────────┘
//! ```
//!
//! What is cleared is closed with a picture, or by time if none comes; nothing else happens without
//! one. What the case system says of it, and the re-checks that it asks for, are in `casework.rs`.

mod casework;
mod daily;
mod incident;
mod message;
mod mute;

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use scene::{CaptureTime, Clock, GeoPoint};
use uuid::Uuid;

pub use casework::CaseSettings;
pub(crate) use daily::Day;
pub use daily::Summary;
pub(crate) use incident::{Case, Incident, Report, Reported};
use message::best_score;
pub(crate) use mute::{AwaitsClear, FalseAlarm, Mute};

use crate::alert::{Action, CloseReason};
use crate::assessor::IncidentEvent;
use crate::identity;
use crate::incident_type::IncidentType;
use crate::profile::CameraProfile;
use crate::site::Site;
use rule::Slug;
use rule::Zone;
use rule::{Finding, Phase, Sought, Verdict, View};

/// One missed picture proves no absence.
const MIN_MISSED: u32 = 3;
/// A picture this much better than the one reported is worth a message.
const BETTER_BY: f32 = 0.15;
/// However much changes, one alert sends no more than one update in this time.
const MIN_UPDATE_GAP: Duration = Duration::from_secs(60);
/// How much longer than it must a cleared alert waits for a picture to be closed with.
const PICTURE_PATIENCE: Duration = Duration::from_mins(1);
/// Earlier alerts counted at most.
const MAX_EARLIER: usize = 1_000;

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

/// What stays the same for all alerts of one rule in one zone.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) camera: Arc<CameraProfile>,
    pub(crate) rule: Slug,
    pub(crate) zone: Slug,
    /// The zone's outline on the ground, if it is known.
    pub(crate) footprint: Option<Vec<GeoPoint>>,
    pub(crate) incident: IncidentType,
    pub(crate) threshold: f32,
    pub(crate) repeat_window: Duration,
    /// What a re-check looks for and where; none if only a person can tell, or the rule is gone.
    pub(crate) sought: Option<(Sought, Zone)>,
}

/// The current incident of one rule in one zone, and its predecessors.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    pub(crate) subject: Subject,
    settings: LifecycleSettings,
    pub(crate) casework: Arc<CaseSettings>,
    pub(crate) history: History,
}

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
    /// Somebody wants nothing to be opened.
    pub(crate) mute: Option<Mute>,
    /// Its false alarms, the latest heard last.
    pub(crate) false_alarms: Vec<FalseAlarm>,
    /// Nothing is opened before the rule has seen nothing: what stands there is known.
    pub(crate) awaits_clear: Option<AwaitsClear>,
}

impl Lifecycle {
    pub(crate) fn new(subject: Subject, settings: LifecycleSettings) -> Self {
        Self { subject, settings, casework: Arc::default(), history: History::default() }
    }

    /// The phase for sampling, as far as the life cycle knows it.
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

    /// Takes the verdict on one picture and answers with the messages that follow from it.
    pub(crate) fn step(
        &mut self,
        view: &View<'_>,
        verdict: &Verdict,
        describe: impl Fn(&Finding) -> String,
    ) -> Vec<IncidentEvent> {
        let clock = view.observation.clock;
        let mut events = Vec::new();
        events.extend(self.close_if_over(view.at(), clock));
        events.extend(match verdict {
            Verdict::Met(finding) => self.present(view, finding, describe(finding)),
            Verdict::Clear | Verdict::Candidate => self.absent(view),
        });
        if *verdict == Verdict::Clear {
            self.history.awaits_clear = None;
        }
        events
    }

    /// The rule is outside its hours: an open incident is cleared at once, as what it reports is
    /// no incident now; one that is being verified, after the verdict.
    pub(crate) fn rest(&mut self, view: &View<'_>) -> Vec<IncidentEvent> {
        let (at, clock) = (view.at(), view.observation.clock);
        let mut events = Vec::new();
        events.extend(self.close_if_over(at, clock));
        let current = self.history.current.as_mut();
        let open = current.filter(|i| i.cleared_at.is_none() && !i.is_verifying());
        events.extend(open.and_then(|incident| self.subject.clear(incident, at, clock)));
        events
    }

    fn present(
        &mut self,
        view: &View<'_>,
        finding: &Finding,
        description: String,
    ) -> Option<IncidentEvent> {
        let (at, clock) = (view.at(), view.observation.clock);
        let Some(incident) = &mut self.history.current else {
            return (!self.history.is_silent(at)).then(|| self.open(view, finding, description));
        };
        incident.last_seen_at = at;
        incident.present = view.watched;
        incident.missed = 0;
        incident.finding = finding.clone();
        incident.description = description;
        incident.remember(view, self.subject.sought.as_ref().map(|(sought, _)| sought));
        if incident.is_verifying() {
            return None;
        }
        let mut reopened = incident.cleared_at.take().is_some();
        incident.verdict_stands &= !reopened;
        if let Some(summary) = &mut incident.summary {
            summary.occurrences = summary.occurrences.saturating_add(reopened.into());
            // Counted in the next update that is due.
            reopened = false;
        }
        let reported = incident.reported;
        let age = at.since(reported.at);
        let changed =
            finding.count != reported.count || best_score(finding) >= reported.score + BETTER_BY;
        let due = age >= self.settings.update_every || (changed && age >= MIN_UPDATE_GAP);
        (reopened || due).then(|| self.subject.message(incident, Action::Update, at, clock))
    }

    fn open(&mut self, view: &View<'_>, finding: &Finding, description: String) -> IncidentEvent {
        let at = view.at();
        let window = self.subject.repeat_window;
        self.history.earlier.retain(|opened_at| at.since(*opened_at) <= window);
        let repeat_count = u32::try_from(self.history.earlier.len()).unwrap_or(u32::MAX);
        let opened_today = Day::count(&mut self.history.day, self.subject.local_date(at));
        let daily_cap = self.settings.daily_cap;
        let summary = (opened_today >= daily_cap).then_some(Summary { daily_cap, occurrences: 1 });
        let previous_alert_id = self.history.previous_alert_id.filter(|_| repeat_count > 0);
        let incident = self.history.current.insert(Incident {
            alert_id: self.subject.alert_id(at),
            seq: 0,
            cleared_at: None,
            first_seen_at: finding.since_at,
            opened_at: at,
            last_seen_at: at,
            present: view.watched,
            missed: 0,
            finding: finding.clone(),
            description,
            reported: Reported { at, count: 0, score: 0.0 },
            repeat_count,
            previous_alert_id,
            summary,
            site: Site::of(finding, self.subject.lacks_in(), &self.subject.camera),
            report: Report::default(),
            case: None,
            recheck: None,
            verification: None,
            verdict_stands: false,
        });
        incident.remember(view, self.subject.sought.as_ref().map(|(sought, _)| sought));
        self.subject.message(incident, Action::Open, at, view.observation.clock)
    }

    fn absent(&mut self, view: &View<'_>) -> Option<IncidentEvent> {
        let incident = self.history.current.as_mut().filter(|i| i.cleared_at.is_none())?;
        incident.missed = incident.missed.saturating_add(1);
        let absent_for = view.watched.saturating_sub(incident.present);
        let too_early = absent_for < self.settings.clear_after || incident.missed < MIN_MISSED;
        if too_early || incident.is_verifying() {
            return None;
        }
        self.subject.clear(incident, view.at(), view.observation.clock)
    }

    /// Time has passed, and a picture may be long in coming: closes what is cleared already.
    pub(crate) fn pass_time(&mut self, at: CaptureTime) -> Option<IncidentEvent> {
        self.history.current.as_ref()?.cleared_at?;
        let reason = self.over(at.before(PICTURE_PATIENCE))?;
        self.close_unseen(reason, at)
    }

    fn close_if_over(&mut self, at: CaptureTime, clock: Clock) -> Option<IncidentEvent> {
        let reason = self.over(at)?;
        if let Some(incident) = &mut self.history.current {
            // A day ends while its summary may still be in sight: a new day's alert follows then.
            incident.cleared_at = incident.cleared_at.or(Some(at));
        }
        self.close(reason, at, clock)
    }

    /// Why the current incident has ended by `at`, if it has.
    fn over(&self, at: CaptureTime) -> Option<CloseReason> {
        let incident = self.history.current.as_ref().filter(|it| !it.is_verifying())?;
        let cleared_for = incident.cleared_at.map(|cleared_at| at.since(cleared_at));
        match (&incident.case, incident.summary) {
            // Also a summary, which then goes on counting after its day.
            (Some(case), _) if case.taken_up => {
                let silent_for = at.since(case.followed_at);
                let patience = self.casework.case_patience;
                let waited = cleared_for.is_some_and(|cleared_for| cleared_for > patience);
                (waited && silent_for > patience).then_some(CloseReason::Expired)
            }
            (_, Some(_)) => {
                let opened_on = self.subject.local_date(incident.opened_at);
                (self.subject.local_date(at) != opened_on).then_some(CloseReason::SelfCleared)
            }
            (_, None) => {
                let window = self.settings.reopen_after;
                let over = cleared_for.is_some_and(|cleared_for| cleared_for > window);
                over.then_some(CloseReason::SelfCleared)
            }
        }
    }

    /// Ends the current incident. What is opened next is linked to it.
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
        Some(self.subject.message(&mut incident, Action::Close(reason), at, clock))
    }
}

impl Subject {
    /// The zone on the ground from which something is missing, if that is the incident.
    fn lacks_in(&self) -> Option<&Zone> {
        let (sought, zone) = self.sought.as_ref()?;
        (sought.missing && self.footprint.is_some()).then_some(zone)
    }

    /// The day at the camera.
    fn local_date(&self, at: CaptureTime) -> Date {
        self.camera.local_time(at).date()
    }

    /// 32 hex digits; there is one open alert per key.
    pub(crate) fn dedupe_key(&self) -> String {
        identity::dedupe_key(&self.incident.code, &self.zone)
    }

    fn alert_id(&self, opened_at: CaptureTime) -> Uuid {
        let source = (&self.camera.gateway_id, &self.camera.camera_id);
        identity::alert_id(source, (&self.rule, &self.zone), opened_at)
    }

    /// Its object is out of sight. A summary keeps that to itself until the day is over.
    fn clear(
        &self,
        incident: &mut Incident,
        at: CaptureTime,
        clock: Clock,
    ) -> Option<IncidentEvent> {
        incident.cleared_at = Some(at);
        incident.verdict_stands = false;
        incident.finding.subjects.clear();
        incident.summary.is_none().then(|| self.message(incident, Action::Clear, at, clock))
    }
}
