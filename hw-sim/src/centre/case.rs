//! One case: what the centre knows of it, what it has said about it, and what it does next.
//!
//! A case is pure: it hears alerts, it is woken when its time has come, and it gives the feedback
//! that follows. It never asks a clock.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::alert::Verdict;
use super::dice::Dice;
use super::feedback::{CaseNames, message_id};
use super::profile::{Grade, Loop, LoopName, Profile, Route, WhistleLevel};
use super::{Alert, Event, Feedback};

/// How long a handler on the spot takes to report what he sees.
const REACTION: Duration = Duration::from_millis(500);

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Closed: the gateway looked again and it is gone.
    Verified,
    /// Closed: a person looked where the gateway could not tell.
    SeenByPerson,
    /// Closed although nobody saw it gone (强制结案).
    Forced,
    /// Closed: the gateway closed the alert first.
    Withdrawn,
    /// Not the city's business.
    Rejected,
    /// The alert was wrong.
    FalseAlarm,
    /// Part of another case.
    Merged,
    /// Taken back.
    Cancelled,
}

/// What the case waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Arrived,
    Examining,
    Accepted,
    Dispatched,
    Signed,
    Handling,
    /// `handled` is said; a check is to be asked for.
    Handled,
    /// The gateway looks.
    Verifying,
    /// A person looks.
    WithPerson,
    /// It is still there.
    Failed,
    Closing(End),
    Evaluating,
    Over,
}

/// One moment of a case, in the city whose case it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn<'a> {
    pub(super) profile: &'a Profile,
    pub(super) now: Timestamp,
}

/// One report of "handled".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Something was done.
    pub(super) honest: bool,
    pub(super) handled_at: Option<Timestamp>,
    /// What the gateway said of it.
    pub(super) verdict: Option<(Verdict, Timestamp)>,
    /// A failed verdict, or a person's eye.
    pub(super) caught: bool,
}

/// A line of the timeline: what happened, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// The centre said it.
    Said(Box<Feedback>),
    /// The gateway did.
    Heard {
        /// `open`, `update`, `clear`, `verify` or `close`.
        action: String,
        /// The state of the scene.
        state: String,
    },
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    pub(super) alert: Alert,
    pub(super) rec_id: String,
    pub(super) task_num: String,
    pub(super) opened_at: Timestamp,
    pub(super) route: Route,
    pub(super) org: usize,
    pub(super) whistle: Option<WhistleLevel>,
    pub(super) phase: Phase,
    pub(super) due_at: Option<Timestamp>,
    pub(super) seq: u64,
    /// The latest event said that belongs to a step.
    step: Option<Event>,
    pub(super) gone: bool,
    /// The gateway tells what becomes of the scene, so that an honest handler can wait for it.
    pub(super) sees_scene: bool,
    pub(super) dice: Dice,
    pub(super) twin: Option<String>,
    pub(super) returns: u32,
    pub(super) postponed: bool,
    pub(super) pressed: u32,
    pub(super) reopened: u32,
    /// How often that was said; the timeline may be full.
    pub(super) reopenings_said: u32,
    pub(super) handle_by: Option<Timestamp>,
    pub(super) attempts: Vec<Attempt>,
    /// Which attempt each request for a check belongs to.
    pub(super) requests: BTreeMap<String, usize>,
    pub(super) end: Option<End>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) timeline: Vec<(Timestamp, Moment)>,
}

/// More than any case has; a gateway that repeats itself shall not fill the memory.
const MAX_MOMENTS: usize = 512;

