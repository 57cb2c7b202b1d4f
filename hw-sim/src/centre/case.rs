//! One case: what the centre knows about it, what it has sent, and what comes next.
//!
//! A case is pure: it takes in alerts, it is advanced when it is due, and it returns the feedback
//! that follows. It never reads a clock.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::alert::{Alert, Verdict};
use super::chance::SeededRandom;
use super::event::Event;
use super::feedback::{CaseNames, Feedback, message_id};
use super::profile::{Grade, Loop, LoopName, Profile, Route, WhistleLevel};

/// How long a handler at the scene takes to report what happens there.
const REACTION: Duration = Duration::from_millis(500);

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Closed: the gateway's re-check found it gone.
    Verified,
    /// Closed: a person looked, because the gateway could not tell.
    SeenByPerson,
    /// Closed by force although no one saw it gone (强制结案).
    Forced,
    /// Closed: the gateway closed the alert first.
    Withdrawn,
    /// The city is not responsible.
    Rejected,
    /// The alert was wrong.
    FalseAlarm,
    /// Part of another case.
    Merged,
    /// Withdrawn by the centre.
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
    /// `handled` is sent; a re-check is to be requested.
    Handled,
    /// The gateway re-checks.
    Verifying,
    /// A person looks.
    WithPerson,
    /// The re-check found it still there.
    Failed,
    Closing(End),
    Evaluating,
    Over,
}

/// What every step of a case needs: the city's profile and the time.
#[derive(Debug, Clone, Copy)]
pub(super) struct StepContext<'a> {
    pub(super) profile: &'a Profile,
    pub(super) now: Timestamp,
}

/// One report of "handled".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Something was done.
    pub(super) honest: bool,
    pub(super) handled_at: Option<Timestamp>,
    /// The verdict of the gateway's re-check.
    pub(super) verdict: Option<(Verdict, Timestamp)>,
    /// A failed re-check or a person found out that nothing was done.
    pub(super) caught: bool,
}

/// An entry of a case's timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineEntry {
    /// The centre sent feedback.
    Sent(Box<Feedback>),
    /// The gateway sent a message of the alert.
    Received {
        /// `open`, `update`, `clear`, `verify` or `close`.
        action: String,
        /// State of the scene.
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
    /// The latest event sent that belongs to a step.
    step: Option<Event>,
    pub(super) gone: bool,
    /// The gateway reports the state of the scene, so that an honest handler can wait for it.
    pub(super) sees_scene: bool,
    pub(super) random: SeededRandom,
    pub(super) twin: Option<String>,
    pub(super) returns: u32,
    pub(super) postponed: bool,
    pub(super) pressed: u32,
    pub(super) reopened: u32,
    /// How often that was sent. The timeline may be full.
    pub(super) reopenings_sent: u32,
    pub(super) handle_by: Option<Timestamp>,
    pub(super) attempts: Vec<Attempt>,
    /// Which attempt each request for a re-check belongs to.
    pub(super) requests: BTreeMap<String, usize>,
    pub(super) end: Option<End>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) timeline: Vec<(Timestamp, TimelineEntry)>,
}

