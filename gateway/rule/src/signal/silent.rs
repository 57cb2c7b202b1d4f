//! `silent`: nothing is heard of a device, or of one of its points, for this long; or somebody says
//! that it is gone: its controller, or a broker by its last will.
//!
//! Time in which the gateway itself did not listen does not count. A bad reading is no sign of life.

use std::time::Duration;

use scene::{CaptureTime, Signal, SignalKind, SignalValue};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::hearing::Hearing;
use super::judge::{Due, Judge, Moment, Whose};
use super::settings::SignalSettings;
use super::terms::SignalTerms;
use super::verdict::{Measurement, SignalFinding, SignalVerdict};
use crate::memory;
use crate::ranges::Fault;
use crate::reading::TermError;
use crate::terms::secs;

/// The longest silence that can be asked for, in seconds: a week.
const MAX_AFTER_SECS: u32 = 604_800;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct SilentTerms {
    /// After how long without a word it is told; left out, 300.
    #[schemars(range(min = 10, max = MAX_AFTER_SECS))]
    after_secs: Option<u32>,
}

impl SignalTerms for SilentTerms {
    const NAME: &'static str = "silent";
    const MEANING: &'static str = "nothing is heard of a device or a point for a while";
    type Settings = SilentSettings;

    fn settings(self, _: &mut Vec<TermError>) -> Option<SilentSettings> {
        Some(SilentSettings { after: secs(self.after_secs.unwrap_or(300)) })
    }
}

/// How long a silence is an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentSettings {
    /// 10 s to a week.
    pub after: Duration,
}

impl SignalSettings for SilentSettings {
    fn name(&self) -> &'static str {
        SilentTerms::NAME
    }

    fn fault(&self) -> Option<Fault> {
        let is_sound = (secs(10)..=secs(MAX_AFTER_SECS)).contains(&self.after);
        (!is_sound).then_some(("after", "10 seconds to 7 days"))
    }

    fn concerns(&self, _: &Signal) -> bool {
        true
    }

    fn is_of_device(&self) -> bool {
        true
    }

    fn needs_device(&self) -> bool {
        false
    }

    fn judge(&self) -> Box<dyn Judge> {
        Box::new(Silent { settings: self.clone(), hearing: Hearing::default(), was_silent: false })
    }
}

/// The rule at work.
#[derive(Debug)]
struct Silent {
    settings: SilentSettings,
    hearing: Hearing,
    /// By the latest verdict.
    was_silent: bool,
}

impl Silent {
    fn is_silent(&self, at: CaptureTime) -> bool {
        let since = |heard_at| at.since(heard_at) >= self.settings.after;
        self.hearing.is_gone() || self.hearing.heard_at().is_some_and(since)
    }
}

impl Judge for Silent {
    fn hear(&mut self, signal: &Signal, whose: Whose, _: Moment) {
        if whose.is_own() {
            self.hearing.take(signal, whose);
        } else {
            self.hearing.note_device(signal);
        }
    }

    fn lose(&mut self) {}

    fn deafen(&mut self, from: CaptureTime, to: CaptureTime) {
        self.hearing.postpone(to.since(from));
    }

    fn is_known(&self) -> bool {
        true
    }

    fn rest(&mut self, moment: Moment) {
        self.hearing = Hearing::default();
        self.hearing.begin(moment.at);
    }

    fn verdict(&mut self, moment: Moment) -> SignalVerdict {
        self.hearing.begin(moment.at);
        self.was_silent = self.is_silent(moment.at);
        match self.hearing.heard_at() {
            Some(since_at) if self.was_silent => {
                let since_at = since_at.min(moment.at);
                let dwell = moment.at.since(since_at);
                SignalVerdict::Met(SignalFinding { since_at, dwell, count: 0 })
            }
            _ => SignalVerdict::Clear,
        }
    }

    fn stands(&self, moment: Moment) -> Option<bool> {
        Some(self.is_silent(moment.at))
    }

    fn due(&self, moment: Moment) -> Option<Due> {
        let heard_at = self.hearing.heard_at().filter(|_| !self.is_silent(moment.at))?;
        Some(Due::Passed(heard_at.after(self.settings.after).since(moment.at)))
    }

    fn step_back(&mut self, at: CaptureTime) {
        self.hearing.step_back(at);
    }

    fn describe(&self, _: &SignalFinding) -> String {
        if self.hearing.is_gone() {
            "设备已离线".to_owned()
        } else {
            format!("超过{}秒未收到设备信号", self.settings.after.as_secs())
        }
    }

    fn measurement(&self) -> Measurement {
        let value = Some(SignalValue::Flag(!self.was_silent));
        Measurement { kind: SignalKind::Heartbeat, value, limit: None, counted: None }
    }

    fn memory(&self) -> Result<Value, serde_json::Error> {
        memory::write(SilentTerms::NAME, self.hearing)
    }

    fn restore(&mut self, memory: &Value) -> bool {
        let read = memory::read(SilentTerms::NAME, memory);
        let is_own = read.is_some();
        self.hearing = read.unwrap_or_default();
        is_own
    }
}
