//! A device's rules on signals at work.

use std::sync::Arc;
use std::time::Duration;

use scene::{CaptureTime, ClockSource, Signal};

use super::ebikes::Ebikes;
use super::signal_watch::{SignalWatch, zone};
use crate::lifecycle::course::Lifecycle;
use crate::lifecycle::event::IncidentEvent;
use crate::lifecycle::settings::CaseSettings;
use crate::memory::rule::{RuleV1, SavedRule};
use crate::profile::CameraProfile;
use crate::rule_settings::RuleError;
use crate::signal_settings::SignalRuleSettings;

/// The most points that a rule without a point of its own comes to know by their signals. A panel of a
/// fire transmitter has some hundreds.
const MOST_POINTS: usize = 1_024;
/// No time at all.
const NEVER: CaptureTime = CaptureTime::from_unix_micros(i64::MIN);
/// A time further back than this shows a clock that was set back.
const STEPS_BACK_FROM: Duration = Duration::from_secs(2);

/// A device's rules on signals.
pub(super) struct SignalDesk {
    device: Arc<CameraProfile>,
    casework: Arc<CaseSettings>,
    rules: Vec<SignalRuleSettings>,
    pub(super) watches: Vec<SignalWatch>,
    /// The latest time that it was told of.
    pub(super) now: Option<CaptureTime>,
    ebikes: Ebikes,
}

impl SignalDesk {
    /// A desk without rules.
    pub(super) fn new(device: &Arc<CameraProfile>) -> Self {
        let (device, casework) = (Arc::clone(device), Arc::default());
        let ebikes = Ebikes::default();
        Self { device, casework, rules: Vec::new(), watches: Vec::new(), now: None, ebikes }
    }

    /// Takes on these rules.
    ///
    /// # Errors
    /// A setting out of its range, or a rule that another one repeats.
    pub(super) fn take_on(&mut self, rules: Vec<SignalRuleSettings>) -> Result<(), RuleError> {
        for settings in rules {
            let point = settings.point.as_ref().map(rule::Slug::as_str);
            let (rule, zone) = (settings.id.clone(), zone(&self.device, point));
            if let Some((setting, expected)) = settings.fault() {
                return Err(RuleError::Setting { rule, zone, setting, expected });
            }
            if self.rules.iter().any(|other| other.id == rule) {
                return Err(RuleError::RepeatedRule { rule, zone });
            }
            if self.rules.iter().any(|other| meet(other, &settings)) {
                let incident = settings.incident.code.clone();
                return Err(RuleError::RepeatedIncident { incident, zone });
            }
            if point.is_some() || settings.kind.is_of_device() {
                let watch = self.watch(&settings, point);
                self.watches.push(watch);
            }
            self.rules.push(settings);
        }
        Ok(())
    }

    /// With these settings for cases, also for points that are not known yet.
    pub(super) fn follow_cases_by(&mut self, settings: &Arc<CaseSettings>) {
        self.casework = Arc::clone(settings);
    }

