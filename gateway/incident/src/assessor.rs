//! One camera's rules at work: pictures in, incident events out.

#[cfg(test)]
mod tests;

mod casework;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use scene::{CaptureTime, Clock, ClockSource, Observation, ObservationGap, track::Track};

use crate::alert::{Action, Alert, CloseReason};
use crate::footprint::footprint;
use crate::lifecycle::{Incident, Lifecycle, Origin};
use crate::memory;
use crate::profile::{CameraProfile, Standpoint};
use crate::rule_settings::{RuleError, RuleSettings};
use rule::Slug;
use rule::schedule::Schedule;
use rule::{Phase, Rule, Sampling, Verdict, View};

/// Something happened to an incident: a message that must reach the command centre.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentEvent {
    /// Capture time of the picture that caused it: the one to keep as evidence.
    pub observed_at: CaptureTime,
    /// The incident's full state; [`Alert::action`] says what happened, and the subjects of
    /// [`Alert::detection`] are the boxes that this very picture shows (none once cleared).
    pub alert: Alert,
}

/// Why a memory was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// No JSON, or not of the shape that this version writes.
    #[error("the saved state of camera `{camera}` is damaged: {fault}")]
    Damaged {
        /// The camera that was to take it over.
        camera: String,
        /// What was found.
        fault: serde_json::Error,
    },
    /// Written by a version whose format is unknown here.
    #[error("the saved state of camera `{camera}` has format {found}; this version reads {known}")]
    Version {
        /// The camera that was to take it over.
        camera: String,
        /// What was found.
        found: u32,
        /// What this version writes.
        known: u32,
    },
}

/// Judges one camera's pictures by its rules.
pub struct Assessor {
    camera: Arc<CameraProfile>,
    rules: Vec<Watch>,
    /// Incidents of rules that no longer exist: closed at the next picture.
    orphans: Vec<Orphan>,
    timeline: Timeline,
    needs_appearance: bool,
}

/// One rule and the life of its incidents.
pub(crate) struct Watch {
    pub(crate) rule: Box<dyn Rule>,
    pub(crate) lifecycle: Lifecycle,
    schedule: Schedule,
    latest: Option<Verdict>,
    /// Outside its hours.
    resting: bool,
}

/// An incident whose rule no longer exists.
pub(crate) struct Orphan {
    pub(crate) origin: Origin,
    pub(crate) incident: Incident,
}

/// How much of the past was watched.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timeline {
    /// Time watched up to the latest picture.
    pub(crate) watched: Duration,
    /// The latest picture.
    pub(crate) latest_at: Option<CaptureTime>,
    /// Blind time since the latest picture, and how far it reaches.
    blind: Duration,
    blind_until: Option<CaptureTime>,
    /// Since the latest picture, an earlier run ended and this one began.
    resumed: bool,
}

impl Assessor {
    /// Sets up a camera's rules, with no memory yet.
    ///
    /// # Errors
    /// [`RuleError`] naming rule, zone and setting.
    pub fn new(camera: CameraProfile, rules: Vec<RuleSettings>) -> Result<Self, RuleError> {
        let camera = Arc::new(camera);
        let (mut seen, mut raised) = (BTreeSet::new(), BTreeSet::new());
        let needs_appearance = rules.iter().any(|rule| rule.kind.needs_appearance());
        let mut watches = Vec::with_capacity(rules.len());
        for settings in rules {
            let rule = settings.build()?;
            let RuleSettings { id, zone, incident, kind, lifecycle, schedule } = settings;
            if !seen.insert((id.clone(), zone.id.clone())) {
                return Err(RuleError::RepeatedRule { rule: id, zone: zone.id });
            }
            if !raised.insert((incident.code.clone(), zone.id.clone())) {
                return Err(RuleError::RepeatedIncident { incident: incident.code, zone: zone.id });
            }
            let on_ground = kind.lies_on_ground();
            let sought = kind.sought().map(|sought| (sought, zone.clone()));
            let origin = Origin {
                camera: Arc::clone(&camera),
                rule: id,
                footprint: on_ground.then(|| footprint(&zone, &camera)).flatten(),
                zone: zone.id,
                incident,
                threshold: rule.threshold(),
                repeat_window: lifecycle.repeat_window,
                sought,
            };
            let lifecycle = Lifecycle::new(origin, lifecycle);
            watches.push(Watch { rule, lifecycle, schedule, latest: None, resting: false });
        }
        let timeline = Timeline::default();
        Ok(Self { camera, rules: watches, orphans: Vec::new(), timeline, needs_appearance })
    }