impl Case {
    /// The case of an alert, the `number`-th of the centre. `twin` is the alert of an open case of
    /// the same type and grid.
    pub(super) fn open(
        alert: Alert,
        number: usize,
        twin: Option<String>,
        profile: &Profile,
        now: Timestamp,
    ) -> Self {
        let mut dice = Dice::new(profile.seed, &alert.alert_id);
        let day = now.strftime("%Y%m%d");
        let due = profile.desk.receive.draw(&mut dice);
        let mut case = Self {
            rec_id: format!("{}", 10_000 + number),
            task_num: format!("PG-{day}-{number:04}"),
            opened_at: now,
            route: route(&alert, profile),
            org: 0,
            whistle: None,
            phase: Phase::Arrived,
            due_at: Some(now + due),
            seq: 0,
            step: None,
            gone: alert.is_gone(),
            sees_scene: profile.watches_scene,
            dice,
            twin,
            returns: 0,
            postponed: false,
            pressed: 0,
            reopened: 0,
            reopenings_said: 0,
            handle_by: None,
            attempts: Vec::new(),
            requests: BTreeMap::new(),
            end: None,
            ended_at: None,
            timeline: Vec::new(),
            alert,
        };
        case.note_alert(now);
        case
    }

    /// A later message of its alert.
    pub(super) fn hear(&mut self, alert: Alert, profile: &Profile, now: Timestamp) {
        self.alert = alert;
        self.note_alert(now);
        match self.alert.state.as_str() {
            "open" | "verified_present" => self.gone = false,
            _ => self.gone |= self.alert.is_gone(),
        }
        if self.end.is_some() {
            let again = self.alert.state == "open" && self.reopened == 0;
            if again && matches!(self.end, Some(End::Verified | End::SeenByPerson)) {
                self.reopened += 1;
                self.end = None;
                self.ended_at = None;
                self.attempts_over();
                self.enter(Phase::Accepted, now, Duration::ZERO);
            }
            return;
        }
        if self.alert.is_closed() {
            self.enter(Phase::Closing(End::Withdrawn), now, Duration::ZERO);
        } else if self.alert.action == "verify"
            && let Some(found) = self.alert.verification.clone()
        {
            self.judge(&found.request_msg_id, found.result, profile, now);
        } else if self.gone && self.phase == Phase::Handling && self.attempt().honest {
            self.due_at = self.due_at.map(|due| due.min(now + REACTION));
        }
    }

    /// The gateway's verdict on a request.
    fn judge(&mut self, request: &str, verdict: Verdict, profile: &Profile, now: Timestamp) {
        let latest = self.attempts.len().saturating_sub(1);
        let index = self.requests.get(request).copied().unwrap_or(latest);
        let Some(attempt) = self.attempts.get_mut(index) else { return };
        if attempt.handled_at.is_none() {
            return; // a look of the gateway's own, before anybody said "handled"
        }
        // What was not to be told at first may be told later.
        let keeps = |known| known != Verdict::Inconclusive || verdict == Verdict::Inconclusive;
        if !attempt.verdict.is_some_and(|(known, _)| keeps(known)) {
            attempt.verdict = Some((verdict, now));
        }
        let waits = matches!(self.phase, Phase::Handled | Phase::Verifying | Phase::WithPerson);
        match verdict {
            Verdict::Passed => {
                let pause = profile.desk.close.draw(&mut self.dice);
                self.enter(Phase::Closing(End::Verified), now, pause);
            }
            // An earlier report was found false before; the gateway only repeats it.
            _ if index < latest || !waits => {}
            Verdict::Failed => {
                attempt.caught = true;
                let pause = profile.desk.close.draw(&mut self.dice);
                self.enter(Phase::Failed, now, pause);
            }
            Verdict::Inconclusive => {
                let pause = profile.desk.person.draw(&mut self.dice);
                self.enter(Phase::WithPerson, now, pause);
            }
        }
    }

    /// The report of "handled" that counts, or the one in the making.
    pub(super) fn attempt(&self) -> Attempt {
        self.attempts.last().copied().unwrap_or_default()
    }

    pub(super) fn enter(&mut self, phase: Phase, now: Timestamp, pause: Duration) {
        self.phase = phase;
        self.due_at = Some(now + pause);
    }

