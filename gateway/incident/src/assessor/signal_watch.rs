//! One rule on signals at one point of a device, and the life of its incidents.

use std::sync::Arc;
use std::time::Duration;

use rule::Slug;
use rule::schedule::Schedule;
use rule::signal::{SignalRule, SignalVerdict};
use scene::{CaptureTime, Clock, ClockSource, Reading, Signal, SignalKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::alert::action::{Action, CloseReason};
use crate::alert::measurement::Measured;
use crate::alert::threshold::Threshold;
use crate::casefile::file::CaseFile;
use crate::identity;
use crate::lifecycle::beside::Beside;
use crate::lifecycle::course::Lifecycle;
use crate::lifecycle::event::IncidentEvent;
use crate::lifecycle::moment::Moment;
use crate::lifecycle::origin::{Origin, UNSEEN};
use crate::lifecycle::sensed::Judged;
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
    /// By the latest verdict it is an incident that lasts.
    is_met: bool,
    /// It is so, perhaps not for long enough: nothing is cleared meanwhile.
    stands: bool,
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
            stands: false,
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
        events.extend(self.follow(&verdict, at));
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
            // Of the time in which nobody listened nothing is told as if somebody had.
            if latest >= Some(due_at) || self.rule.is_resumed() {
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
        awake.chain(self.lifecycle.due_at()).chain(self.turns_at).chain(self.lost_at()).min()
    }

    /// When nobody knows any more whether what stands now still does: it is taken to stand until then.
    fn lost_at(&self) -> Option<CaptureTime> {
        let until = self.rule.knows_until().filter(|_| self.stands && !self.rule.is_resumed())?;
        Some(until).filter(|until| self.rule.now() < Some(*until))
    }

    fn clears_at(&self) -> Option<CaptureTime> {
        let span = self.lifecycle.clears_in(self.rule.watched()).filter(|_| !self.stands)?;
        self.rule.watched_until(span)
    }

    fn step(&mut self, at: CaptureTime) -> Vec<IncidentEvent> {
        let at = self.rule.now().map_or(at, |now| now.max(at));
        let ends_at = self.turns_at.filter(|_| !self.is_resting);
        self.turn(at);
        let verdict = self.rule.pass_time(at);
        let mut events = Vec::new();
        if self.is_resting && ends_at == Some(at) && self.lifecycle.history.current.is_some() {
            // It lasted up to the end of the hours.
            events.extend(self.judge(&verdict, at));
        }
        events.extend(self.follow(&verdict, at));
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
        let has_rested = std::mem::replace(&mut self.is_resting, !self.schedule.applies(local));
        if has_rested && !self.is_resting {
            self.rule.rest(at);
        }
        self.turns_at = self.schedule.turns_after(local).and_then(|turn| device.moment_of(turn));
    }

    fn follow(&mut self, verdict: &SignalVerdict, at: CaptureTime) -> Vec<IncidentEvent> {
        if self.is_resting {
            self.rule.rest(at);
            (self.is_met, self.stands) = (false, false);
            return self.lifecycle.rest_at(at, self.clock);
        }
        self.judge(verdict, at)
    }

    fn judge(&mut self, verdict: &SignalVerdict, at: CaptureTime) -> Vec<IncidentEvent> {
        self.stands = self.rule.stands() == Some(true);
        self.is_met = self.stands && matches!(verdict, SignalVerdict::Met(_));
        let measured = self.measured();
        let moment = Moment { at, clock: self.clock, watched: self.rule.watched() };
        let (rule, point) = (&self.rule, self.lifecycle.origin.point.clone());
        let judged = Judged { verdict, stands: self.stands, measured };
        self.lifecycle.judge(moment, judged, |found| {
            let told = rule.describe(found);
            point.as_ref().map_or_else(|| told.clone(), |point| format!("{told}（点位{point}）"))
        })
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
            (self.is_met, self.stands) = (false, false);
        }
        events
    }

    /// By how many microseconds the camera's clock is ahead of the door's, if its rule knows.
    pub(super) fn clock_skew_micros(&self) -> Option<i64> {
        self.rule.clock_skew_micros()
    }

    /// What stands beside the device now; an open incident tells of it.
    pub(super) fn stand_beside(
        &mut self,
        beside: Option<&Beside>,
        at: CaptureTime,
    ) -> Option<IncidentEvent> {
        let at = self.rule.now().map_or(at, |now| now.max(at));
        let moment = Moment { at, clock: self.clock, watched: self.rule.watched() };
        self.lifecycle.stand_beside(beside, moment)
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
        let memory = WatchV1 {
            rule: self.rule.memory()?,
            by_device: self.clock.source == ClockSource::SenderReport,
            error_ms: self.clock.error_ms,
        };
        Ok(RuleV1::of(origin, Some(serde_json::to_value(memory)?), history))
    }

    /// Takes over what an earlier run left; `was_deaf`: nobody listened since.
    pub(super) fn restore(&mut self, saved: SavedRule, was_deaf: bool) {
        let memory = saved.memory.and_then(|memory| WatchV1::deserialize(memory).ok());
        let is_own = memory.is_some_and(|memory| {
            let source =
                if memory.by_device { ClockSource::SenderReport } else { ClockSource::Arrival };
            self.clock = Clock { source, error_ms: memory.error_ms };
            self.rule.restore(&memory.rule, was_deaf)
        });
        self.lifecycle.history = saved.history;
        if let Some(incident) = self.lifecycle.history.current.as_mut().filter(|_| !is_own) {
            // What was watched begins again.
            incident.present = Duration::ZERO;
        }
        if was_deaf {
            self.lifecycle.resume_check();
        }
    }
}

/// What it remembers beside its incident.
#[derive(Serialize, Deserialize)]
struct WatchV1 {
    rule: serde_json::Value,
    /// The latest signal of its point was dated by the device.
    by_device: bool,
    error_ms: Option<u32>,
}

/// What stands for the zone: the device, and its point if one is meant.
pub(super) fn zone(device: &CameraProfile, point: Option<&str>) -> Slug {
    let id = &device.camera_id;
    point.map_or_else(|| id.clone(), |point| identity::point(id, point))
}
