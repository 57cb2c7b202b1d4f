//! One rule on signals before a device whose signals a test composes.
//!
//! A script is a list of words, each at its own second: `0:open 20:+ 130:- 140:shut`. `open` and `shut`
//! are the contact; `locked` and `free` the lock; `smoke` and `air`; `mA350` the residual current, `mA350?`
//! a doubtful one, `m0.3` the water level; `bad` a bad reading of what was told last; `open?` a doubtful
//! flag. Events are `granted`, `exit`, `denied`, `duress`, `fire`, `forced`. `+` is the device's sign of
//! life and `gone` a word that it is gone, `-` only time. `@3:word` comes at its second and is dated 3 s
//! before. Another point is named after a slash: `granted/reader`. `!` restarts the gateway, `<60` is a
//! clock that steps back, `rest` is a moment outside the hours.

use std::fmt::Write;
use std::time::Duration;

use scene::{
    CaptureTime, Clock, ClockSource, DEVICE_POINT, DoorEvent, Reading, Signal, SignalKind,
    SignalSource, SignalValue,
};
use serde_json::Value;

use super::{SignalRule, SignalRuleKind, SignalVerdict, find};

const START: CaptureTime = CaptureTime::from_unix_micros(1_795_309_800_000_000);
const CLOCK: Clock = Clock { source: ClockSource::Arrival, error_ms: None };
pub(super) const POINT: &str = "door-1";
pub(super) const SILENCE: Duration = Duration::from_secs(60);

pub(super) fn at(secs: u64) -> CaptureTime {
    START.after(Duration::from_secs(secs))
}

/// The settings that these terms make.
pub(super) fn kind(name: &str, terms: &str) -> SignalRuleKind {
    let terms = serde_json::from_str::<Value>(terms).unwrap().as_object().unwrap().clone();
    let kind = find(name).unwrap().settings(terms).unwrap();
    assert_eq!(kind.fault(), None);
    kind
}

/// One rule and its device.
pub(super) struct Stage {
    kind: SignalRuleKind,
    point: Option<&'static str>,
    pub(super) rule: SignalRule,
    /// What was told last, for `bad`.
    told: SignalKind,
    /// The verdict after every word, where it changed or is met by another finding.
    pub(super) log: String,
    pub(super) verdicts: Vec<SignalVerdict>,
}

impl Stage {
    pub(super) fn new(name: &str, terms: &str) -> Self {
        Self::at_point(name, terms, Some(POINT))
    }

    pub(super) fn at_point(name: &str, terms: &str, point: Option<&'static str>) -> Self {
        let kind = kind(name, terms);
        let rule = SignalRule::new(&kind, point, SILENCE);
        let (log, verdicts) = (String::new(), Vec::new());
        Self { kind, point, rule, told: SignalKind::DoorContact, log, verdicts }
    }

    pub(super) fn play(&mut self, script: &str) -> &mut Self {
        for token in script.split_whitespace() {
            let (time, word) = token.split_once(':').unwrap();
            let (secs, late) = time.split_once('@').unwrap_or((time, "0"));
            let (secs, late): (u64, u64) = (secs.parse().unwrap(), late.parse().unwrap());
            self.wake_until(at(secs));
            self.act(word, at(secs), Duration::from_secs(late));
        }
        self
    }

    /// What becomes due by time alone, as whoever calls the rule would have it told.
    fn wake_until(&mut self, until: CaptureTime) {
        while let Some(due_at) = self.rule.wake_at().filter(|due_at| *due_at < until) {
            let verdict = self.rule.pass_time(due_at);
            self.note("due", due_at, verdict);
        }
    }

    fn act(&mut self, word: &str, now: CaptureTime, late: Duration) {
        let verdict = match word {
            "-" => self.rule.pass_time(now),
            "!" => {
                self.restart();
                return;
            }
            "rest" => {
                self.rule.rest(now);
                return;
            }
            _ if word.starts_with('<') => {
                self.rule.step_back(now);
                self.rule.pass_time(now)
            }
            _ => {
                let signal = self.signal(word, now.before(late));
                self.rule.pass_time(now);
                self.rule.hear(&signal)
            }
        };
        self.note(word, now, verdict);
    }

