//! A rule on signals at work: the kind's own part, and what all kinds share: who is heard, how much
//! was watched, and when time alone changes something.

use std::sync::Arc;
use std::time::Duration;

use scene::{CaptureTime, Signal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::hearing::{Hearing, Micros};
use super::judge::{Due, Judge, Moment, Whose};
use super::settings::SignalRuleKind;
use super::verdict::{Measurement, SignalFinding, SignalVerdict};
use crate::memory;
use crate::micros::micros;

/// A signal that comes later than this after its own time does not lengthen what was watched.
const USUAL_DELAY: Duration = Duration::from_secs(10);

/// Something that judges one point of a device, or the device as a whole. Pure: equal signals at
/// equal times give equal verdicts.
///
/// The device counts as there for `silence` after its last sign of life. After that nobody knows how
/// things are. The rule then concludes nothing, and its dwell stands still, until the point is heard
/// again.
#[derive(Debug)]
pub struct SignalRule {
    /// The point; none: the device as a whole.
    point: Option<Arc<str>>,
    silence: Duration,
    kind: SignalRuleKind,
    judge: Box<dyn Judge>,
    state: State,
    /// An earlier run left the memory, and time has not gone on since.
    is_resumed: bool,
}

/// What it remembers beside what its kind does.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct State {
    #[serde(rename = "now_at_us")]
    now: Option<Micros>,
    watched_us: u64,
    hearing: Hearing,
    /// The device has been silent for too long.
    is_lost: bool,
}

/// All of it, as JSON.
#[derive(Serialize, Deserialize)]
struct MemoryV1 {
    state: State,
    judge: Value,
}

impl SignalRule {
    /// The rule with no memory yet, for this point of a device, or for the device as a whole. The
    /// device counts as there for `silence` after its last sign of life.
    #[must_use]
    pub fn new(kind: &SignalRuleKind, point: Option<&str>, silence: Duration) -> Self {
        Self {
            point: point.map(Arc::from),
            silence,
            kind: kind.clone(),
            judge: kind.judge(),
            state: State::default(),
            is_resumed: false,
        }
    }

    /// Takes in a signal of the device, whichever point it is of.
    pub fn hear(&mut self, signal: &Signal) -> SignalVerdict {
        let whose = self.whose(signal);
        self.advance(signal.captured_at());
        if self.state.hearing.take(signal, whose) {
            self.state.is_lost = false;
        } else if self.state.hearing.is_gone() {
            self.lose();
        }
        let moment = self.moment();
        let late = moment.at.since(signal.captured_at());
        let watched = moment.watched.saturating_sub(late.min(USUAL_DELAY));
        self.judge.hear(signal, whose, Moment { at: signal.captured_at(), watched });
        self.verdict()
    }

    /// Time has passed up to `at`.
    pub fn pass_time(&mut self, at: CaptureTime) -> SignalVerdict {
        self.advance(at);
        self.verdict()
    }

    /// It is `at`, outside the rule's hours: what lasts now begins to last when they begin.
    pub fn rest(&mut self, at: CaptureTime) {
        self.advance(at);
        self.judge.rest(self.moment());
    }

    /// When its verdict changes if nothing is heard; none if time alone does not change it, if nobody
    /// knows how things are, or if it was restored and does not know yet what time it is.
    #[must_use]
    pub fn wake_at(&self) -> Option<CaptureTime> {
        if self.is_resumed || !self.is_known() {
            return None;
        }
        let moment = self.moment();
        match self.judge.due(moment)? {
            Due::Passed(span) => Some(moment.at.after(span)),
            Due::Watched(span) => self.watched_until(span),
        }
    }

    /// When so much more will have been watched, if nothing is heard; none if that is never so.
    #[must_use]
    pub fn watched_until(&self, span: Duration) -> Option<CaptureTime> {
        let at = self.moment().at.after(span);
        let is_watched = !self.is_resumed
            && self.is_known()
            && self.knows_until().is_none_or(|until| at <= until);
        is_watched.then_some(at)
    }

    /// How much time was watched so far. Spans of an incident's life are measured on it.
    #[must_use]
    pub const fn watched(&self) -> Duration {
        Duration::from_micros(self.state.watched_us)
    }

    /// The time up to which it was told, or has heard.
    #[must_use]
    pub fn now(&self) -> Option<CaptureTime> {
        self.state.now.map(CaptureTime::from)
    }

