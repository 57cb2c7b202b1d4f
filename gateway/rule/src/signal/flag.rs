//! `flag`: a yes-or-no point says this for this long: a door that stands open, a cover that was
//! taken off, smoke.
//!
//! It opens only on what the device vouches for. A doubtful reading can prolong it; a bad one counts
//! for and against nothing.

use std::time::Duration;

use scene::{CaptureTime, Reading, Signal, SignalKind, SignalValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::episode::Episode;
use super::judge::{Due, Judge, Moment, Whose};
use super::settings::SignalSettings;
use super::terms::{HoldTerm, MAX_SPAN_SECS, SignalName, SignalTerms};
use super::verdict::{Measurement, SignalFinding, SignalVerdict};
use super::words;
use crate::memory;
use crate::ranges::Fault;
use crate::reading::TermError;
use crate::terms::secs;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct FlagTerms {
    /// What is judged.
    signal: Option<SignalName>,
    /// Which of its two values is meant; left out, true.
    value: Option<bool>,
    #[serde(flatten)]
    hold: HoldTerm,
}

impl SignalTerms for FlagTerms {
    const NAME: &'static str = "flag";
    const MEANING: &'static str = "a yes-or-no point has one value for a while";
    type Settings = FlagSettings;

    fn settings(self, errors: &mut Vec<TermError>) -> Option<FlagSettings> {
        let Some(signal) = self.signal else {
            errors.push(TermError::Lacking { term: "signal" });
            return None;
        };
        let (value, hold) = (self.value.unwrap_or(true), self.hold.or_none());
        Some(FlagSettings { signal: signal.kind(), value, hold })
    }
}

/// Which value of which point for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagSettings {
    /// What is judged: a kind with yes or no.
    pub signal: SignalKind,
    /// The value that is an incident.
    pub value: bool,
    /// For how long, up to a day. Silence of the device does not count.
    pub hold: Duration,
}

impl SignalSettings for FlagSettings {
    fn name(&self) -> &'static str {
        FlagTerms::NAME
    }

    fn fault(&self) -> Option<Fault> {
        let is_state = self.signal.is_flag() && self.signal != SignalKind::Heartbeat;
        if !is_state {
            Some(("signal", "door_contact, lock, tamper or smoke: a point that says yes or no"))
        } else if self.hold > secs(MAX_SPAN_SECS) {
            Some(("hold", "24 hours or less"))
        } else {
            None
        }
    }

    fn concerns(&self, signal: &Signal) -> bool {
        signal.kind() == self.signal
    }

    fn judge(&self) -> Box<dyn Judge> {
        Box::new(Flag { settings: self.clone(), state: State::default() })
    }
}

/// The rule at work.
#[derive(Debug)]
struct Flag {
    settings: FlagSettings,
    state: State,
}

/// What it remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    value: Option<bool>,
    episode: Episode,
}

impl Judge for Flag {
    fn hear(&mut self, signal: &Signal, whose: Whose, moment: Moment) {
        if !whose.is_own() || signal.kind() != self.settings.signal {
            return;
        }
        let wanted = self.settings.value;
        match signal.reading() {
            Reading::Good(SignalValue::Flag(value)) => {
                self.state.value = Some(value);
                self.state.episode.read(value == wanted, moment);
            }
            Reading::Uncertain(SignalValue::Flag(value)) => {
                self.state.episode.doubt(value == wanted);
            }
            _ => self.state.episode.lose(),
        }
    }

    fn lose(&mut self) {
        self.state.episode.lose();
    }

    fn is_known(&self) -> bool {
        self.state.episode.is_known()
    }

    fn rest(&mut self, moment: Moment) {
        self.state.episode.rest(moment);
    }

    fn verdict(&mut self, moment: Moment) -> SignalVerdict {
        self.state.episode.verdict(self.settings.hold, moment)
    }

    fn stands(&self, _: Moment) -> Option<bool> {
        self.state.episode.stands()
    }

    fn due(&self, moment: Moment) -> Option<Due> {
        self.state.episode.due(self.settings.hold, moment)
    }

    fn step_back(&mut self, at: CaptureTime) {
        self.state.episode.step_back(at);
    }

    fn describe(&self, _: &SignalFinding) -> String {
        let FlagSettings { signal, value, hold } = self.settings;
        let state = words::state(signal, value);
        if hold.is_zero() {
            state.to_owned()
        } else {
            format!("{state}超过{}秒", hold.as_secs())
        }
    }

    fn measurement(&self) -> Measurement {
        let value = self.state.value.map(SignalValue::Flag);
        Measurement { kind: self.settings.signal, value, limit: None, counted: None }
    }

    fn memory(&self) -> Result<Value, serde_json::Error> {
        memory::write(FlagTerms::NAME, &self.state)
    }

    fn restore(&mut self, memory: &Value) -> bool {
        let read = memory::read(FlagTerms::NAME, memory);
        let is_own = read.is_some();
        self.state = read.unwrap_or_default();
        is_own
    }
}