    /// Judges one analysed picture; `tracks` is the tracker's answer to it; lost ones are
    /// passed over.
    /// A picture that is no later than the one before needs a new tracker: the clock stepped back.
    ///
    /// Save [`Assessor::memory`] in the same transaction as the events: together they make a
    /// crash at any point neither repeat nor forget an alert.
    pub fn assess(&mut self, observation: &Observation, tracks: &[Track]) -> Vec<IncidentEvent> {
        let (at, clock) = (observation.captured_at, observation.clock);
        if self.timeline.latest_at.is_some_and(|latest_at| at <= latest_at) {
            self.step_back(at);
        }
        let visible: Vec<&Track> = tracks.iter().filter(|track| track.last_seen_at == at).collect();
        let view = View {
            watched: self.timeline.advance(at),
            observation,
            tracks: &visible,
            ground: self.camera.ground.as_ref(),
        };
        let mut events: Vec<IncidentEvent> =
            self.orphans.drain(..).map(|orphan| orphan.cancel(at, clock)).collect();
        for watch in &mut self.rules {
            events.extend(watch.assess(&view));
            events.extend(watch.lifecycle.check_picture(observation, &watch.schedule));
        }
        events
    }

    /// Without this, what is remembered would wait for a future that may be hours away.
    fn step_back(&mut self, at: CaptureTime) {
        for watch in &mut self.rules {
            watch.rule.step_back(at);
            watch.lifecycle.step_back(at);
        }
        for orphan in &mut self.orphans {
            orphan.incident.step_back(at);
        }
    }

    /// Declares that the camera showed nothing for a while. Call it before the first picture after
    /// the gap. It neither opens, prolongs nor clears an incident.
    pub fn gap(&mut self, gap: ObservationGap) {
        self.timeline.gap(gap);
    }

    /// When the latest picture was taken, also of an earlier run.
    #[must_use]
    pub const fn latest_at(&self) -> Option<CaptureTime> {
        self.timeline.latest_at
    }

    /// How often a picture is needed now: the demand of the most demanding rule. Without rules, or
    /// outside the hours of all of them, the camera need not be looked at ([`Duration::MAX`]).
    #[must_use]
    pub fn sampling(&self) -> Sampling {
        let by_rules = self
            .rules
            .iter()
            // What is open is cleared with a picture, also after the hours.
            .filter(|watch| !watch.resting || watch.lifecycle.phase(None) == Phase::Open)
            .map(|watch| watch.rule.sampling(watch.lifecycle.phase(watch.latest.as_ref())));
        by_rules
            .chain(self.rules.iter().filter_map(|watch| watch.lifecycle.check_sampling()))
            .min()
            .unwrap_or(Sampling { interval: Duration::MAX })
    }

    /// Whether a rule wants [`Observation::appearance`], which costs time.
    #[must_use]
    pub fn needs_appearance(&self) -> bool {
        self.needs_appearance || self.rules.iter().any(Watch::needs_view)
    }

    /// Everything that must survive a restart, for [`Assessor::restore`].
    ///
    /// # Errors
    /// Whatever `serde_json` reports; none is known.
    pub fn memory(&self) -> Result<Vec<u8>, serde_json::Error> {
        memory::write(&self.camera, &self.timeline, &self.rules, &self.orphans)
    }

    /// Where the camera stood that wrote `memory`, for the last messages of a camera that is no
    /// longer configured; `None` if an older version wrote it, which did not note that.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub fn standpoint(camera: &Slug, memory: &[u8]) -> Result<Option<Standpoint>, MemoryError> {
        memory::standpoint(camera, memory)
    }

    /// Takes over what an earlier run left, also after its settings changed: dwells and open alerts
    /// of rules that are still there (by rule and zone id) go on, alerts of rules that are gone
    /// are closed as `cancelled` at the next picture. The time between the earlier run's last
    /// picture and the next one counts as an observation gap.
    ///
    /// # Errors
    /// [`MemoryError`]; the assessor is then unchanged.
    pub fn restore(&mut self, memory: &[u8]) -> Result<(), MemoryError> {
        let saved = memory::read(&self.camera, memory)?;
        self.timeline = Timeline { resumed: true, ..saved.timeline };
        self.orphans.clear();
        for saved in saved.rules {
            let of_rule = |origin: &Origin| {
                origin.rule == saved.origin.rule
                    && origin.zone == saved.origin.zone
                    && origin.incident.code == saved.origin.incident.code
            };
            if let Some(watch) = self.rules.iter_mut().find(|w| of_rule(&w.lifecycle.origin)) {
                watch.latest = saved
                    .memory
                    .as_ref()
                    .is_some_and(|m| watch.rule.restore(m))
                    .then_some(Verdict::Candidate);
                watch.lifecycle.history = saved.history;
                watch.lifecycle.resume_check();
            } else if let Some(incident) = saved.history.current {
                self.orphans.push(Orphan { origin: saved.origin, incident });
            }
        }
        Ok(())
    }
}