    /// Whether it was restored and does not know yet what time it is: the next time that it is told
    /// of ends the time in which nobody listened.
    #[must_use]
    pub const fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// Of what a signal is.
    #[must_use]
    pub fn whose(&self, signal: &Signal) -> Whose {
        match &self.point {
            None => Whose::Device,
            Some(point) if *point == signal.source().point => Whose::Point,
            Some(_) => Whose::Other,
        }
    }

    /// Whether what it is about stands now; none if nobody knows, or if it is no state.
    #[must_use]
    pub fn stands(&self) -> Option<bool> {
        self.is_known().then(|| self.judge.stands(self.moment())).flatten()
    }

    /// What was found, in Chinese, for the case system: no personal data.
    #[must_use]
    pub fn describe(&self, finding: &SignalFinding) -> String {
        self.judge.describe(finding)
    }

    /// What is measured, with the latest value.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        self.judge.measurement()
    }

    /// By how many microseconds the camera's clock is ahead of the door's; none if that is not known, or
    /// if the rule does not compare the two.
    #[must_use]
    pub fn clock_skew_micros(&self) -> Option<i64> {
        self.judge.clock_skew_micros()
    }

    /// The clock stepped back to `at`: nothing that is remembered lies after it.
    pub fn step_back(&mut self, at: CaptureTime) {
        self.state.now = self.state.now.map(|now| now.min(at.into()));
        self.state.hearing.step_back(at);
        self.judge.step_back(at);
    }

    /// Everything it remembers, for [`SignalRule::restore`].
    ///
    /// # Errors
    /// Whatever `serde_json` reports; none is known.
    pub fn memory(&self) -> Result<Value, serde_json::Error> {
        let judge = self.judge.memory()?;
        memory::write(self.tag(), MemoryV1 { state: self.state, judge })
    }

    /// Takes over the memory of an earlier run; `was_deaf`: the gateway did not listen since. Answers
    /// `false`, and starts with no memory, if a rule of another kind wrote it.
    pub fn restore(&mut self, memory: &Value, was_deaf: bool) -> bool {
        let read: Option<MemoryV1> = memory::read(self.tag(), memory);
        let is_own = read.as_ref().is_some_and(|read| self.judge.restore(&read.judge));
        if !is_own {
            self.judge = self.kind.judge();
        }
        self.state = read.filter(|_| is_own).map(|read| read.state).unwrap_or_default();
        self.is_resumed = was_deaf;
        is_own
    }

    fn tag(&self) -> &'static str {
        self.kind.name()
    }

    /// Carries the clock on to `at`; earlier times change nothing.
    fn advance(&mut self, at: CaptureTime) {
        let now = self.now();
        let at = now.map_or(at, |now| now.max(at));
        let passed = now.map_or(Duration::ZERO, |now| at.since(now));
        if std::mem::take(&mut self.is_resumed) {
            self.judge.deafen(at.before(passed), at);
        }
        if let Some(now) = now.filter(|_| self.is_known()) {
            let until = self.knows_until().map_or(at, |until| until.min(at));
            let watched = self.watched().saturating_add(until.since(now));
            self.state.watched_us = micros(watched);
        }
        self.state.now = Some(at.into());
        self.state.hearing.begin(at);
        if self.knows_until().is_some_and(|until| at > until) {
            self.lose();
        }
    }

    /// Until when it knows how things are, if nothing is heard; none: for good.
    #[must_use]
    pub fn knows_until(&self) -> Option<CaptureTime> {
        self.kind.needs_device().then(|| {
            let until = self.state.hearing.holds_until(self.silence);
            until.unwrap_or(CaptureTime::from_unix_micros(i64::MIN))
        })
    }

    fn lose(&mut self) {
        if self.kind.needs_device() && !std::mem::replace(&mut self.state.is_lost, true) {
            self.judge.lose();
        }
    }

    fn is_known(&self) -> bool {
        !self.state.is_lost && self.judge.is_known()
    }

    fn moment(&self) -> Moment {
        let start = CaptureTime::from_unix_micros(0);
        Moment { at: self.now().unwrap_or(start), watched: self.watched() }
    }

    fn verdict(&mut self) -> SignalVerdict {
        let moment = self.moment();
        if self.is_known() { self.judge.verdict(moment) } else { SignalVerdict::Unknown }
    }
}
