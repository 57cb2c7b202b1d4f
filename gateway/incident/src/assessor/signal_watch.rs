//! One rule on signals at one point of a device, and the life of its incidents.

use std::sync::Arc;

use rule::Slug;
use rule::schedule::Schedule;
use rule::signal::{SignalRule, SignalVerdict};
use scene::{CaptureTime, Clock, Reading, Signal, SignalKind};
use uuid::Uuid;

use crate::alert::action::{Action, CloseReason};
use crate::alert::measurement::Measured;
use crate::alert::threshold::Threshold;
use crate::casefile::file::CaseFile;
use crate::identity;
use crate::lifecycle::course::Lifecycle;
use crate::lifecycle::event::IncidentEvent;
use crate::lifecycle::moment::Moment;
use crate::lifecycle::origin::{Origin, UNSEEN};
use crate::memory::rule::{RuleV1, SavedRule};
use crate::profile::CameraProfile;
use crate::signal_settings::SignalRuleSettings;

/// One rule on signals at one point, and the life of its incidents.
pub(super) struct SignalWatch {
    rule: SignalRule,
    pub(super) lifecycle: Lifecycle,
    schedule: Schedule,
    /// Outside its hours.
    is_resting: bool,
    /// When its hours begin or end next; none if they never do, or nobody has asked yet.
    turns_at: Option<CaptureTime>,
    /// The latest verdict.
    is_met: bool,
    /// The clock of the latest signal of its point.
    clock: Clock,
}

impl SignalWatch {
    /// The rule of these settings on this point, or on the device as a whole, with no memory yet.
    pub(super) fn new(
        device: &Arc<CameraProfile>,
        settings: &SignalRuleSettings,
        point: Option<&str>,
    ) -> Self {
        let SignalRuleSettings { id, incident, kind, lifecycle, schedule, .. } = settings;
        let origin = Origin {
            camera: Arc::clone(device),
            rule: id.clone(),
            zone: zone(device, point),
            footprint: None,
            incident: incident.clone(),
            threshold: Threshold::none(),
            repeat_window: lifecycle.repeat_window,
            sought: None,
            by_readings: kind.has_scene(),
            point: point.map(str::to_owned),
        };
        Self {
            rule: settings.build(point),
            lifecycle: Lifecycle::new(origin, *lifecycle),
            schedule: schedule.clone(),
            is_resting: false,
            turns_at: None,
            is_met: false,
            clock: UNSEEN,
        }
    }

    /// Takes in a signal of the device.
    pub(super) fn hear(&mut self, signal: &Signal) -> Vec<IncidentEvent> {
        let mut events = self.pass_time(signal.captured_at());
        if self.rule.whose(signal).is_own() {
            self.clock = signal.clock();
        }
        let verdict = self.rule.hear(signal);
        let at = self.rule.now().unwrap_or(signal.captured_at());
        events.extend(self.follow(verdict, at));
        let tells = signal.reading() != Reading::Bad
            && (signal.kind() == SignalKind::Heartbeat || self.rule.whose(signal).is_own());
        events.extend(self.check(tells, at));
        events
    }

    /// Time has passed up to `at`: what becomes due on the way is told as of when it was due.
    pub(super) fn pass_time(&mut self, at: CaptureTime) -> Vec<IncidentEvent> {
        let mut events = Vec::new();
        let mut latest = None;
        while let Some(due_at) = self.due_at().filter(|due_at| *due_at < at) {
            if latest >= Some(due_at) {
                break;
            }
            latest = Some(due_at);
            events.extend(self.step(due_at));
        }
        events.extend(self.step(at));
        events
    }

    /// When time alone takes it further; none if it does not.
    pub(super) fn wake_at(&self) -> Option<CaptureTime> {
        let again = self.lifecycle.tells_again_at().filter(|_| self.is_met && !self.is_resting);
        self.due_at().into_iter().chain(again).min()
    }

    fn due_at(&self) -> Option<CaptureTime> {
        let by_rule = || self.rule.wake_at().into_iter().chain(self.clears_at());
        let awake = (!self.is_resting).then(by_rule).into_iter().flatten();
        awake.chain(self.lifecycle.due_at()).chain(self.turns_at).min()
    }