impl Assessor {
    /// Takes over from an assessor with other settings that judged the same camera up to the
    /// latest picture: as [`Assessor::restore`], but no time is lost in between. Tracks must be
    /// followed anew, under numbers not used before.
    ///
    /// # Errors
    /// [`MemoryError`]; none is known.
    pub fn inherit(&mut self, predecessor: &Self) -> Result<(), MemoryError> {
        let camera = || self.camera.camera_id.to_string();
        let memory = predecessor
            .memory()
            .map_err(|fault| MemoryError::Damaged { camera: camera(), fault })?;
        self.restore(&memory)?;
        self.timeline = predecessor.timeline;
        Ok(())
    }

    /// The camera is watched no more: closes every alert that is open, or cleared and not closed,
    /// as cancelled at `now`. Nobody looked, so the messages show nothing.
    pub fn retire(&mut self, now: CaptureTime) -> Vec<IncidentEvent> {
        let clock = Clock { source: ClockSource::Arrival, error_ms: None };
        let at = self.timeline.latest_at.map_or(now, |latest_at| now.max(latest_at));
        let mut orphans = std::mem::take(&mut self.orphans);
        for watch in std::mem::take(&mut self.rules) {
            let Lifecycle { origin, history, .. } = watch.lifecycle;
            orphans.extend(history.current.map(|incident| Orphan { origin, incident }));
        }
        orphans.into_iter().map(|orphan| orphan.cancel(at, clock)).collect()
    }
}

impl Watch {
    fn assess(&mut self, view: &View<'_>) -> Vec<IncidentEvent> {
        if self.schedule.is_constant() {
            return self.judge(view);
        }
        let local = self.lifecycle.origin.camera.local_time(view.at());
        self.resting = !self.schedule.applies(local);
        if self.resting {
            // What stood here before its hours began is judged from their beginning on.
            self.rule.restore(&serde_json::Value::Null);
            self.latest = None;
            return self.lifecycle.rest(view);
        }
        let counts = |track: &&Track| self.schedule.counts(&track.class, local);
        let counted: Vec<&Track> = view.tracks.iter().copied().filter(counts).collect();
        self.judge(&View { tracks: &counted, ..*view })
    }

    fn judge(&mut self, view: &View<'_>) -> Vec<IncidentEvent> {
        let verdict = self.rule.assess(view);
        let rule = &self.rule;
        let events = self.lifecycle.step(view, &verdict, |found| rule.describe(found));
        self.latest = Some(verdict);
        events
    }
}

impl Orphan {
    /// Its last message, which shows nothing: nobody looked for its objects in this picture.
    fn cancel(mut self, at: CaptureTime, clock: Clock) -> IncidentEvent {
        self.incident.finding.subjects.clear();
        self.origin.message(&mut self.incident, Action::Close(CloseReason::Cancelled), at, clock)
    }
}

impl Timeline {
    /// Moves on to the picture taken at `at`; answers how much has been watched up to it.
    /// A clock that steps backwards costs the time until the next picture, no more.
    fn advance(&mut self, at: CaptureTime) -> Duration {
        let passed = self.latest_at.map_or(Duration::ZERO, |latest_at| at.since(latest_at));
        let blind = if self.resumed { passed } else { self.blind };
        self.watched = self.watched.saturating_add(passed.saturating_sub(blind));
        *self = Self { watched: self.watched, latest_at: Some(at), ..Self::default() };
        self.watched
    }

    fn gap(&mut self, gap: ObservationGap) {
        let Some(latest_at) = self.latest_at else {
            return;
        };
        let from = gap.from.max(self.blind_until.unwrap_or(latest_at)).max(latest_at);
        self.blind = self.blind.saturating_add(gap.to.since(from));
        self.blind_until = Some(gap.to.max(from));
    }

    /// The timeline of an earlier run.
    pub(crate) fn until(watched: Duration, latest_at: Option<CaptureTime>) -> Self {
        Self { watched, latest_at, ..Self::default() }
    }
}
