//! `absent`: nobody signs in for this long: a checkpoint without its guard.
//!
//! A sign is one of `events`, such as a credential that is accepted, or a yes-or-no point that has
//! `value`. Give the rule the hours in which somebody must be there: the time begins with them.
//! Silence of the device does not count.

use std::time::Duration;

use scene::{CaptureTime, DoorEvent, Reading, Signal, SignalKind, SignalValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::hearing::Micros;
use super::judge::{Due, Judge, Moment, Whose};
use super::settings::SignalSettings;
use super::terms::{EventName, MAX_SPAN_SECS, SignalName, SignalTerms};
use super::verdict::{Measurement, SignalFinding, SignalVerdict};
use crate::memory;
use crate::ranges::Fault;
use crate::reading::TermError;
use crate::terms::secs;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct AbsentTerms {
    /// Which events at doors are a sign that somebody is there; left out, `access_granted`, unless
    /// `signal` is given.
    #[schemars(length(min = 1, max = 8))]
    events: Option<Vec<EventName>>,
    /// A yes-or-no point that also says so.
    signal: Option<SignalName>,
    /// Which of its two values says so; left out, true.
    value: Option<bool>,
    /// `event`: the time in which `count` events must come; left out, 60. `absent`: after how long
    /// without a sign it is told; left out, 1800.
    #[schemars(range(min = 1, max = MAX_SPAN_SECS))]
    within_secs: Option<u32>,
}

impl SignalTerms for AbsentTerms {
    const NAME: &'static str = "absent";
    const MEANING: &'static str = "nobody signs in for a while";
    type Settings = AbsentSettings;

    fn settings(self, errors: &mut Vec<TermError>) -> Option<AbsentSettings> {
        if self.value.is_some() && self.signal.is_none() {
            errors.push(TermError::Lacking { term: "signal" });
        }
        let usual = || self.signal.is_none().then_some(DoorEvent::AccessGranted);
        let events = self.events.map(|them| them.into_iter().map(EventName::event).collect());
        Some(AbsentSettings {
            events: events.unwrap_or_else(|| usual().into_iter().collect()),
            flag: self.signal.map(|signal| (signal.kind(), self.value.unwrap_or(true))),
            within: secs(self.within_secs.unwrap_or(1_800)),
        })
    }
}

/// What is a sign, and after how long without one it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsentSettings {
    /// Events that are a sign.
    pub events: Vec<DoorEvent>,
    /// A yes-or-no kind and the value that is a sign for as long as it holds.
    pub flag: Option<(SignalKind, bool)>,
    /// 1 s to 24 h.
    pub within: Duration,
}

impl SignalSettings for AbsentSettings {
    fn name(&self) -> &'static str {
        AbsentTerms::NAME
    }

    fn fault(&self) -> Option<Fault> {
        let is_state =
            |(kind, _): (SignalKind, bool)| kind.is_flag() && kind != SignalKind::Heartbeat;
        if !self.flag.is_none_or(is_state) {
            Some(("signal", "door_contact, lock, tamper or smoke: a point that says yes or no"))
        } else if self.events.is_empty() && self.flag.is_none() {
            Some(("events", "at least one event"))
        } else if !(secs(1)..=secs(MAX_SPAN_SECS)).contains(&self.within) {
            Some(("within", "1 second to 24 hours"))
        } else {
            None
        }
    }

    fn concerns(&self, signal: &Signal) -> bool {
        let is_flag = self.flag.is_some_and(|(kind, _)| kind == signal.kind());
        is_flag || signal.kind() == SignalKind::DoorEvent && !self.events.is_empty()
    }

    fn is_of_device(&self) -> bool {
        true
    }

    fn judge(&self) -> Box<dyn Judge> {
        Box::new(Absent { settings: self.clone(), state: State::default() })
    }
}

/// The rule at work.
#[derive(Debug)]
struct Absent {
    settings: AbsentSettings,
    state: State,
}

