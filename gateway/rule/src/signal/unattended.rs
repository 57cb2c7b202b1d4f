//! `unattended`: the guard of a checkpoint is absent: the camera sees nobody at his place, or nobody
//! signs in for a while.
//!
//! The camera tells by its rule of kind `absence` in the checkpoint's zone, which has a dwell of its
//! own. What it told holds for a minute; then nobody knows, as the camera may be away. A sign-in is an
//! `access_granted` at one of the duty's points.

use std::sync::Arc;
use std::time::Duration;

use scene::{CaptureTime, DoorEvent, Reading, Signal, SignalKind, SignalValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::checkpoint::CheckpointFacts;
use super::hearing::Micros;
use super::judge::{Due, Judge, Moment, Whose};
use super::settings::{SignalRuleKind, SignalSettings};
use super::terms::{MAX_SPAN_SECS, SignalTerms};
use super::verdict::{Measurement, SignalFinding, SignalVerdict};
use crate::memory;
use crate::ranges::Fault;
use crate::reading::TermError;
use crate::terms::secs;

/// What a camera told of the guard holds for so long.
const TOLD_HOLDS: Duration = Duration::from_mins(1);

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct UnattendedTerms {
    /// What makes the incident: `either` the camera sees no guard or nobody signs in; `both`; the
    /// `camera` alone; or `sign_in` alone. Left out, `either`. A checkpoint that has only one of the
    /// two goes by that.
    by: Option<By>,
    /// After how long without a sign-in it is told; left out, 1800.
    #[schemars(range(min = 1, max = MAX_SPAN_SECS))]
    sign_in_secs: Option<u32>,
}

/// What makes the incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The camera or the sign-ins: one that tells of an absence is enough.
    Either,
    /// Camera and sign-ins must agree.
    Both,
    /// The camera alone.
    Camera,
    /// The sign-ins alone.
    SignIn,
}

impl SignalTerms for UnattendedTerms {
    const NAME: &'static str = "unattended";
    const MEANING: &'static str = "at a checkpoint, the guard is not seen or does not sign in";
    const OF_CHECKPOINTS: bool = true;
    type Settings = UnattendedSettings;

    fn settings(self, _: &mut Vec<TermError>) -> Option<UnattendedSettings> {
        Some(UnattendedSettings {
            by: self.by.unwrap_or(By::Either),
            within: secs(self.sign_in_secs.unwrap_or(1_800)),
            sign_in: Vec::new(),
            has_guard: false,
            roles: Vec::new(),
        })
    }
}

/// Who tells that the guard is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnattendedSettings {
    /// What makes the incident.
    pub by: By,
    /// Without a sign-in, 1 s to 24 h.
    pub within: Duration,
    /// Points at which the guard signs in.
    pub sign_in: Vec<Arc<str>>,
    /// The camera tells of the guard.
    pub has_guard: bool,
    /// Who is responsible, in words.
    pub roles: Vec<String>,
}

impl SignalSettings for UnattendedSettings {
    fn name(&self) -> &'static str {
        UnattendedTerms::NAME
    }

    fn fault(&self) -> Option<Fault> {
        let is_sound = (secs(1)..=secs(MAX_SPAN_SECS)).contains(&self.within);
        (!is_sound).then_some(("sign_in", "1 second to 24 hours"))
    }

    fn concerns(&self, signal: &Signal) -> bool {
        matches!(signal.kind(), SignalKind::DoorEvent | SignalKind::Guard)
    }

    fn is_of_device(&self) -> bool {
        true
    }

    /// Camera and controllers are heard apart from each other.
    fn needs_device(&self) -> bool {
        false
    }

    fn at_checkpoint(&self, facts: &CheckpointFacts) -> Option<SignalRuleKind> {
        let by = match (facts.has_guard, !facts.sign_in.is_empty()) {
            (true, false) => By::Camera,
            (false, true) => By::SignIn,
            _ => self.by,
        };
        let (sign_in, roles) = (facts.sign_in.clone(), facts.roles.clone());
        let Self { within, .. } = *self;
        Some(Self { by, within, sign_in, has_guard: facts.has_guard, roles }.into())
    }

    fn judge(&self) -> Box<dyn Judge> {
        Box::new(Unattended { settings: self.clone(), state: State::default() })
    }
}

