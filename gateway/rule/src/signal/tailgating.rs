//! `tailgating`: at a checkpoint more people cross the camera's line than credentials were accepted
//! at its doors (尾随).
//!
//! What counts:
//! - A credential is an `access_granted` of one of the checkpoint's doors, of good quality. It lets one
//!   person in who crosses the line from `ahead_secs` before it to `follow_secs` after it. An exit
//!   button lets nobody in.
//! - A person is somebody who crosses the line inward, seen clear of it on both sides. Who goes out
//!   counts for nothing. Somebody whom the camera may have seen twice is told, and not counted.
//! - People who cross no more than 3 s apart are one group, and make one incident. A group is judged
//!   once it is over and late messages of the door have had `settle_secs` to come.
//! - The camera's clock is corrected by what was measured against the door's (`skew.rs`).
//! - For ten minutes after the fire alarm has released a door nobody is counted. Nothing is concluded of
//!   people whose credential may have been accepted while a controller was gone, or the gateway did not
//!   listen.

mod group;
mod skew;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use scene::{CaptureTime, DoorEvent, Reading, Signal, SignalKind, SignalValue};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::checkpoint::CheckpointFacts;
use super::hearing::Micros;
use super::judge::{Due, Judge, Moment, Whose};
use super::settings::{SignalRuleKind, SignalSettings};
use super::terms::SignalTerms;
use super::verdict::{Limit, Measurement, SignalFinding, SignalVerdict};
use crate::memory;
use crate::ranges::Fault;
use crate::reading::TermError;
use crate::terms::secs;
use group::{Crossing, GROUP_GAP, Passed, Window, first_group, pass};
use state::State;

/// After the fire alarm has released a door everybody may pass for so long.
const FREE_AFTER_FIRE: Duration = Duration::from_mins(10);
/// The longest of the spans, in seconds.
const MAX_SECS: u32 = 120;
/// A skew that an alert need not tell of.
const SMALL_SKEW_US: u64 = 500_000;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct TailgatingTerms {
    /// A credential lets one person in who crosses the line up to so long before it is accepted; left
    /// out, 2.
    #[schemars(range(min = 0, max = MAX_SECS))]
    ahead_secs: Option<u32>,
    /// And up to so long after it; left out, 10.
    #[schemars(range(min = 1, max = MAX_SECS))]
    follow_secs: Option<u32>,
    /// How long a group waits for messages of the door that come late; left out, 5.
    #[schemars(range(min = 0, max = MAX_SECS))]
    settle_secs: Option<u32>,
    /// How long a person walks from the reader to the line, for the comparison of clocks; left out, 2.
    #[schemars(range(min = 0, max = MAX_SECS))]
    walk_secs: Option<u32>,
}

impl SignalTerms for TailgatingTerms {
    const NAME: &'static str = "tailgating";
    const MEANING: &'static str =
        "at a checkpoint, more people cross than credentials were accepted";
    const OF_CHECKPOINTS: bool = true;
    type Settings = TailgatingSettings;

    fn settings(self, _: &mut Vec<TermError>) -> Option<TailgatingSettings> {
        let usual = TailgatingSettings::default();
        Some(TailgatingSettings {
            ahead: self.ahead_secs.map_or(usual.ahead, secs),
            follow: self.follow_secs.map_or(usual.follow, secs),
            settle: self.settle_secs.map_or(usual.settle, secs),
            walk: self.walk_secs.map_or(usual.walk, secs),
            doors: Vec::new(),
        })
    }
}

/// Who may cross for one credential, and when that is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailgatingSettings {
    /// Before the credential, up to 120 s.
    pub ahead: Duration,
    /// After it, 1 s to 120 s.
    pub follow: Duration,
    /// For late messages of the door, up to 120 s.
    pub settle: Duration,
    /// From the reader to the line, up to 120 s.
    pub walk: Duration,
    /// The doors: the point of their signals, and their name as people say it.
    pub doors: Vec<(Arc<str>, String)>,
}

impl Default for TailgatingSettings {
    fn default() -> Self {
        Self { ahead: secs(2), follow: secs(10), settle: secs(5), walk: secs(2), doors: Vec::new() }
    }
}

