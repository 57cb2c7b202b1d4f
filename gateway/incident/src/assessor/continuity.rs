//! What an assessor keeps over a restart, a change of its settings or of the clock, and at its end.

use rule::{Slug, Verdict};
use scene::{CaptureTime, Clock, ClockSource};
use serde_json::Value;

use super::desk::Assessor;
use super::orphan::Orphan;
use super::outage::Outage;
use super::watch::Watch;
use crate::alert::action::Action;
use crate::lifecycle::course::Lifecycle;
use crate::lifecycle::event::IncidentEvent;
use crate::lifecycle::origin::Origin;
use crate::memory::rule::SavedRule;
use crate::memory::{self, MemoryError};
use crate::profile::Standpoint;

impl Assessor {
    /// What it remembers: all that must survive a restart, for [`Assessor::restore`].
    ///
    /// # Errors
    /// Whatever `serde_json` reports; none is known.
    pub fn memory(&self) -> Result<Vec<u8>, serde_json::Error> {
        self.memory_with(None)
    }

    /// As [`Assessor::memory`], with what its owner keeps beside it, for [`Assessor::beside`].
    ///
    /// # Errors
    /// As [`Assessor::memory`].
    pub fn memory_with(&self, beside: Option<Value>) -> Result<Vec<u8>, serde_json::Error> {
        let living = self.rules.iter().map(Watch::memory);
        let orphaned = self.orphans.iter().map(|orphan| Ok(orphan.memory()));
        let outage = self.outage.as_ref().and_then(Outage::memory).map(Ok);
        let rules = living.chain(orphaned).chain(outage).chain(self.signals.memory());
        let rules = rules.collect::<Result<_, _>>()?;
        memory::write(&self.camera, &self.timeline, self.signals.now, (rules, beside))
    }

    /// What the owner of the assessor whose memory this is had kept beside it, if anything.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub fn beside(camera: &Slug, memory: &[u8]) -> Result<Option<Value>, MemoryError> {
        memory::beside(camera, memory)
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
        self.take_over(memory, true)
    }

    /// `was_deaf`: nobody listened to signals since.
    fn take_over(&mut self, memory: &[u8], was_deaf: bool) -> Result<(), MemoryError> {
        let saved = memory::read(&self.camera, memory)?;
        self.timeline = saved.timeline.resumed();
        self.signals.now = saved.heard_at;
        self.best_scores.forget();
        self.orphans.clear();
        for saved in saved.rules {
            let of_rule = |origin: &Origin| {
                origin.rule == saved.origin.rule
                    && origin.zone == saved.origin.zone
                    && origin.incident.code == saved.origin.incident.code
            };
            if let Some(watch) = self.rules.iter_mut().find(|w| of_rule(&w.lifecycle.origin)) {
                let SavedRule { origin, mut history, memory } = saved;
                if watch.is_silent()
                    && let Some(incident) = history.current.take()
                {
                    self.orphans.push(Orphan { origin, incident });
                }
                watch.latest = memory
                    .as_ref()
                    .is_some_and(|m| watch.rule.restore(m))
                    .then_some(Verdict::Candidate);
                watch.is_met = history.current.as_ref().is_some_and(|it| it.cleared_at.is_none());
                watch.lifecycle.history = history;
                watch.lifecycle.resume_check();
            } else if let Some(Outage(life)) =
                self.outage.as_mut().filter(|outage| of_rule(&outage.0.origin))
            {
                life.history = saved.history;
            } else if let Some(SavedRule { origin, history, .. }) =
                self.signals.restore(saved, was_deaf)
                && let Some(incident) = history.current
            {
                self.orphans.push(Orphan { origin, incident });
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
        self.take_over(&memory, false)?;
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
        self.take_over(moved.to_string().as_bytes(), false)?;
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
        let at = self.no_earlier(now);
        let mut orphans = std::mem::take(&mut self.orphans);
        let outage = self.outage.take().map(|Outage(life)| life);
        let lives = std::mem::take(&mut self.rules).into_iter().map(|watch| watch.lifecycle);
        let watches = std::mem::take(&mut self.signals.watches);
        let by_signals = watches.into_iter().map(|watch| watch.lifecycle);
        for Lifecycle { origin, history, .. } in lives.chain(outage).chain(by_signals) {
            orphans.extend(history.current.map(|incident| Orphan { origin, incident }));
        }
        orphans.into_iter().map(|orphan| orphan.cancel(at, clock)).collect()
    }
}