/// The rule at work.
#[derive(Debug)]
struct Unattended {
    settings: UnattendedSettings,
    state: State,
}

/// What it remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// When the time without a sign-in began, by the clock and in watched time.
    signed_at_us: Option<Micros>,
    watched_us: u64,
    /// A controller at which the guard signs in is gone.
    is_deaf: bool,
    /// What the camera told last, and when.
    guard: Option<Guard>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Guard {
    is_there: bool,
    /// Since when it tells that.
    since_at_us: Micros,
    told_at_us: Micros,
}

impl State {
    fn sign(&mut self, moment: Moment) {
        self.signed_at_us = Some(moment.at.into());
        self.watched_us = crate::micros(moment.watched);
    }

    /// How long nobody has signed in.
    fn unsigned(&self, moment: Moment) -> Duration {
        moment.watched.saturating_sub(Duration::from_micros(self.watched_us))
    }

    /// What the camera tells at `at`, if that is known.
    fn guard(&self, at: CaptureTime) -> Option<Guard> {
        self.guard.filter(|guard| at.since(guard.told_at_us.into()) <= TOLD_HOLDS)
    }
}

impl Unattended {
    /// Whether each of the two tells of an absence: none if that is not known, or not asked.
    fn absences(&self, moment: Moment) -> (Option<bool>, Option<bool>) {
        let by = self.settings.by;
        let seen = self.state.guard(moment.at).map(|guard| !guard.is_there);
        let is_long = self.state.unsigned(moment) >= self.settings.within;
        let signed = self.state.signed_at_us.map(|_| is_long).filter(|_| !self.state.is_deaf);
        (seen.filter(|_| by != By::SignIn), signed.filter(|_| by != By::Camera))
    }

    fn is_absent(&self, moment: Moment) -> Option<bool> {
        match (self.settings.by, self.absences(moment)) {
            (By::Both, (Some(seen), Some(signed))) => Some(seen && signed),
            (By::Both, (Some(false), None) | (None, Some(false))) => Some(false),
            (By::Either, (Some(true), _) | (_, Some(true))) => Some(true),
            (By::Either, (Some(false), Some(false))) => Some(false),
            (By::Camera, (seen, _)) => seen,
            (By::SignIn, (_, signed)) => signed,
            _ => None,
        }
    }

    /// Since when it is so.
    fn since_at(&self, moment: Moment) -> CaptureTime {
        let (seen, signed) = self.absences(moment);
        let guard = self.state.guard(moment.at).filter(|_| seen == Some(true));
        let seen_since = guard.map(|guard| guard.since_at_us);
        let signed_since = self.state.signed_at_us.filter(|_| signed == Some(true));
        let since = match self.settings.by {
            By::Both => seen_since.max(signed_since),
            _ => seen_since.into_iter().chain(signed_since).min(),
        };
        since.map_or(moment.at, CaptureTime::from)
    }

    /// Whether the controllers are there: without one nobody can sign in, and none is missed.
    fn hear_presence(&mut self, signal: &Signal, moment: Moment) {
        let device = |point: &str| point.split_once('/').map(|(device, _)| device.to_owned());
        let of = device(&signal.source().point);
        if of.is_none() || !self.settings.sign_in.iter().any(|point| device(point) == of) {
            return;
        }
        match (signal.kind(), signal.reading()) {
            (SignalKind::Heartbeat, Reading::Good(SignalValue::Flag(false))) => {
                self.state.is_deaf = true;
            }
            (_, Reading::Bad) => {}
            _ if std::mem::take(&mut self.state.is_deaf) => self.state.sign(moment),
            _ => {}
        }
    }
}

