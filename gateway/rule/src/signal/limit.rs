//! `limit`: a measured number is beyond a limit for this long: residual current, temperature, the
//! water under a bridge.
//!
//! Once beyond the limit, it counts as beyond until it is back by `hysteresis`. It opens only on
//! readings that the device vouches for. A doubtful one can prolong it; a bad one counts for and
//! against nothing.

use std::time::Duration;

use scene::{CaptureTime, Reading, Signal, SignalKind, SignalValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::episode::Episode;
use super::judge::{Due, Judge, Moment, Whose};
use super::settings::SignalSettings;
use super::terms::{HoldTerm, MAX_SPAN_SECS, SignalName, SignalTerms};
use super::verdict::{Limit, Measurement, SignalFinding, SignalVerdict};
use super::words;
use crate::memory;
use crate::ranges::Fault;
use crate::reading::TermError;
use crate::terms::secs;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct LimitTerms {
    /// What is judged.
    signal: Option<SignalName>,
    /// More than this is too much; in the unit of the signal: `residual_current` mA, `temperature`
    /// °C, `water_level` m.
    above: Option<f64>,
    /// Less than this is too little; in the unit of the signal.
    below: Option<f64>,
    /// How far back behind the limit it must come to be normal again, in the unit of the signal;
    /// left out, 0.
    #[schemars(range(min = 0.0, max = 100_000.0))]
    hysteresis: Option<f64>,
    #[serde(flatten)]
    hold: HoldTerm,
}

impl SignalTerms for LimitTerms {
    const NAME: &'static str = "limit";
    const MEANING: &'static str = "a measured number is beyond a limit for a while";
    const RIVALS: &'static [[&'static str; 2]] = &[["above", "below"]];
    type Settings = LimitSettings;

    fn settings(self, errors: &mut Vec<TermError>) -> Option<LimitSettings> {
        if self.signal.is_none() {
            errors.push(TermError::Lacking { term: "signal" });
        }
        let limit = match (self.above, self.below) {
            (Some(above), None) => Some(Limit::Above(above)),
            (None, Some(below)) => Some(Limit::Below(below)),
            (None, None) => {
                errors.push(TermError::Lacking { term: "above" });
                None
            }
            (Some(_), Some(_)) => {
                errors.push(TermError::Idle { term: "below", beside: "above" });
                None
            }
        };
        let (hysteresis, hold) = (self.hysteresis.unwrap_or(0.0), self.hold.or_none());
        Some(LimitSettings { signal: self.signal?.kind(), limit: limit?, hysteresis, hold })
    }
}

/// Which number must not pass which limit for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitSettings {
    /// What is judged: a kind with a number.
    pub signal: SignalKind,
    /// What it must not pass, in the unit of the kind.
    pub limit: Limit,
    /// How far back it must come, in that unit; 0 or more.
    pub hysteresis: f64,
    /// For how long, up to a day. Silence of the device does not count.
    pub hold: Duration,
}

impl LimitSettings {
    /// What its value must not pass, once it is wrong or not.
    fn in_force(&self, is_wrong: bool) -> Limit {
        if is_wrong { self.limit.nearer(self.hysteresis) } else { self.limit }
    }
}

impl SignalSettings for LimitSettings {
    fn name(&self) -> &'static str {
        LimitTerms::NAME
    }

    fn fault(&self) -> Option<Fault> {
        if self.signal.unit().is_none() {
            Some(("signal", "residual_current, temperature or water_level: a measured number"))
        } else if !self.limit.value().is_finite() {
            Some(match self.limit {
                Limit::Above(_) => ("above", "a number"),
                Limit::Below(_) => ("below", "a number"),
            })
        } else if !(self.hysteresis >= 0.0 && self.hysteresis.is_finite()) {
            Some(("hysteresis", "0 or more"))
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
        Box::new(Measured { settings: self.clone(), state: State::default() })
    }
}

/// The rule at work.
#[derive(Debug)]
struct Measured {
    settings: LimitSettings,
    state: State,
}

/// What it remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    value: Option<f64>,
    /// The value farthest beyond the limit since it was passed.
    farthest: Option<f64>,
    episode: Episode,
}

impl Judge for Measured {
    fn hear(&mut self, signal: &Signal, whose: Whose, moment: Moment) {
        if !whose.is_own() || signal.kind() != self.settings.signal {
            return;
        }
        let limit = self.settings.in_force(self.state.episode.is_wrong());
        match signal.reading() {
            Reading::Good(SignalValue::Number(value)) => {
                self.state.value = Some(value);
                let is_wrong = limit.is_passed(value);
                let farthest = self.state.farthest.filter(|_| is_wrong);
                let farther = farthest.map_or(value, |farthest| limit.farther(farthest, value));
                self.state.farthest = is_wrong.then_some(farther);
                self.state.episode.read(is_wrong, moment);
            }
            Reading::Uncertain(SignalValue::Number(value)) => {
                self.state.episode.doubt(limit.is_passed(value));
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
        let LimitSettings { signal, limit, hold, .. } = self.settings;
        let (quantity, unit) = (words::quantity(signal), words::unit(signal));
        let (most, passed) = match limit {
            Limit::Above(_) => ("最高", "超过"),
            Limit::Below(_) => ("最低", "低于"),
        };
        let farthest = self.state.farthest.map(words::number);
        let value = farthest.map_or(String::new(), |it| format!("{most}{it}{unit}，"));
        let limit = words::number(limit.value());
        let lasts = match hold.as_secs() {
            0 => String::new(),
            secs => format!("，持续{secs}秒以上"),
        };
        format!("{quantity}{value}{passed}限值{limit}{unit}{lasts}")
    }

    fn measurement(&self) -> Measurement {
        let LimitSettings { signal, limit, .. } = self.settings;
        let value = self.state.value.map(SignalValue::Number);
        Measurement { kind: signal, value, limit: Some(limit), counted: None }
    }

    fn memory(&self) -> Result<Value, serde_json::Error> {
        memory::write(LimitTerms::NAME, &self.state)
    }

    fn restore(&mut self, memory: &Value) -> bool {
        let read = memory::read(LimitTerms::NAME, memory);
        let is_own = read.is_some();
        self.state = read.unwrap_or_default();
        is_own
    }
}