/// More than any case needs. It limits the memory that a repetitive gateway can take.
const MAX_TIMELINE_ENTRIES: usize = 512;

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
        let mut random = SeededRandom::new(profile.seed, &alert.alert_id);
        let day = now.strftime("%Y%m%d");
        let due = profile.desk.receive.draw(&mut random);
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
            random,
            twin,
            returns: 0,
            postponed: false,
            pressed: 0,
            reopened: 0,
            reopenings_sent: 0,
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

    /// Takes in a later message of its alert.
    pub(super) fn take_alert(&mut self, alert: Alert, profile: &Profile, now: Timestamp) {
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
                self.forget_delays();
                self.enter(Phase::Accepted, now, Duration::ZERO);
            }
            return;
        }
        if self.alert.is_closed() {
            self.enter(Phase::Closing(End::Withdrawn), now, Duration::ZERO);
        } else if self.alert.action == "verify"
            && let Some(found) = self.alert.verification.clone()
        {
            self.take_verdict(&found.request_msg_id, found.result, profile, now);
        } else if self.gone && self.phase == Phase::Handling && self.attempt().honest {
            self.due_at = self.due_at.map(|due| due.min(now + REACTION));
        }
    }

    /// Takes in the gateway's verdict on a request.
    fn take_verdict(&mut self, request: &str, verdict: Verdict, profile: &Profile, now: Timestamp) {
        let latest = self.attempts.len().saturating_sub(1);
        let index = self.requests.get(request).copied().unwrap_or(latest);
        let Some(attempt) = self.attempts.get_mut(index) else { return };
        if attempt.handled_at.is_none() {
            return; // the gateway re-checked by itself, before anybody reported "handled"
        }
        // A clear verdict may follow an inconclusive one.
        let keeps = |known| known != Verdict::Inconclusive || verdict == Verdict::Inconclusive;
        if !attempt.verdict.is_some_and(|(known, _)| keeps(known)) {
            attempt.verdict = Some((verdict, now));
        }
        let waits = matches!(self.phase, Phase::Handled | Phase::Verifying | Phase::WithPerson);
        match verdict {
            Verdict::Passed => {
                let pause = profile.desk.close.draw(&mut self.random);
                self.enter(Phase::Closing(End::Verified), now, pause);
            }
            // An earlier report was found false before. The gateway only repeats it.
            _ if index < latest || !waits => {}
            Verdict::Failed => {
                attempt.caught = true;
                let pause = profile.desk.close.draw(&mut self.random);
                self.enter(Phase::Failed, now, pause);
            }
            Verdict::Inconclusive => {
                let pause = profile.desk.person.draw(&mut self.random);
                self.enter(Phase::WithPerson, now, pause);
            }
        }
    }

    /// The latest report of "handled", or the one in preparation.
    pub(super) fn attempt(&self) -> Attempt {
        self.attempts.last().copied().unwrap_or_default()
    }

    pub(super) fn enter(&mut self, phase: Phase, now: Timestamp, pause: Duration) {
        self.phase = phase;
        self.due_at = Some(now + pause);
    }

    /// A reopened case may be postponed and pressed for again.
    fn forget_delays(&mut self) {
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
    pub(super) fn dispatch_loop<'a>(&self, profile: &'a Profile) -> Option<&'a Loop> {
        profile.loops.iter().find(|candidate| candidate.name == self.route.loop_name)
    }

    /// The feedback that reports `event`. `fill` adds the fields that belong to it.
    pub(super) fn report(
        &mut self,
        event: Event,
        StepContext { profile, now }: StepContext<'_>,
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
        self.note(now, TimelineEntry::Sent(Box::new(feedback.clone())));
        feedback
    }

    /// The step it is in: the step of the latest event that belongs to one.
    #[must_use]
    pub fn stage<'a>(&self, profile: &'a Profile) -> Option<&'a str> {
        let first = profile.flow.steps().first().map(|step| step.name.as_str());
        self.step.and_then(|event| profile.flow.step_of(event)).or(first)
    }

    fn note_alert(&mut self, now: Timestamp) {
        let Alert { action, state, .. } = self.alert.clone();
        self.note(now, TimelineEntry::Received { action, state });
    }

    fn note(&mut self, now: Timestamp, entry: TimelineEntry) {
        if self.timeline.len() < MAX_TIMELINE_ENTRIES {
            self.timeline.push((now, entry));
        }
    }
}

/// What a page or a report shows of a case.
impl Case {
    /// The newest message of its alert.
    #[must_use]
    pub fn alert(&self) -> &Alert {
        &self.alert
    }

    /// The centre's number of the case.
    #[must_use]
    pub fn rec_id(&self) -> &str {
        &self.rec_id
    }

    /// The centre's number of the task.
    #[must_use]
    pub fn task_num(&self) -> &str {
        &self.task_num
    }

    /// Its loop.
    #[must_use]
    pub fn loop_name(&self) -> LoopName {
        self.route.loop_name
    }

    /// How difficult it is.
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
    pub fn timeline(&self) -> &[(Timestamp, TimelineEntry)] {
        &self.timeline
    }
}

/// The first route that fits, or the one that takes every case.
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