    fn clears_at(&self) -> Option<CaptureTime> {
        let span = self.lifecycle.clears_in(self.rule.watched()).filter(|_| !self.is_met)?;
        self.rule.watched_until(span)
    }

    fn step(&mut self, at: CaptureTime) -> Vec<IncidentEvent> {
        let at = self.rule.now().map_or(at, |now| now.max(at));
        self.turn(at);
        let verdict = self.rule.pass_time(at);
        let mut events = self.follow(verdict, at);
        events.extend(self.check(false, at));
        events
    }

    /// Whether its hours have begun or ended by `at`.
    fn turn(&mut self, at: CaptureTime) {
        if self.schedule.hours.is_none() || self.turns_at.is_some_and(|turns_at| at < turns_at) {
            return;
        }
        let device = &self.lifecycle.origin.camera;
        let local = device.local_time(at);
        self.is_resting = !self.schedule.applies(local);
        self.turns_at = self.schedule.turns_after(local).and_then(|turn| device.moment_of(turn));
    }

    fn follow(&mut self, verdict: SignalVerdict, at: CaptureTime) -> Vec<IncidentEvent> {
        if self.is_resting {
            self.rule.rest(at);
            self.is_met = false;
            return self.lifecycle.rest_at(at, self.clock);
        }
        self.is_met = matches!(verdict, SignalVerdict::Met(_));
        let measured = self.measured();
        let moment = Moment { at, clock: self.clock, watched: self.rule.watched() };
        let rule = &self.rule;
        self.lifecycle.judge(moment, &verdict, measured, |found| rule.describe(found))
    }

    fn check(&mut self, heard: bool, at: CaptureTime) -> Vec<IncidentEvent> {
        let stands = self.rule.stands().filter(|_| !self.is_resting);
        self.lifecycle.check_readings(stands, heard, (at, self.clock))
    }

    fn measured(&self) -> Measured {
        let point = self.lifecycle.origin.point.clone();
        Measured { point, measurement: self.rule.measurement() }
    }

    /// Follows the case of an alert; returns the messages that follow.
    pub(super) fn follow_case(
        &mut self,
        alert: (Uuid, &str),
        file: &CaseFile,
        at: CaptureTime,
    ) -> Vec<IncidentEvent> {
        let events = self.lifecycle.follow_case(alert, file, at);
        let closed =
            |event: &IncidentEvent| event.alert.action == Action::Close(CloseReason::CaseClosed);
        if events.iter().any(closed) {
            // What is still so is judged from the beginning, and reported again.
            self.rule.rest(at);
            self.is_met = false;
        }
        events
    }

    /// The clock stepped back to `at`.
    pub(super) fn step_back(&mut self, at: CaptureTime) {
        self.rule.step_back(at);
        self.lifecycle.step_back(at);
        self.turns_at = None;
    }

    /// What must survive a restart.
    pub(super) fn memory(&self) -> Result<RuleV1, serde_json::Error> {
        let Lifecycle { origin, history, .. } = &self.lifecycle;
        Ok(RuleV1::of(origin, Some(self.rule.memory()?), history))
    }

    /// Takes over what an earlier run left; `was_deaf`: nobody listened since.
    pub(super) fn restore(&mut self, saved: SavedRule, was_deaf: bool) {
        let is_own = saved.memory.is_some_and(|memory| self.rule.restore(&memory, was_deaf));
        self.lifecycle.history = saved.history;
        if let Some(incident) = self.lifecycle.history.current.as_mut().filter(|_| !is_own) {
            // What was watched begins again.
            incident.present = std::time::Duration::ZERO;
        }
        if was_deaf {
            self.lifecycle.resume_check();
        }
    }
}

/// What stands for the zone: the device, and its point if one is meant.
pub(super) fn zone(device: &CameraProfile, point: Option<&str>) -> Slug {
    let id = &device.camera_id;
    point.map_or_else(|| id.clone(), |point| identity::point(id, point))
}
