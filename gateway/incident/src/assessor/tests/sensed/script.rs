//! A device with rules on its signals, its script, and its case.
//!
//! A script is a list of words, each at its own second. `10:open` is the door's contact, `shut` its
//! other state; `mA350` the residual current, `smoke` and `air`, `bad` a bad reading of the contact;
//! `denied`, `duress`, `granted` events; `+` a sign of life and `gone` a word that the device is gone; a
//! point other than `door-1` is named after a slash. `-` is only time. `!` is a restart of the gateway,
//! `<` a clock that was set back to that second, `moved` one that is told to the assessor. `=handled` is
//! what the case system says of the first alert.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use rule::schedule::{Hours, Schedule};
use rule::signal::find;
use scene::{
    CaptureTime, Clock, ClockSource, DEVICE_POINT, DoorEvent, Reading, Signal, SignalKind,
    SignalSource, SignalValue,
};
use serde_json::{Value, json};

use super::super::script::{START, incident_type, profile, published, slug};
use crate::alert::{Action, Alert};
use crate::casefile::{CaseFeedback, CaseFile, StageNames};
use crate::{
    Assessor, CameraProfile, CaseSettings, IncidentEvent, Input, LifecycleSettings, Place,
    Protocol, RecheckSettings, SignalRuleSettings, Source, SourceKind,
};

pub(super) const CLOCK: Clock = Clock { source: ClockSource::SenderReport, error_ms: Some(40) };
const BY_ARRIVAL: Clock = Clock { source: ClockSource::Arrival, error_ms: None };

pub(super) fn at(secs: u64) -> CaptureTime {
    START.after(Duration::from_secs(secs))
}

/// The controller of a block's doors.
pub(super) fn door() -> CameraProfile {
    let address = Some("金海小区3号楼2单元门(示例)".to_owned());
    CameraProfile {
        camera_id: slug("door-b3-u2"),
        source: Source { kind: SourceKind::AccessControl, protocol: Protocol::Isapi },
        place: Place::new(117.1131, 40.1447, 2.0, address).unwrap(),
        ..profile()
    }
}

/// A rule of this kind on each door, or on the device; cleared after 20 s, closed 60 s later.
pub(super) fn rule(code: &str, kind: &str, terms: &str) -> SignalRuleSettings {
    let terms = serde_json::from_str::<Value>(terms).unwrap().as_object().unwrap().clone();
    SignalRuleSettings {
        id: slug(&format!("{code}-1")),
        incident: incident_type(code),
        point: None,
        kind: find(kind).unwrap().settings(terms).unwrap(),
        lifecycle: LifecycleSettings {
            clear_after: Duration::from_secs(20),
            reopen_after: Duration::from_secs(60),
            ..LifecycleSettings::default()
        },
        schedule: Schedule::default(),
        silence: Duration::from_secs(60),
    }
}