    /// Only the memory survives, as text. Nothing passes meanwhile.
    fn restart(&mut self) {
        let text = self.rule.memory().unwrap().to_string();
        self.rule = SignalRule::new(&self.kind, self.point, SILENCE);
        assert!(self.rule.restore(&serde_json::from_str(&text).unwrap(), true));
        assert_eq!(self.rule.memory().unwrap().to_string(), text);
    }

    fn note(&mut self, word: &str, now: CaptureTime, verdict: SignalVerdict) {
        let told = match &verdict {
            SignalVerdict::Clear => "clear".to_owned(),
            SignalVerdict::Candidate => "candidate".to_owned(),
            SignalVerdict::Unknown => "unknown".to_owned(),
            SignalVerdict::Met(found) => {
                let (since, dwell) = (found.since_at.since(START).as_secs(), found.dwell.as_secs());
                format!("MET since {since} for {dwell}s: {}", self.rule.describe(found))
            }
        };
        writeln!(self.log, "{:<4} {word:10} {told}", now.since(START).as_secs()).unwrap();
        self.verdicts.push(verdict);
    }

    fn signal(&mut self, word: &str, dated: CaptureTime) -> Signal {
        let said_at = word.split_once('/');
        let (word, point) = said_at.unwrap_or((word, POINT));
        let (word, doubted) = word.strip_suffix('?').map_or((word, false), |word| (word, true));
        if word == "+" || word == "gone" {
            let point = said_at.map_or(DEVICE_POINT, |(_, point)| point);
            let beat = Reading::Good(SignalValue::Flag(word == "+"));
            return made(point, SignalKind::Heartbeat, beat, dated);
        }
        if word == "bad" {
            return made(point, self.told, Reading::Bad, dated);
        }
        let (kind, value) = said(word);
        self.told = kind;
        let reading = if doubted { Reading::Uncertain(value) } else { Reading::Good(value) };
        made(point, kind, reading, dated)
    }
}

fn made(point: &str, kind: SignalKind, reading: Reading, dated: CaptureTime) -> Signal {
    let source = SignalSource { device: "gate-3".into(), point: point.into() };
    Signal::new(source, kind, reading, dated, CLOCK).unwrap()
}

fn said(word: &str) -> (SignalKind, SignalValue) {
    use SignalKind::{DoorContact, Lock, ResidualCurrent, Smoke, WaterLevel};
    let flag = |kind, value| (kind, SignalValue::Flag(value));
    let event = |event| (SignalKind::DoorEvent, SignalValue::Code(event));
    let number = |text: &str| SignalValue::Number(text.parse().unwrap());
    match word {
        "open" => flag(DoorContact, true),
        "shut" => flag(DoorContact, false),
        "locked" => flag(Lock, true),
        "free" => flag(Lock, false),
        "smoke" => flag(Smoke, true),
        "air" => flag(Smoke, false),
        "granted" => event(DoorEvent::AccessGranted),
        "exit" => event(DoorEvent::ExitRequest),
        "denied" => event(DoorEvent::AccessDenied),
        "duress" => event(DoorEvent::Duress),
        "fire" => event(DoorEvent::FireRelease),
        "forced" => event(DoorEvent::ForcedOpen),
        _ if word.starts_with("mA") => (ResidualCurrent, number(word.trim_start_matches("mA"))),
        _ => (WaterLevel, number(word.trim_start_matches('m'))),
    }
}

/// Plays a script on a rule and compares what it concludes.
pub(super) fn check(name: &str, terms: &str, script: &str, expected: &expect_test::Expect) {
    expected.assert_eq(&Stage::new(name, terms).play(script).log);
}