impl SignalSettings for TailgatingSettings {
    fn name(&self) -> &'static str {
        TailgatingTerms::NAME
    }

    fn fault(&self) -> Option<Fault> {
        let most = secs(MAX_SECS);
        if self.follow < secs(1) || self.follow > most {
            return Some(("follow", "1 to 120 seconds"));
        }
        let spans = [("ahead", self.ahead), ("settle", self.settle), ("walk", self.walk)];
        let (setting, _) = spans.into_iter().find(|(_, span)| *span > most)?;
        Some((setting, "at most 120 seconds"))
    }

    fn concerns(&self, signal: &Signal) -> bool {
        matches!(signal.kind(), SignalKind::DoorEvent | SignalKind::Crossing)
    }

    fn is_of_device(&self) -> bool {
        true
    }

    fn has_scene(&self) -> bool {
        false
    }

    fn needs_device(&self) -> bool {
        false
    }

    fn at_checkpoint(&self, facts: &CheckpointFacts) -> Option<SignalRuleKind> {
        Some(Self { doors: facts.doors.clone(), ..self.clone() }.into())
    }

    fn judge(&self) -> Box<dyn Judge> {
        Box::new(Tailgating { settings: self.clone(), state: State::default() })
    }
}

/// The rule at work.
#[derive(Debug)]
struct Tailgating {
    settings: TailgatingSettings,
    state: State,
}

impl Tailgating {
    fn window(&self) -> Window {
        Window { ahead: self.settings.ahead, follow: self.settings.follow }
    }

    /// For so long a credential is remembered.
    fn kept(&self) -> Duration {
        self.settings.follow.saturating_add(self.settings.settle).saturating_mul(3)
    }

    /// The first group that waits, and when it can be judged.
    fn first_due(&self) -> Option<(usize, CaptureTime)> {
        let group = first_group(&self.state.crossings);
        let last_at = CaptureTime::from(group.last()?.crossed_at_us);
        let corrected = last_at.moved(self.state.skew.micros().unwrap_or(0).saturating_neg());
        let wait = self.settings.ahead.max(GROUP_GAP).saturating_add(self.settings.settle);
        // Of a camera whose clock is behind, the group is over only when its own time says so. And what
        // a door could not say meanwhile has the same time to come as what comes late.
        let due_at = corrected.max(last_at).after(wait);
        let heard_at = self.state.heard_again_at().map(|at| at.after(self.settings.settle));
        Some((group.len(), heard_at.map_or(due_at, |heard_at| due_at.max(heard_at))))
    }

    fn hear_door(&mut self, signal: &Signal) {
        let point = &*signal.source().point;
        let at = signal.captured_at();
        match signal.reading() {
            Reading::Good(SignalValue::Code(DoorEvent::AccessGranted))
                if self.settings.doors.iter().any(|(door, _)| **door == *point) =>
            {
                self.state.add_grant(at, point);
            }
            Reading::Good(SignalValue::Code(DoorEvent::FireRelease)) => {
                let until = Micros::from(at.after(FREE_AFTER_FIRE));
                self.state.free_until_at_us = self.state.free_until_at_us.max(Some(until));
                self.state.crossings.clear();
            }
            _ => {}
        }
    }

    fn hear_camera(&mut self, signal: &Signal) {
        let (value, is_unsure) = match signal.reading() {
            Reading::Good(value) => (value, false),
            Reading::Uncertain(value) => (value, true),
            Reading::Bad => return,
        };
        let SignalValue::Number(people) = value else { return };
        let crossed_at_us = Micros::from(signal.captured_at());
        if self.state.free_until_at_us.is_some_and(|until| crossed_at_us <= until) {
            return;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of people, cut to what a picture can show"
        )]
        let people = people.clamp(0.0, 1_000.0) as u32;
        if people > 0 {
            self.state.add_crossing(Crossing { crossed_at_us, people, is_unsure });
        }
    }

    /// Whether the controller of this signal is there.
    fn hear_presence(&mut self, signal: &Signal) {
        let point = &*signal.source().point;
        let device = point.split_once('/').map_or(point, |(device, _)| device);
        let at = signal.captured_at();
        match (signal.kind(), signal.reading()) {
            (SignalKind::Heartbeat, Reading::Good(SignalValue::Flag(false))) => {
                self.state.lose(device, at);
            }
            (_, Reading::Bad) => {}
            _ => self.state.find(device, at),
        }
    }

    /// The doors of the latest group in words.
    fn doors(&self, passed: &Passed) -> String {
        let is_meant =
            |point: &str| passed.doors.is_empty() || passed.doors.iter().any(|it| it == point);
        let doors = self.settings.doors.iter().filter(|(point, _)| is_meant(point));
        doors.map(|(_, name)| name.as_str()).collect::<Vec<_>>().join("、")
    }
}