/// What it remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// When the time without a sign began, by the clock and in watched time.
    #[serde(rename = "since_at_us")]
    since_at: Option<Micros>,
    watched_us: u64,
    /// Whether the flag says that somebody is there; none if that is not known.
    flag: Option<bool>,
}

impl State {
    fn sign(&mut self, moment: Moment) {
        self.since_at = Some(moment.at.into());
        self.watched_us = crate::micros(moment.watched);
    }

    /// How long there has been no sign.
    fn dwell(&self, moment: Moment) -> Duration {
        moment.watched.saturating_sub(Duration::from_micros(self.watched_us))
    }
}

impl Absent {
    fn hear_flag(&mut self, reading: Reading, is_sign: bool, moment: Moment) {
        let Some(SignalValue::Flag(value)) = reading.value() else {
            self.state.flag = None;
            return;
        };
        let is_there = value == is_sign;
        // A doubtful reading that nobody is there says nothing.
        let counts = is_there || matches!(reading, Reading::Good(_));
        if self.state.flag == Some(true) || is_there {
            self.state.sign(moment);
        }
        self.state.flag = counts.then_some(is_there);
    }
}

impl Judge for Absent {
    fn hear(&mut self, signal: &Signal, whose: Whose, moment: Moment) {
        if !whose.is_own() {
            return;
        }
        match (signal.reading().value(), self.settings.flag) {
            (Some(SignalValue::Code(event)), _)
                if self.settings.events.contains(&event)
                    && self.state.since_at.is_none_or(|since_at| since_at <= moment.at.into()) =>
            {
                self.state.sign(moment);
            }
            (_, Some((kind, is_sign))) if kind == signal.kind() => {
                self.hear_flag(signal.reading(), is_sign, moment);
            }
            _ => {}
        }
    }

    fn lose(&mut self) {
        self.state.flag = None;
    }

    fn is_known(&self) -> bool {
        self.settings.flag.is_none() || self.state.flag.is_some()
    }

    fn rest(&mut self, moment: Moment) {
        self.state.sign(moment);
    }

    fn verdict(&mut self, moment: Moment) -> SignalVerdict {
        if self.state.flag == Some(true) || self.state.since_at.is_none() {
            self.state.sign(moment);
        }
        let dwell = self.state.dwell(moment);
        match self.state.since_at {
            Some(since_at) if dwell >= self.settings.within => {
                let since_at = since_at.into();
                SignalVerdict::Met(SignalFinding { since_at, dwell, count: 0 })
            }
            _ => SignalVerdict::Clear,
        }
    }

    fn stands(&self, moment: Moment) -> Option<bool> {
        let is_long = self.state.dwell(moment) >= self.settings.within;
        self.is_known().then_some(is_long && self.state.flag != Some(true))
    }

    fn due(&self, moment: Moment) -> Option<Due> {
        self.state.since_at.filter(|_| self.state.flag != Some(true))?;
        let left = self.settings.within.checked_sub(self.state.dwell(moment))?;
        (!left.is_zero()).then_some(Due::Watched(left))
    }

    fn step_back(&mut self, at: CaptureTime) {
        self.state.since_at = self.state.since_at.map(|since_at| since_at.min(at.into()));
    }

    fn describe(&self, _: &SignalFinding) -> String {
        format!("超过{}秒无人签到", self.settings.within.as_secs())
    }

    fn measurement(&self) -> Measurement {
        let (kind, value) = match self.settings.flag {
            Some((kind, is_sign)) => {
                let value = self.state.flag.map(|is_there| is_there == is_sign);
                (kind, value.map(SignalValue::Flag))
            }
            None => (SignalKind::DoorEvent, None),
        };
        Measurement { kind, value, limit: None, counted: None }
    }

    fn memory(&self) -> Result<Value, serde_json::Error> {
        memory::write(AbsentTerms::NAME, &self.state)
    }

    fn restore(&mut self, memory: &Value) -> bool {
        let read = memory::read(AbsentTerms::NAME, memory);
        let is_own = read.is_some();
        self.state = read.unwrap_or_default();
        is_own
    }
}
