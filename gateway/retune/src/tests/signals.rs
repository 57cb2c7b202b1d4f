//! A day at a cabinet, recorded once and judged by changed rules on signals.

use std::time::Duration;

use archive::{Archive, Retention};
use expect_test::expect;
use incident::{IncidentTypes, LifecycleSettings, SignalRuleSettings};
use rule::signal::{Limit, LimitSettings, SilentSettings};
use scene::{Clock, ClockSource, Reading, Signal, SignalKind, SignalSource, SignalValue};
use tempfile::TempDir;

use super::{Question, RuleSet, check, minute, question, slug};

/// A reading every ten seconds: 40 mA, 350 mA from 08:00 to 08:04 and 320 mA from 09:00 to 09:01. The device is
/// silent from 10:00 to 10:20.
fn recorded_day() -> TempDir {
    let folder = TempDir::new().unwrap();
    let retention = Retention { days: 8, max_bytes: 1 << 30 };
    let mut recorder = Archive::open(folder.path(), retention).unwrap().recorder("cabinet-1");
    for now in (0..720).filter(|now| !(600..620).contains(now)) {
        let current = match now {
            480..484 => 350.0,
            540 => 320.0,
            _ => 40.0,
        };
        for second in (0..60).step_by(10) {
            let at = minute(now).after(Duration::from_secs(second));
            let source = SignalSource { device: "cabinet-1".into(), point: "leakage".into() };
            let reading = Reading::Good(SignalValue::Number(current));
            let clock = Clock { source: ClockSource::Arrival, error_ms: None };
            let signal =
                Signal::new(source, SignalKind::ResidualCurrent, reading, at, clock).unwrap();
            recorder.signal(&signal).unwrap();
        }
    }
    recorder.flush().unwrap();
    folder
}

fn rule(above: f64, hold_secs: u64) -> SignalRuleSettings {
    let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    let kind = LimitSettings {
        signal: SignalKind::ResidualCurrent,
        limit: Limit::Above(above),
        hysteresis: 30.0,
        hold: Duration::from_secs(hold_secs),
    };
    SignalRuleSettings {
        id: slug("leakage"),
        incident: types.get("residual_current_high").unwrap().clone(),
        point: Some(slug("leakage")),
        kind: kind.into(),
        lifecycle: LifecycleSettings::default(),
        schedule: rule::schedule::Schedule::default(),
        silence: SignalRuleSettings::USUAL_SILENCE,
    }
}

fn silent() -> SignalRuleSettings {
    let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    SignalRuleSettings {
        id: slug("silent"),
        incident: types.get("sensor_offline").unwrap().clone(),
        point: None,
        kind: SilentSettings { after: Duration::from_mins(5) }.into(),
        ..rule(300.0, 30)
    }
}

#[test]
fn a_longer_hold_loses_the_short_one_and_silence_ends_by_time_alone() {
    let folder = recorded_day();
    let of_signals = |signals| RuleSet { signals, ..RuleSet::default() };
    let question = Question {
        proposed: of_signals(vec![rule(300.0, 120), silent()]),
        current: of_signals(vec![rule(300.0, 30)]),
        ..question(&folder, "cabinet-1", Vec::new())
    };
    check(
        question,
        &expect![[r#"
            cabinet-1, 2026-07-22 00:00:00 to 2026-07-22 11:59:50 (UTC+08)
            4200 signals, judged in 0.04 s

            rule leakage: residual_current_high in leakage
              2 alert(s) in force, 1 as proposed: 1 kept, 0 gained, 1 lost
              kept    2026-07-22 08:02:00 to 08:05:00, dwell 240 s, 0 object(s), 90 s later
              lost    2026-07-22 09:00:30 to 09:02:00, dwell 60 s, 0 object(s)

            rule silent: sensor_offline in the device, a new rule
              0 alert(s) in force, 1 as proposed: 0 kept, 1 gained, 0 lost
              gained  2026-07-22 10:04:50 to 10:21:00, dwell 1210 s, 0 object(s)

            day         in force  proposed  gained  lost
            2026-07-22         2         2       1     1
            all                2         2       1     1
        "#]],
    );
}
