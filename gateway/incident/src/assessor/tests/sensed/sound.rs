//! What must hold whatever a device says.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::script::{Gate, only, rule};
use crate::SignalRuleSettings;
use crate::alert::Action;

fn rules() -> Vec<SignalRuleSettings> {
    vec![
        rule("door_held_open", "flag", r#"{"signal": "door_contact", "hold_secs": 60}"#),
        rule("smoke_alarm", "flag", r#"{"signal": "smoke"}"#),
        rule(
            "residual_current_high",
            "limit",
            r#"{"signal": "residual_current", "above": 300, "hold_secs": 30}"#,
        ),
        rule(
            "door_access_denied",
            "event",
            r#"{"events": ["access_denied"], "count": 2, "within_secs": 60}"#,
        ),
        rule("door_forced_open", "forced", "{}"),
        rule("sensor_offline", "silent", r#"{"after_secs": 70}"#),
        only(
            "daily 09:15-09:35",
            rule("checkpoint_unattended", "absent", r#"{"within_secs": 200}"#),
        ),
    ]
}

fn words() -> impl Strategy<Value = Vec<(u64, &'static str)>> {
    let word = prop::sample::select(vec![
        "open",
        "open",
        "shut",
        "open/door-2",
        "shut/door-2",
        "smoke",
        "air",
        "mA500",
        "mA100",
        "bad",
        "granted",
        "denied",
        "denied",
        "+",
        "+",
        "+",
        "-",
        "gone",
    ]);
    prop::collection::vec((1_u64..60, word), 1..60)
}

/// The script of these words, each so many seconds after the one before; with restarts before the chosen ones.
fn script(words: &[(u64, &str)], restarts: &[usize], stop: &str) -> String {
    let mut now = 0;
    let mut script = String::new();
    for (index, (after, word)) in words.iter().enumerate() {
        now += after;
        if restarts.contains(&index) {
            script += &format!("{now}:- {now}:{stop} {now}:- ");
        }
        script += &format!("{now}:{word} ");
    }
    script
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_restart_changes_no_message(
        words in words(),
        restarts in prop::collection::vec(0_usize..60, 1..4),
    ) {
        let (mut restarted, mut steady) = (Gate::new(rules()), Gate::new(rules()));
        restarted.play(&script(&words, &restarts, "!"));
        steady.play(&script(&words, &restarts, "-"));
        prop_assert_eq!(&restarted.log, &steady.log);
        prop_assert_eq!(&restarted.alerts, &steady.alerts);
    }

    #[test]
    fn whoever_asks_late_hears_the_same(words in words()) {
        let (mut punctual, mut late) = (Gate::new(rules()), Gate::new(rules()));
        late.is_punctual = false;
        let script = script(&words, &[], "-");
        punctual.play(&script);
        late.play(&script);
        // Updates while nothing changes are told when somebody asks.
        let told = |gate: &Gate| {
            let lines = gate.log.lines().filter(|line| !line.contains(" update "));
            let mut lines: Vec<String> = lines.map(str::to_owned).collect();
            lines.sort();
            lines
        };
        prop_assert_eq!(told(&punctual), told(&late));
    }

    #[test]
    fn there_is_one_open_alert_for_each_type_and_point(words in words()) {
        let mut gate = Gate::new(rules());
        gate.play(&script(&words, &[], "-"));
        let mut open: BTreeMap<&str, _> = BTreeMap::new();
        for alert in &gate.alerts {
            let key = alert.dedupe.key.as_str();
            match alert.action {
                Action::Open => prop_assert_eq!(open.insert(key, alert.alert_id), None, "{}", gate.log),
                Action::Close(_) => prop_assert_eq!(open.remove(key), Some(alert.alert_id)),
                _ => prop_assert_eq!(open.get(key), Some(&alert.alert_id)),
            }
        }
    }
}

#[test]
fn an_opening_whose_device_is_gone_before_it_is_judged_wakes_nobody() {
    let mut gate = Gate::new(rules());
    gate.play("1:shut/door-2 2:open/door-2 3:gone 5:open 30:-");
    let judged = "5s open open door_forced_open@door-2";
    assert!(gate.log.contains(judged), "when the device is heard again: {}", gate.log);
}
