//! The assessor: what it judges by, and what it does with a picture or a signal.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rule::{Sampling, View};
use scene::track::Track;
use scene::{BoundingBox, CaptureTime, Observation, ObservationGap, Signal};
use uuid::Uuid;

use super::best_scores::BestScores;
use super::input::Input;
use super::orphan::Orphan;
use super::outage::Outage;
use super::signal_desk::SignalDesk;
use super::watch::Watch;
use crate::incident_type::IncidentType;
use crate::lifecycle::course::Lifecycle;
use crate::lifecycle::event::IncidentEvent;
use crate::lifecycle::moment::Moment;
use crate::lifecycle::origin::UNSEEN;
use crate::lifecycle::settings::CaseSettings;
use crate::profile::CameraProfile;
use crate::quiet::Quiet;
use crate::rule_settings::{RuleError, RuleSettings};
use crate::signal_settings::SignalRuleSettings;
use crate::source::SourceKind;
use crate::timeline::Timeline;

/// Judges one camera's pictures and signals by its rules.
pub struct Assessor {
    pub(super) camera: Arc<CameraProfile>,
    pub(super) rules: Vec<Watch>,
    /// Incidents of rules that no longer exist: closed at the next picture.
    pub(super) orphans: Vec<Orphan>,
    /// Where it is told that the camera cannot be looked at; none if nobody wants to know.
    pub(super) outage: Option<Outage>,
    /// Its rules on signals; a camera has none.
    pub(super) signals: SignalDesk,
    pub(super) timeline: Timeline,
    pub(super) best_scores: BestScores,
    needs_appearance: bool,
    /// The incident that those of e-bikes give way to.
    pub(super) gives_way_to: Option<Uuid>,
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
            let (id, zone) = (settings.id.clone(), settings.zone.id.clone());
            let code = settings.incident.code.clone();
            let watch = Watch::new(&camera, settings)?;
            if !seen.insert((id.clone(), zone.clone())) {
                return Err(RuleError::RepeatedRule { rule: id, zone });
            }
            if !raised.insert((code.clone(), zone.clone())) {
                return Err(RuleError::RepeatedIncident { incident: code, zone });
            }
            watches.push(watch);
        }
        let signals = SignalDesk::new(&camera);
        Ok(Self {
            camera,
            signals,
            rules: watches,
            orphans: Vec::new(),
            outage: None,
            timeline: Timeline::default(),
            best_scores: BestScores::default(),
            needs_appearance,
            gives_way_to: None,
        })
    }

    /// The same assessor with these rules on signals besides. They judge the signals of the device
    /// whose profile it has.
    ///
    /// # Errors
    /// [`RuleError`] naming rule, point and setting.
    pub fn with_signal_rules(mut self, rules: Vec<SignalRuleSettings>) -> Result<Self, RuleError> {
        self.signals.take_on(rules)?;
        Ok(self)
    }

    /// Judges one picture, or takes in one signal; returns the messages that follow.
    ///
    /// A picture that is no later than the one before needs a new tracker: the clock stepped back.
    ///
    /// Save [`Assessor::memory`] in the same transaction as the events: together they make a
    /// crash at any point neither repeat nor forget an alert.
    pub fn assess(&mut self, input: Input<'_>) -> Vec<IncidentEvent> {
        match input {
            Input::Picture(observation, tracks) => self.judge_picture(observation, tracks),
            Input::Signal(signal) => self.take_signal(signal),
        }
    }

    fn judge_picture(&mut self, observation: &Observation, tracks: &[Track]) -> Vec<IncidentEvent> {
        let (at, clock) = (observation.captured_at, observation.clock);
        if self.timeline.latest_at.is_some_and(|latest_at| at <= latest_at) {
            self.step_back(at);
        }
        let visible: Vec<&Track> = tracks.iter().filter(|track| track.last_seen_at == at).collect();
        self.best_scores.see(&visible);
        let previous_at = self.timeline.latest_at;
        let view = View {
            watched: self.timeline.advance(at),
            previous_at,
            observation,
            tracks: &visible,
            standing: None,
            ground: self.camera.ground.as_ref(),
        };
        let mut events: Vec<IncidentEvent> =
            self.orphans.drain(..).map(|orphan| orphan.cancel(at, clock)).collect();
        let moment = Moment { at, clock, watched: view.watched };
        for watch in &mut self.rules {
            events.extend(watch.lifecycle.give_way(self.gives_way_to, moment));
            events.extend(watch.assess(&view, &self.best_scores));
            events.extend(watch.lifecycle.check_picture(observation, &watch.schedule));
        }
        events.extend(self.outage.iter_mut().flat_map(|outage| outage.take_picture(&view)));
        events
    }

    /// Time passes with a signal, also for the rules on pictures, but it is no time of watching: a
    /// signal shows nothing of the zones. A signal of another device is ignored.
    fn take_signal(&mut self, signal: &Signal) -> Vec<IncidentEvent> {
        if *signal.source().device != *self.camera.camera_id.as_str() {
            return Vec::new();
        }
        let mut events = self.pass_unseen(self.no_earlier(signal.captured_at()));
        events.extend(self.signals.hear(signal));
        events
    }

    /// Time has passed up to `at` without a picture.
    pub(super) fn pass_unseen(&mut self, at: CaptureTime) -> Vec<IncidentEvent> {
        let mut events: Vec<IncidentEvent> = Vec::new();
        if self.camera.source.kind != SourceKind::VideoAi {
            // No picture will come to show it.
            events.extend(self.orphans.drain(..).map(|orphan| orphan.cancel(at, UNSEEN)));
        }
        for life in self.lives_by_pictures() {
            events.extend(life.check_time(at));
            events.extend(life.pass_time(at));
        }
        events
    }

    /// When it wants [`Assessor::pass_time`] to be called at the latest: something becomes due by
    /// time alone. None if its rules on signals wait for nothing. It may change with every call.
    #[must_use]
    pub fn wake_at(&self) -> Option<CaptureTime> {
        self.signals.wake_at()
    }

    /// Without this, times that are remembered would lie in the future, perhaps by hours.
    fn step_back(&mut self, at: CaptureTime) {
        self.best_scores.forget();
        for watch in &mut self.rules {
            watch.rule.step_back(at);
        }
        self.lives_by_pictures().for_each(|life| life.step_back(at));
        for orphan in &mut self.orphans {
            orphan.incident.step_back(at);
        }
    }

    /// Declares that the camera showed nothing for a while. Call it before the first picture after
    /// the gap. A gap neither opens, prolongs nor clears an incident.
    pub fn gap(&mut self, gap: ObservationGap) {
        self.timeline.gap(gap);
    }

    /// When the latest picture was taken, also of an earlier run.
    #[must_use]
    pub const fn latest_at(&self) -> Option<CaptureTime> {
        self.timeline.latest_at
    }

    /// How often a picture is needed now: the demand of the most demanding rule. Without rules, or
    /// outside the hours of all rules, no picture is needed ([`Duration::MAX`]).
    #[must_use]
    pub fn sampling(&self) -> Sampling {
        let by_rules = self.rules.iter().filter_map(Watch::sampling);
        let all = by_rules.chain(self.outage.as_ref().and_then(Outage::sampling));
        all.min().unwrap_or(Sampling { interval: Duration::MAX })
    }

    /// Whether nothing is in sight of any rule, so that not every look needs the detector; none if something is.
    #[must_use]
    pub fn quiet(&self) -> Option<Quiet> {
        let is_out = self.outage.as_ref().is_some_and(|outage| outage.sampling().is_some());
        if is_out || !self.orphans.is_empty() {
            return None;
        }
        self.rules.iter().try_fold(Quiet::NOTHING, |all, rule| Some(all.and(rule.quiet()?)))
    }

    /// Whether a rule wants [`Observation::appearance`], which costs time.
    #[must_use]
    pub fn needs_appearance(&self) -> bool {
        self.needs_appearance || self.rules.iter().any(Watch::needs_view)
    }

    /// Which parts of the next picture its rules want looked at a second time, if there is a model for that.
    #[must_use]
    pub fn wanted_looks(&self) -> Vec<BoundingBox> {
        let looks_twice = !self.camera.model.second_look.is_empty();
        self.rules.iter().filter(|_| looks_twice).filter_map(Watch::wanted_look).collect()
    }

    /// The same assessor with these settings for cases, in place of the defaults.
    #[must_use]
    pub fn with_case_settings(mut self, settings: &Arc<CaseSettings>) -> Self {
        self.signals.follow_cases_by(settings);
        self.lives().for_each(|life| life.casework = Arc::clone(settings));
        self
    }

    /// The same assessor, which tells as `incident` that its camera cannot be looked at.
    #[must_use]
    pub fn telling_outages_as(mut self, incident: Option<IncidentType>) -> Self {
        self.outage = incident.map(|incident| Outage::new(&self.camera, incident));
        self
    }

    /// The camera cannot be looked at, for this `reason`, in Chinese. The alert is cleared and closed
    /// by pictures.
    ///
    /// `now` is the time as its pictures tell it. Save [`Assessor::memory`] with the events.
    pub fn report_outage(&mut self, reason: &str, now: CaptureTime) -> Vec<IncidentEvent> {
        let moment = (self.no_earlier(now), self.timeline.watched);
        self.outage.iter_mut().flat_map(|outage| outage.report(moment, reason)).collect()
    }

    /// The lives of all alerts of rules that exist, and of the camera itself.
    pub(super) fn lives(&mut self) -> impl Iterator<Item = &mut Lifecycle> {
        let rules = self.rules.iter_mut().map(|watch| &mut watch.lifecycle);
        let outage = self.outage.as_mut().map(|Outage(life)| life);
        rules.chain(outage).chain(self.signals.lives())
    }

    /// Those of them that go by pictures.
    fn lives_by_pictures(&mut self) -> impl Iterator<Item = &mut Lifecycle> {
        let rules = self.rules.iter_mut().map(|watch| &mut watch.lifecycle);
        rules.chain(self.outage.as_mut().map(|Outage(life)| life))
    }

    /// No event lies before the latest picture.
    pub(super) fn no_earlier(&self, now: CaptureTime) -> CaptureTime {
        let latest_at = self.timeline.latest_at.max(self.signals.now);
        latest_at.map_or(now, |latest_at| now.max(latest_at))
    }
}