impl Judge for Tailgating {
    fn hear(&mut self, signal: &Signal, _: Whose, _: Moment) {
        if signal.kind() == SignalKind::Crossing {
            self.hear_camera(signal);
            return;
        }
        self.hear_presence(signal);
        if signal.kind() == SignalKind::DoorEvent {
            self.hear_door(signal);
        }
    }

    fn lose(&mut self) {}

    fn deafen(&mut self, from: CaptureTime, to: CaptureTime) {
        self.state.miss(from, to);
    }

    fn is_known(&self) -> bool {
        self.state.are_there()
    }

    /// Who crosses when the hours have begun may have had his credential before.
    fn rest(&mut self, moment: Moment) {
        self.state.crossings.clear();
        self.state.forget_before(moment.at, self.kept());
    }

    /// Met by a group for which too few credentials were accepted.
    fn verdict(&mut self, moment: Moment) -> SignalVerdict {
        self.state.skew.settle(moment.at, self.settings.walk);
        let window = self.window();
        while let Some((people, due_at)) = self.first_due()
            && due_at <= moment.at
        {
            let skew_us = self.state.skew.micros().unwrap_or(0);
            let group: Vec<Crossing> = self.state.crossings.drain(..people).collect();
            let passed = pass(&group, &mut self.state.grants, window, skew_us);
            if passed.entered > passed.granted && !self.state.may_lack(&passed, window) {
                let finding = finding(&passed);
                self.state.latest = Some(passed);
                return SignalVerdict::Met(finding);
            }
        }
        self.state.forget_before(moment.at, self.kept());
        if self.state.crossings.is_empty() {
            SignalVerdict::Clear
        } else {
            SignalVerdict::Candidate
        }
    }

    fn stands(&self, _: Moment) -> Option<bool> {
        None
    }

    fn due(&self, moment: Moment) -> Option<Due> {
        self.first_due().map(|(_, due_at)| Due::Passed(due_at.since(moment.at)))
    }

    fn step_back(&mut self, at: CaptureTime) {
        self.state.step_back(at);
    }

    fn describe(&self, finding: &SignalFinding) -> String {
        let Some(passed) = &self.state.latest else {
            return format!("进入{}人，多于门禁放行人数", finding.count);
        };
        let doors = self.doors(passed);
        let (granted, entered) = (passed.granted, passed.entered);
        let mut told = format!("{doors}门禁放行{granted}人、进入{entered}人");
        if passed.unsure > 0 {
            told.push_str(&format!("，另有{}人次未能确认", passed.unsure));
        }
        if let Some(skew) = self.clock_skew_micros().filter(|it| it.unsigned_abs() >= SMALL_SKEW_US)
        {
            let tenths = skew.unsigned_abs().saturating_add(50_000) / 100_000;
            let which = if skew > 0 { "快" } else { "慢" };
            let (whole, rest) = (tenths / 10, tenths % 10);
            told.push_str(&format!("；摄像机时钟比门禁{which}{whole}.{rest}秒，已校正"));
        }
        told
    }

    fn measurement(&self) -> Measurement {
        let latest = self.state.latest.as_ref();
        Measurement {
            kind: SignalKind::Crossing,
            value: latest.map(|it| SignalValue::Number(f64::from(it.entered))),
            limit: latest.map(|it| Limit::Above(f64::from(it.granted))),
            counted: None,
        }
    }

    fn clock_skew_micros(&self) -> Option<i64> {
        self.state.skew.micros()
    }

    fn memory(&self) -> Result<Value, serde_json::Error> {
        memory::write(TailgatingTerms::NAME, &self.state)
    }

    fn restore(&mut self, memory: &Value) -> bool {
        let read = memory::read(TailgatingTerms::NAME, memory);
        let is_own = read.is_some();
        self.state = read.unwrap_or_default();
        is_own
    }
}

fn finding(passed: &Passed) -> SignalFinding {
    let at = |time: Option<Micros>| {
        CaptureTime::from(time.unwrap_or(Micros::from(CaptureTime::from_unix_micros(0))))
    };
    let (since_at, last_at) = (at(passed.first_at_us), at(passed.last_at_us));
    SignalFinding { since_at, dwell: last_at.since(since_at), count: passed.entered }
}
