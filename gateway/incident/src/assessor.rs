//! One camera's rules at work: pictures and signals in, incident events out.

mod best_scores;
pub(crate) mod input;
mod orphan;
pub(crate) mod outage;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rule::{Sampling, Slug, Verdict, View};
use scene::track::Track;
use scene::{BoundingBox, CaptureTime, Clock, ClockSource, Observation, ObservationGap, Signal};
use uuid::Uuid;

use crate::alert::action::Action;
use crate::alert::evidence::{Evidence, EvidenceKind, EvidenceRole};
use crate::casefile::file::CaseFile;
use crate::incident_type::IncidentType;
use crate::lifecycle::course::Lifecycle;
use crate::lifecycle::event::IncidentEvent;
use crate::lifecycle::origin::Origin;
use crate::lifecycle::settings::CaseSettings;
use crate::memory::{self, MemoryError};
use crate::profile::{CameraProfile, Standpoint};
use crate::rule_settings::{RuleError, RuleSettings};
use crate::timeline::Timeline;
use best_scores::BestScores;
use input::Input;
use orphan::Orphan;
use outage::Outage;
use watch::Watch;

/// Judges one camera's pictures and signals by its rules.
pub struct Assessor {
    camera: Arc<CameraProfile>,
    rules: Vec<Watch>,
    /// Incidents of rules that no longer exist: closed at the next picture.
    orphans: Vec<Orphan>,
    /// Where it is told that the camera cannot be looked at; none if nobody wants to know.
    outage: Option<Outage>,
    timeline: Timeline,
    best_scores: BestScores,
    needs_appearance: bool,
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
        Ok(Self {
            camera,
            rules: watches,
            orphans: Vec::new(),
            outage: None,
            timeline: Timeline::default(),
            best_scores: BestScores::default(),
            needs_appearance,
        })
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
        let view = View {
            watched: self.timeline.advance(at),
            observation,
            tracks: &visible,
            standing: None,
            ground: self.camera.ground.as_ref(),
        };
        let mut events: Vec<IncidentEvent> =
            self.orphans.drain(..).map(|orphan| orphan.cancel(at, clock)).collect();
        for watch in &mut self.rules {
            events.extend(watch.assess(&view, &self.best_scores));
            events.extend(watch.lifecycle.check_picture(observation, &watch.schedule));
        }
        events.extend(self.outage.iter_mut().flat_map(|outage| outage.take_picture(&view)));
        events
    }

    /// No rule judges signals yet. Time passes with a signal, but it is no time of watching: a
    /// signal shows nothing of the zones. A signal of another device is ignored.
    fn take_signal(&mut self, signal: &Signal) -> Vec<IncidentEvent> {
        if *signal.source().device == *self.camera.camera_id.as_str() {
            self.pass_time(signal.captured_at())
        } else {
            Vec::new()
        }
    }

    /// Without this, times that are remembered would lie in the future, perhaps by hours.
    fn step_back(&mut self, at: CaptureTime) {
        self.best_scores.forget();
        for watch in &mut self.rules {
            watch.rule.step_back(at);
        }
        self.lives().for_each(|life| life.step_back(at));
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

    /// What it remembers: all that must survive a restart, for [`Assessor::restore`].
    ///
    /// # Errors
    /// Whatever `serde_json` reports; none is known.
    pub fn memory(&self) -> Result<Vec<u8>, serde_json::Error> {
        let living = self.rules.iter().map(Watch::memory);
        let orphaned = self.orphans.iter().map(|orphan| Ok(orphan.memory()));
        let outage = self.outage.as_ref().and_then(Outage::memory).map(Ok);
        let rules = living.chain(orphaned).chain(outage).collect::<Result<_, _>>()?;
        memory::write(&self.camera, &self.timeline, rules)
    }

    /// Where the camera stood whose memory this is, for the last messages of a camera that is no
    /// longer configured. `None` if an older version wrote it: it did not note the position.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub fn standpoint(camera: &Slug, memory: &[u8]) -> Result<Option<Standpoint>, MemoryError> {
        memory::standpoint(camera, memory)
    }

    /// Takes over what an earlier run remembered; the settings may have changed since then. Dwells
    /// and open alerts go on where rule, zone and type are still there. Alerts of rules that are
    /// gone are closed as `cancelled` at the next picture. The time between the earlier run's last
    /// picture and the next one counts as an observation gap.
    ///
    /// # Errors
    /// [`MemoryError`]; the assessor is then unchanged.
    pub fn restore(&mut self, memory: &[u8]) -> Result<(), MemoryError> {
        let saved = memory::read(&self.camera, memory)?;
        self.timeline = saved.timeline.resumed();
        self.best_scores.forget();
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
            } else if let Some(Outage(life)) =
                self.outage.as_mut().filter(|outage| of_rule(&outage.0.origin))
            {
                life.history = saved.history;
            } else if let Some(incident) = saved.history.current {
                self.orphans.push(Orphan { origin: saved.origin, incident });
            }
        }
        Ok(())
    }

    /// Takes over from an assessor with other settings that judged the same camera up to the
    /// latest picture. It is like [`Assessor::restore`], but without a gap. The tracker must start
    /// again, with track numbers that were not used before.
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

    /// The clock of the pictures was set `by_micros` later, or earlier if negative: all that is
    /// remembered is kept as if it had always gone as it goes now. So no dwell begins again, nothing
    /// is old at once, and a step there and back leaves nothing behind. Call it before the first
    /// picture by the new clock; the tracker must start again.
    ///
    /// # Errors
    /// [`MemoryError`]; none is known. The assessor is then unchanged.
    pub fn move_clock(&mut self, by_micros: i64) -> Result<(), MemoryError> {
        let camera = self.camera.camera_id.to_string();
        let damaged = |fault| MemoryError::Damaged { camera: camera.clone(), fault };
        let memory = self.memory().map_err(damaged)?;
        let mut moved = serde_json::from_slice(&memory).map_err(damaged)?;
        memory::move_times(&mut moved, by_micros);
        let timeline = self.timeline.moved(by_micros);
        self.restore(moved.to_string().as_bytes())?;
        self.timeline = timeline;
        Ok(())
    }

    /// Tells of every alert that is not closed once more, at `at`: what was said of its times before
    /// the clock was set was wrong.
    pub fn correct_times(&mut self, at: CaptureTime, clock: Clock) -> Vec<IncidentEvent> {
        let told = self.lives().filter_map(|Lifecycle { origin, history, .. }| {
            Some(origin.message(history.current.as_mut()?, Action::Update, at, clock))
        });
        told.collect()
    }

    /// The camera is no longer watched: closes every alert that is not closed yet as cancelled at
    /// `now`. The messages show no objects, because nobody looked.
    pub fn retire(&mut self, now: CaptureTime) -> Vec<IncidentEvent> {
        let clock = Clock { source: ClockSource::Arrival, error_ms: None };
        let at = self.timeline.latest_at.map_or(now, |latest_at| now.max(latest_at));
        let mut orphans = std::mem::take(&mut self.orphans);
        let outage = self.outage.take().map(|Outage(life)| life);
        let lives = std::mem::take(&mut self.rules).into_iter().map(|watch| watch.lifecycle);
        for Lifecycle { origin, history, .. } in lives.chain(outage) {
            orphans.extend(history.current.map(|incident| Orphan { origin, incident }));
        }
        orphans.into_iter().map(|orphan| orphan.cancel(at, clock)).collect()
    }

    /// The same assessor with these settings for cases, in place of the defaults.
    #[must_use]
    pub fn with_case_settings(mut self, settings: &Arc<CaseSettings>) -> Self {
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
    fn lives(&mut self) -> impl Iterator<Item = &mut Lifecycle> {
        let rules = self.rules.iter_mut().map(|watch| &mut watch.lifecycle);
        rules.chain(self.outage.as_mut().map(|Outage(life)| life))
    }

    /// Follows the case of an alert, given with its dedupe key; returns the messages that follow.
    /// The same file told again changes nothing, nor does an alert of another camera. A false alarm
    /// mutes the rule of that key at any age of the alert.
    ///
    /// `now` is the time as its pictures tell it. Save [`Assessor::memory`] with the events.
    pub fn follow_case(
        &mut self,
        alert: (Uuid, &str),
        file: &CaseFile,
        now: CaptureTime,
    ) -> Vec<IncidentEvent> {
        let at = self.no_earlier(now);
        let by_rules = self.rules.iter_mut().flat_map(|watch| watch.follow_case(alert, file, at));
        let outage = self.outage.iter_mut();
        by_rules.chain(outage.flat_map(|it| it.0.follow_case(alert, file, at))).collect()
    }

    /// Checks at once whether what an alert reported is gone; `msg_id` is the request. `None` if
    /// the alert is not open here.
    ///
    /// `now` is the time as its pictures tell it. Save [`Assessor::memory`] with the events.
    pub fn check_now(
        &mut self,
        alert_id: Uuid,
        msg_id: Uuid,
        now: CaptureTime,
    ) -> Option<Vec<IncidentEvent>> {
        let at = self.no_earlier(now);
        self.lives().find_map(|life| life.check_now(alert_id, msg_id, at))
    }

    /// Time has passed, perhaps without a picture: ends a re-check and closes an alert that is
    /// already cleared, so that a silent camera delays neither. It never opens, prolongs or clears.
    ///
    /// `now` is the time as its pictures tell it. Save [`Assessor::memory`] with the events.
    pub fn pass_time(&mut self, now: CaptureTime) -> Vec<IncidentEvent> {
        let at = self.no_earlier(now);
        let mut events = Vec::new();
        for life in self.lives() {
            events.extend(life.check_time(at));
            events.extend(life.pass_time(at));
        }
        events
    }

    /// Mutes the rules for which `choose(rule, zone, dedupe key)` holds: they open nothing for
    /// `lasts`. Zero ends the silence. Returns how many rules there are.
    pub fn mute(
        &mut self,
        choose: impl Fn(&str, &str, &str) -> bool,
        now: CaptureTime,
        lasts: Duration,
    ) -> usize {
        let at = self.no_earlier(now);
        let chosen = self.lives().filter(|Lifecycle { origin, .. }| {
            choose(origin.rule.as_str(), origin.zone.as_str(), &origin.dedupe_key())
        });
        chosen.map(|life| life.history.mute(at, lasts)).count()
    }

    /// Keeps the picture of an alert's report. It is shown again beside the picture of a re-check.
    pub fn keep_evidence(&mut self, alert_id: Uuid, evidence: &Evidence) {
        if evidence.role != EvidenceRole::Report || evidence.kind != EvidenceKind::Snapshot {
            return;
        }
        let incidents = self.lives().filter_map(|life| life.history.current.as_mut());
        for incident in incidents.filter(|incident| incident.alert_id == alert_id) {
            if !incident.report.evidence.iter().any(|kept| kept.id == evidence.id) {
                incident.report.evidence.push(evidence.clone());
            }
        }
    }

    /// No event lies before the latest picture.
    fn no_earlier(&self, now: CaptureTime) -> CaptureTime {
        self.timeline.latest_at.map_or(now, |latest_at| now.max(latest_at))
    }
}
