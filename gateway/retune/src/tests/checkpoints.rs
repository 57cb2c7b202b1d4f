//! A day at a checkpoint: its door and its camera in one archive, judged by changed rules.

use std::time::Duration;

use archive::{Archive, Retention};
use expect_test::expect;
use incident::{IncidentTypes, LifecycleSettings, SignalRuleSettings};
use rule::signal::{CheckpointFacts, SignalSettings, TailgatingSettings};
use scene::{
    CaptureTime, Clock, ClockSource, DoorEvent, Reading, Signal, SignalKind, SignalSource,
    SignalValue,
};
use tempfile::TempDir;

use super::{Question, RuleSet, check, minute, question, slug};

const GATE: &str = "acs-1/gate";

/// At 08:00 one passes 6 s after his credential, at 09:00 two on one, at 10:00 one 14 s after his.
fn recorded_day() -> TempDir {
    let folder = TempDir::new().unwrap();
    let retention = Retention { days: 8, max_bytes: 1 << 30 };
    let mut recorder = Archive::open(folder.path(), retention).unwrap().recorder("kk-1");
    let mut record = |point: &str, kind, value, at: CaptureTime| {
        let source = SignalSource { device: "kk-1".into(), point: point.into() };
        let clock = Clock { source: ClockSource::SenderReport, error_ms: None };
        let signal = Signal::new(source, kind, Reading::Good(value), at, clock).unwrap();
        recorder.signal(&signal).unwrap();
    };
    for (hour, people, after_secs) in [(8, 1.0, 6), (9, 2.0, 3), (10, 1.0, 14), (11, 1.0, 2)] {
        let at = minute(hour * 60);
        let granted = SignalValue::Code(DoorEvent::AccessGranted);
        record(GATE, SignalKind::DoorEvent, granted, at);
        let crossed_at = at.after(Duration::from_secs(after_secs));
        record("cam-01", SignalKind::Crossing, SignalValue::Number(people), crossed_at);
    }
    recorder.flush().unwrap();
    folder
}

fn rule(follow_secs: u64) -> SignalRuleSettings {
    let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    let facts = CheckpointFacts {
        doors: vec![(GATE.into(), "东门".to_owned())],
        has_line: true,
        ..CheckpointFacts::default()
    };
    let follow = Duration::from_secs(follow_secs);
    let kind = TailgatingSettings { follow, ..TailgatingSettings::default() };
    SignalRuleSettings {
        id: slug("tailgating"),
        incident: types.get("door_tailgating").unwrap().clone(),
        point: None,
        kind: kind.at_checkpoint(&facts).unwrap(),
        lifecycle: LifecycleSettings::default(),
        schedule: rule::schedule::Schedule::default(),
        silence: SignalRuleSettings::USUAL_SILENCE,
    }
}

#[test]
fn a_longer_window_loses_who_dawdled_and_keeps_who_followed() {
    let folder = recorded_day();
    let of_signals = |signals| RuleSet { signals, ..RuleSet::default() };
    let question = Question {
        proposed: of_signals(vec![rule(20)]),
        current: of_signals(vec![rule(10)]),
        ..question(&folder, "kk-1", Vec::new())
    };
    check(
        question,
        &expect![[r#"
        kk-1, 2026-07-22 08:00:00 to 2026-07-22 11:00:02 (UTC+08)
        8 signals, judged in 0.04 s

        rule tailgating: door_tailgating in the device
          2 alert(s) in force, 1 as proposed: 1 kept, 0 gained, 1 lost
          kept    2026-07-22 09:00:11 to 09:01:11, dwell 0 s, 2 object(s)
          lost    2026-07-22 10:00:22 to 10:01:22, dwell 0 s, 1 object(s)

        day         in force  proposed  gained  lost
        2026-07-22         2         1       0     1
        all                2         1       0     1
    "#]],
    );
}