impl Judge for Unattended {
    fn hear(&mut self, signal: &Signal, _: Whose, moment: Moment) {
        self.hear_presence(signal, moment);
        let point = &signal.source().point;
        match (signal.kind(), signal.reading()) {
            (_, Reading::Good(SignalValue::Code(DoorEvent::AccessGranted)))
                if self.settings.sign_in.contains(point)
                    && self.state.signed_at_us <= Some(moment.at.into()) =>
            {
                self.state.sign(moment);
            }
            (SignalKind::Guard, Reading::Good(SignalValue::Flag(is_there))) => {
                let told_at_us = Micros::from(moment.at);
                let before = self.state.guard.filter(|guard| guard.is_there == is_there);
                let since_at_us = before.map_or(told_at_us, |guard| guard.since_at_us);
                self.state.guard = Some(Guard { is_there, since_at_us, told_at_us });
            }
            (SignalKind::Guard, _) => self.state.guard = None,
            _ => {}
        }
    }

    fn lose(&mut self) {}

    fn is_known(&self) -> bool {
        true
    }

    fn rest(&mut self, moment: Moment) {
        self.state.sign(moment);
        self.state.guard = None;
    }

    fn verdict(&mut self, moment: Moment) -> SignalVerdict {
        if self.state.signed_at_us.is_none() {
            self.state.sign(moment);
        }
        match self.is_absent(moment) {
            Some(true) => {
                let since_at = self.since_at(moment);
                let dwell = moment.at.since(since_at);
                SignalVerdict::Met(SignalFinding { since_at, dwell, count: 0 })
            }
            Some(false) => SignalVerdict::Clear,
            None => SignalVerdict::Unknown,
        }
    }

    fn stands(&self, moment: Moment) -> Option<bool> {
        self.is_absent(moment)
    }

    fn due(&self, moment: Moment) -> Option<Due> {
        let counts = self.settings.by != By::Camera && !self.state.is_deaf;
        self.state.signed_at_us.filter(|_| counts)?;
        let left = self.settings.within.checked_sub(self.state.unsigned(moment))?;
        (!left.is_zero()).then_some(Due::Watched(left))
    }

    fn step_back(&mut self, at: CaptureTime) {
        let at = Micros::from(at);
        self.state.signed_at_us = self.state.signed_at_us.map(|it| it.min(at));
        if let Some(guard) = &mut self.state.guard {
            guard.since_at_us = guard.since_at_us.min(at);
            guard.told_at_us = guard.told_at_us.min(at);
        }
    }

    fn describe(&self, _: &SignalFinding) -> String {
        let is_away = self.state.guard.is_some_and(|guard| !guard.is_there);
        let seen = "监控画面中岗位无人";
        let signed = format!("超过{}秒无人签到", self.settings.within.as_secs());
        let told = match (self.settings.by, is_away) {
            (By::Both, _) => format!("{seen}，且{signed}"),
            (By::Camera | By::Either, true) => seen.to_owned(),
            _ => signed,
        };
        match self.settings.roles.as_slice() {
            [] => told,
            roles => format!("{told}；责任角色：{}", roles.join("、")),
        }
    }

    fn measurement(&self) -> Measurement {
        let told = self.state.guard.map(|guard| SignalValue::Flag(guard.is_there));
        let (kind, value) = match self.settings.by {
            By::SignIn => (SignalKind::DoorEvent, None),
            _ => (SignalKind::Guard, told),
        };
        Measurement { kind, value, limit: None, counted: None }
    }

    fn memory(&self) -> Result<Value, serde_json::Error> {
        memory::write(UnattendedTerms::NAME, &self.state)
    }

    fn restore(&mut self, memory: &Value) -> bool {
        let read = memory::read(UnattendedTerms::NAME, memory);
        let is_own = read.is_some();
        self.state = read.unwrap_or_default();
        is_own
    }
}

#[cfg(test)]
mod tests;