/// A door that stands open for two minutes.
pub(super) fn held() -> SignalRuleSettings {
    rule("door_held_open", "flag", r#"{"signal": "door_contact", "hold_secs": 120}"#)
}

/// It applies only in these hours; the script begins at 09:10.
pub(super) fn only(hours: &str, settings: SignalRuleSettings) -> SignalRuleSettings {
    let hours = Some(Hours::parse(&[hours]).unwrap());
    SignalRuleSettings { schedule: Schedule { hours, ..Schedule::default() }, ..settings }
}

pub(super) struct Gate {
    pub(super) assessor: Assessor,
    device: CameraProfile,
    rules: Vec<SignalRuleSettings>,
    settings: Arc<CaseSettings>,
    /// Whether it is asked as soon as something becomes due, or only at the script's own words.
    pub(super) is_punctual: bool,
    pub(super) now: CaptureTime,
    clock: Clock,
    messages: Vec<CaseFeedback>,
    pub(super) alerts: Vec<Alert>,
    pub(super) log: String,
}

impl Gate {
    pub(super) fn new(rules: Vec<SignalRuleSettings>) -> Self {
        Self::of(door(), rules)
    }

    pub(super) fn of(device: CameraProfile, rules: Vec<SignalRuleSettings>) -> Self {
        let settings = Arc::new(CaseSettings {
            recheck: RecheckSettings {
                settle: Duration::from_secs(20),
                window: Duration::from_secs(60),
                min_samples: 10,
                repeat_after: [60, 120].map(Duration::from_secs).to_vec(),
            },
            ..CaseSettings::default()
        });
        Self {
            assessor: assessor(&device, &rules, &settings),
            device,
            rules,
            settings,
            is_punctual: true,
            now: START,
            clock: CLOCK,
            messages: Vec::new(),
            alerts: Vec::new(),
            log: String::new(),
        }
    }

    pub(super) fn play(&mut self, script: &str) -> &mut Self {
        for token in script.split_whitespace() {
            let (secs, word) = token.split_once(':').unwrap();
            let then = at(secs.parse().unwrap());
            if word == "<" || word == "moved" {
                self.set_clock(word, then);
                continue;
            }
            self.wait_until(then);
            self.now = then;
            self.act(word);
        }
        self
    }

    fn wait_until(&mut self, then: CaptureTime) {
        while let Some(due_at) =
            self.assessor.wake_at().filter(|due| self.is_punctual && *due < then)
        {
            let before = (self.now, due_at, self.alerts.len());
            // What a restart or a request makes due is due at once.
            self.now = due_at.max(self.now);
            let events = self.assessor.pass_time(self.now);
            self.record(events);
            let after = (self.now, self.assessor.wake_at().unwrap_or(then), self.alerts.len());
            assert_ne!(before, after, "it is woken for nothing");
        }
    }

    fn act(&mut self, word: &str) {
        let events = match word {
            "-" => self.assessor.pass_time(self.now),
            "!" => return self.restart(),
            _ => match word.strip_prefix('=') {
                Some(said) => return self.hear_case(said),
                None => {
                    let signal = self.signal(word);
                    self.assessor.assess(Input::Signal(&signal))
                }
            },
        };
        self.record(events);
    }

    fn set_clock(&mut self, word: &str, then: CaptureTime) {
        if word == "moved" {
            let by_micros = then.unix_micros() - self.now.unix_micros();
            self.assessor.move_clock(by_micros).unwrap();
            self.now = then;
        } else {
            self.now = then;
            let events = self.assessor.pass_time(then);
            self.record(events);
        }
    }

    fn restart(&mut self) {
        let memory = self.assessor.memory().unwrap();
        self.assessor = assessor(&self.device, &self.rules, &self.settings);
        self.assessor.restore(&memory).unwrap();
        assert_eq!(self.assessor.memory().unwrap(), memory);
        if !self.messages.is_empty() {
            self.tell();
        }
    }

    /// Takes other rules into force, as a new configuration does.
    pub(super) fn configure(&mut self, rules: Vec<SignalRuleSettings>) {
        let mut heir = assessor(&self.device, &rules, &self.settings);
        heir.inherit(&self.assessor).unwrap();
        (self.assessor, self.rules) = (heir, rules);
    }

    fn signal(&self, word: &str) -> Signal {
        use SignalKind::{DoorContact, DoorEvent as Event, ResidualCurrent, Smoke};
        let (word, point) = word.split_once('/').unwrap_or((word, "door-1"));
        let flag = |kind, value| (kind, Reading::Good(SignalValue::Flag(value)));
        let event = |event| (Event, Reading::Good(SignalValue::Code(event)));
        let (kind, reading) = match word {
            "open" => flag(DoorContact, true),
            "shut" => flag(DoorContact, false),
            "smoke" => flag(Smoke, true),
            "air" => flag(Smoke, false),
            "bad" => (DoorContact, Reading::Bad),
            "denied" => event(DoorEvent::AccessDenied),
            "duress" => event(DoorEvent::Duress),
            "granted" => event(DoorEvent::AccessGranted),
            "+" | "gone" => flag(SignalKind::Heartbeat, word == "+"),
            _ => {
                let milliamperes = word.trim_start_matches("mA").parse().unwrap();
                (ResidualCurrent, Reading::Good(SignalValue::Number(milliamperes)))
            }
        };
        let is_beat = kind == SignalKind::Heartbeat;
        let point = if is_beat { DEVICE_POINT } else { point };
        let clock = if is_beat { BY_ARRIVAL } else { self.clock };
        let device = self.device.camera_id.as_str().into();
        let source = SignalSource { device, point: point.into() };
        Signal::new(source, kind, reading, self.now, clock).unwrap()
    }

    fn hear_case(&mut self, event: &str) {
        let (event, more) = event.split_once('{').map_or((event, None), |(e, m)| (e, Some(m)));
        let seq = self.messages.len() as u64 + 1;
        let mut message = json!({
            "spec": "cg.case/1", "alert_id": self.alerts[0].alert_id.to_string(), "seq": seq,
            "event": event, "msg_id": format!("01932f30-0000-7d00-8a00-{seq:012x}"),
            "time": "2026-11-22T09:58:00+08:00", "case": { "system": "casesim", "rec_id": "R7" },
        });
        if let Some(more) = more {
            message["verify"] = serde_json::from_str(&format!("{{{more}")).unwrap();
        }
        self.messages.push(CaseFeedback::parse(message.to_string().as_bytes()).unwrap());
        self.tell();
        let before = self.alerts.len();
        self.tell();
        assert_eq!(before, self.alerts.len(), "told twice is told once");
    }

    fn tell(&mut self) {
        let (alert_id, key) = (self.alerts[0].alert_id, self.alerts[0].dedupe.key.clone());
        let file = CaseFile::of(&self.messages, &StageNames::default());
        let events = self.assessor.follow_case((alert_id, &key), &file, self.now);
        self.record(events);
    }

    pub(super) fn record(&mut self, events: Vec<IncidentEvent>) {
        for event in events {
            self.note(&event);
            self.alerts.push(event.alert);
        }
    }

    fn note(&mut self, event: &IncidentEvent) {
        let alert = &event.alert;
        let times = &alert.times;
        let ends = times.cleared_at.into_iter().chain(times.closed_at).chain([event.observed_at]);
        let seen = [times.first_seen_at, times.opened_at, times.last_seen_at];
        assert!(seen.into_iter().chain(ends).is_sorted(), "{times:?}");
        let message = valid(alert, event.observed_at);
        let told = |place: &str| match message.pointer(place) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => "-".to_owned(),
        };
        let secs = event.observed_at.since(START).as_secs();
        write!(self.log, "{secs}s {} {}", told("/action"), told("/state")).unwrap();
        if matches!(alert.action, Action::Close(_)) {
            write!(self.log, " {}", told("/close_reason")).unwrap();
        }
        write!(self.log, " {}@{}", told("/type/code"), told("/measurement/point")).unwrap();
        write!(self.log, " {} {}", told("/measurement/quantity"), told("/measurement/value"))
            .unwrap();
        write!(self.log, " for {}s", told("/measurement/duration_s")).unwrap();
        if alert.action == Action::Open {
            write!(self.log, ": {}", told("/description")).unwrap();
        }
        if alert.action == Action::Verify {
            let (mode, result) = (told("/verification/mode"), told("/verification/result"));
            let (reason, round) = (told("/verification/reason"), told("/verification/round"));
            let (positive, samples) =
                (told("/verification/positive_samples"), told("/verification/samples"));
            write!(self.log, ": {mode} {result} {reason} round {round} {positive}/{samples}")
                .unwrap();
        }
        self.log.push('\n');
    }
}

fn assessor(
    device: &CameraProfile,
    rules: &[SignalRuleSettings],
    settings: &Arc<CaseSettings>,
) -> Assessor {
    let assessor = Assessor::new(device.clone(), Vec::new()).unwrap();
    assessor.with_signal_rules(rules.to_vec()).unwrap().with_case_settings(settings)
}

/// The message, which the schema allows.
pub(super) fn valid(alert: &Alert, sent_at: CaptureTime) -> Value {
    let json = serde_json::from_str(&alert.to_json(sent_at).unwrap()).unwrap();
    if let Err(fault) = published().check(&json) {
        panic!("{fault}\n{json:#}");
    }
    json
}

/// Plays a script on one rule and compares the messages.
pub(super) fn check(rule: SignalRuleSettings, script: &str, expected: &expect_test::Expect) {
    expected.assert_eq(&Gate::new(vec![rule]).play(script).log);
}