    /// Takes in a signal of the device.
    pub(super) fn hear(&mut self, signal: &Signal) -> Vec<IncidentEvent> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let at = signal.captured_at();
        // What the device itself dates may be stored and late.
        if signal.clock().source == ClockSource::Arrival {
            self.note(at);
        }
        self.now = self.now.max(Some(at));
        if self.ebikes.hear(signal) {
            return self.look_beside(at);
        }
        let mut events = self.look_beside(at);
        self.meet_point(signal);
        events.extend(self.watches.iter_mut().flat_map(|watch| watch.hear(signal)));
        events
    }

    /// Time has passed up to `at`.
    pub(super) fn pass_time(&mut self, at: CaptureTime) -> Vec<IncidentEvent> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        self.note(at);
        self.now = self.now.max(Some(at));
        let mut events = self.look_beside(at);
        events.extend(self.watches.iter_mut().flat_map(|watch| watch.pass_time(at)));
        events
    }

    /// Tells every rule what stands beside the device.
    fn look_beside(&mut self, at: CaptureTime) -> Vec<IncidentEvent> {
        if self.ebikes.is_empty() {
            return Vec::new();
        }
        let beside = self.ebikes.beside(at);
        let watches = self.watches.iter_mut();
        watches.filter_map(|watch| watch.stand_beside(beside.as_ref(), at)).collect()
    }

    /// When time alone takes one of its rules further.
    pub(super) fn wake_at(&self) -> Option<CaptureTime> {
        self.watches.iter().filter_map(SignalWatch::wake_at).min()
    }

    /// The lives of all its alerts.
    pub(super) fn lives(&mut self) -> impl Iterator<Item = &mut Lifecycle> {
        self.watches.iter_mut().map(|watch| &mut watch.lifecycle)
    }

    /// What must survive a restart.
    pub(super) fn memory(&self) -> impl Iterator<Item = Result<RuleV1, serde_json::Error>> {
        self.watches.iter().map(SignalWatch::memory)
    }

    /// Takes over what an earlier run left of one rule, and gives it back if it has no such rule.
    pub(super) fn restore(&mut self, saved: SavedRule, was_deaf: bool) -> Option<SavedRule> {
        let of_rule = |settings: &&SignalRuleSettings| {
            let is_same = settings.id == saved.origin.rule
                && settings.incident.code == saved.origin.incident.code;
            let point = settings.point.as_ref().map(rule::Slug::as_str);
            let is_there = match (point, settings.kind.is_of_device()) {
                (None, false) => saved.origin.point.is_some(),
                _ => saved.origin.zone == zone(&self.device, point),
            };
            is_same && is_there
        };
        let Some(settings) = self.rules.iter().find(of_rule) else { return Some(saved) };
        let of_saved = |watch: &SignalWatch| {
            let origin = &watch.lifecycle.origin;
            origin.rule == saved.origin.rule && origin.zone == saved.origin.zone
        };
        let known = self.watches.iter().position(of_saved);
        if let Some(watch) = known.and_then(|place| self.watches.get_mut(place)) {
            watch.restore(saved, was_deaf);
        } else {
            let mut watch = self.watch(settings, saved.origin.point.as_deref());
            watch.restore(saved, was_deaf);
            self.watches.push(watch);
        }
        None
    }

    fn watch(&self, settings: &SignalRuleSettings, point: Option<&str>) -> SignalWatch {
        let mut watch = SignalWatch::new(&self.device, settings, point);
        watch.lifecycle.casework = Arc::clone(&self.casework);
        let now = self.now.unwrap_or(NEVER);
        watch.stand_beside(self.ebikes.beside(now).as_ref(), now);
        watch
    }

    /// Rules without a point of their own come to know the point of this signal.
    fn meet_point(&mut self, signal: &Signal) {
        let point = &*signal.source().point;
        for settings in &self.rules {
            let is_open = settings.point.is_none() && !settings.kind.is_of_device();
            if !is_open || !settings.kind.concerns(signal) {
                continue;
            }
            let of_rule = |watch: &&SignalWatch| watch.lifecycle.origin.rule == settings.id;
            let known = self.watches.iter().filter(of_rule);
            let is_here = |it: &SignalWatch| it.lifecycle.origin.point.as_deref() == Some(point);
            if known.clone().any(is_here) || known.count() >= MOST_POINTS {
                continue;
            }
            let watch = self.watch(settings, Some(point));
            self.watches.push(watch);
        }
    }

    /// A clock that was set back: nothing that is remembered lies after `at`.
    fn note(&mut self, at: CaptureTime) {
        if self.now.is_some_and(|now| now.since(at) > STEPS_BACK_FROM) {
            self.now = Some(at);
            self.watches.iter_mut().for_each(|watch| watch.step_back(at));
        }
    }
}

/// Whether two rules would raise the same alert.
fn meet(one: &SignalRuleSettings, other: &SignalRuleSettings) -> bool {
    let is_open = |it: &SignalRuleSettings| it.point.is_none() && !it.kind.is_of_device();
    let of_device = |it: &SignalRuleSettings| it.point.is_none() && it.kind.is_of_device();
    let same_place = match (is_open(one), is_open(other)) {
        (true, _) => !of_device(other),
        (_, true) => !of_device(one),
        (false, false) => one.point == other.point,
    };
    one.incident.code == other.incident.code && same_place
}