    /// What was reported before belongs to an earlier round of the case.
    fn attempts_over(&mut self) {
        self.postponed = false;
        self.pressed = 0;
    }

    pub(super) fn finish(&mut self, end: End, now: Timestamp) {
        self.end = Some(end);
        self.ended_at = Some(now);
        self.phase = Phase::Over;
        self.due_at = None;
    }

    /// The loop it is in. A profile has a loop for every route.
    pub(super) fn lane<'a>(&self, profile: &'a Profile) -> Option<&'a Loop> {
        profile.loops.iter().find(|lane| lane.name == self.route.lane)
    }

    /// Says `event`; `fill` adds what belongs to it.
    pub(super) fn say(
        &mut self,
        event: Event,
        Turn { profile, now }: Turn<'_>,
        fill: impl FnOnce(&mut Feedback),
    ) -> Feedback {
        self.seq += 1;
        if profile.flow.step_of(event).is_some() {
            self.step = Some(event);
        }
        let stage = self.stage(profile);
        let mut feedback = Feedback {
            spec: "cg.case/1",
            msg_id: message_id(&profile.system, &self.alert.alert_id, self.seq),
            alert_id: self.alert.alert_id.clone(),
            seq: self.seq,
            time: now,
            event,
            case: CaseNames {
                system: profile.system.clone(),
                rec_id: self.rec_id.clone(),
                task_num: self.task_num.clone(),
                stage_name: stage.map(str::to_owned),
                merged_into: None,
            },
            reason: None,
            actor: None,
            deadlines: None,
            whistle: None,
            verify: None,
            label: None,
            score: None,
        };
        fill(&mut feedback);
        self.note(now, Moment::Said(Box::new(feedback.clone())));
        feedback
    }

    /// The step it is in: that of the latest event that belongs to one.
    #[must_use]
    pub fn stage<'a>(&self, profile: &'a Profile) -> Option<&'a str> {
        let first = profile.flow.steps().first().map(|step| step.name.as_str());
        self.step.and_then(|event| profile.flow.step_of(event)).or(first)
    }

    fn note_alert(&mut self, now: Timestamp) {
        let Alert { action, state, .. } = self.alert.clone();
        self.note(now, Moment::Heard { action, state });
    }

    fn note(&mut self, now: Timestamp, moment: Moment) {
        if self.timeline.len() < MAX_MOMENTS {
            self.timeline.push((now, moment));
        }
    }
}

/// What [`Case`] tells to whoever shows it.
impl Case {
    /// The newest message of its alert.
    #[must_use]
    pub fn alert(&self) -> &Alert {
        &self.alert
    }

    /// The centre's number of it.
    #[must_use]
    pub fn rec_id(&self) -> &str {
        &self.rec_id
    }

    /// The centre's number of its task.
    #[must_use]
    pub fn task_num(&self) -> &str {
        &self.task_num
    }

    /// Its loop.
    #[must_use]
    pub fn loop_name(&self) -> LoopName {
        self.route.lane
    }

    /// How much it asks for.
    #[must_use]
    pub fn grade(&self) -> Grade {
        self.route.grade
    }

    /// How loud the street whistles for it.
    #[must_use]
    pub fn whistle(&self) -> Option<WhistleLevel> {
        self.whistle
    }

    /// How it ended, once it has.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// What happened, in order.
    #[must_use]
    pub fn timeline(&self) -> &[(Timestamp, Moment)] {
        &self.timeline
    }
}

/// The first route that fits, or the one that takes all.
fn route(alert: &Alert, profile: &Profile) -> Route {
    let fits = |route: &&Route| {
        let of_type = route.types.is_empty() || route.types.contains(&alert.kind.code);
        let in_grid = |grid: &String| {
            alert.grid.path.iter().any(|level| level.code.starts_with(grid.as_str()))
        };
        of_type && (route.grids.is_empty() || route.grids.iter().any(in_grid))
    };
    profile.routes.iter().find(fits).unwrap_or(&profile.last_route).clone()
}
