//! From opening to closing.

use expect_test::expect;

use super::script::{Gate, at, check, door, held, only, rule};
use crate::{SignalRuleSettings, alert};
use std::time::Duration;

/// A sign of life every 20 s, from one second to another.
pub(super) fn beats(from: u64, to: u64) -> String {
    (from..to).step_by(20).map(|secs| format!("{secs}:+ ")).collect()
}

#[test]
fn a_door_that_is_held_open_and_shut() {
    let script = format!("0:shut 10:open {} 200:shut {}", beats(20, 200), beats(201, 400));
    check(
        held(),
        &script,
        &expect![[r#"
            130s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            220s clear cleared door_held_open@door-1 door_contact false for 190.0s
            280s close closed self_cleared door_held_open@door-1 door_contact false for 190.0s
        "#]],
    );
}

#[test]
fn a_door_that_stands_open_is_told_again_every_ten_minutes() {
    check(
        held(),
        &format!("0:open {}", beats(5, 1_500)),
        &expect![[r#"
            120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            720s update open door_held_open@door-1 door_contact true for 720.0s
            1320s update open door_held_open@door-1 door_contact true for 1320.0s
        "#]],
    );
}

#[test]
fn shut_for_less_than_it_takes_to_clear_it_stays_the_same_alert() {
    let script = format!("0:open {} 200:shut 210:open {}", beats(5, 200), beats(211, 400));
    check(
        held(),
        &script,
        &expect![[r#"
            120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
        "#]],
    );
}

#[test]
fn open_again_within_the_time_it_is_the_same_alert_and_later_another() {
    let script = format!(
        "0:open {} 130:shut {} 170:open {} 300:shut {} 460:open {}",
        beats(5, 130),
        beats(131, 170),
        beats(171, 300),
        beats(301, 460),
        beats(461, 600)
    );
    check(
        held(),
        &script,
        &expect![[r#"
            120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            150s clear cleared door_held_open@door-1 door_contact false for 130.0s
            210s close closed self_cleared door_held_open@door-1 door_contact true for 130.0s
            290s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            320s clear cleared door_held_open@door-1 door_contact false for 130.0s
            380s close closed self_cleared door_held_open@door-1 door_contact false for 130.0s
            580s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
        "#]],
    );
}

#[test]
fn silence_neither_opens_nor_clears() {
    check(
        held(),
        "0:open 100:open 500:- 501:open 560:open 580:- 630:shut 900:- 901:shut 925:shut",
        &expect![[r#"
            160s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            650s clear cleared door_held_open@door-1 door_contact false for 239.0s
            710s close closed self_cleared door_held_open@door-1 door_contact false for 239.0s
        "#]],
    );
}

#[test]
fn each_door_has_its_own_alert() {
    let script = format!(
        "0:open 5:open/door-2 {} 150:shut 151:shut/door-2 {}",
        beats(6, 150),
        beats(152, 300)
    );
    check(
        held(),
        &script,
        &expect![[r#"
            120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            125s open open door_held_open@door-2 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-2）
            170s clear cleared door_held_open@door-1 door_contact false for 150.0s
            171s clear cleared door_held_open@door-2 door_contact false for 146.0s
            230s close closed self_cleared door_held_open@door-1 door_contact false for 150.0s
            231s close closed self_cleared door_held_open@door-2 door_contact false for 146.0s
        "#]],
    );
}

#[test]
fn events_clear_when_no_more_come() {
    let denied = rule(
        "door_access_denied",
        "event",
        r#"{"events": ["access_denied"], "count": 3, "within_secs": 60}"#,
    );
    let script =
        format!("0:denied 10:denied 20:denied 30:denied 45:denied 110:denied {}", beats(111, 260));
    check(
        denied,
        &script,
        &expect![[r#"
            20s open open door_access_denied@door-1 credential access_denied for 20.0s: 金海小区3号楼2单元门(示例)：60秒内拒绝通行3次（点位door-1）
            65s clear cleared door_access_denied@door-1 credential access_denied for 45.0s
            125s close closed self_cleared door_access_denied@door-1 credential access_denied for 45.0s
        "#]],
    );
}

#[test]
fn a_device_that_falls_silent_and_comes_back() {
    let silent = rule("sensor_offline", "silent", r#"{"after_secs": 100}"#);
    check(
        silent.clone(),
        "0:+ 20:+ 300:open 310:+ 330:+ 340:+ 420:+",
        &expect![[r#"
            120s open open sensor_offline@- heartbeat false for 100.0s: 金海小区3号楼2单元门(示例)：超过100秒未收到设备信号
            320s clear cleared sensor_offline@- heartbeat true for 280.0s
            380s close closed self_cleared sensor_offline@- heartbeat true for 280.0s
        "#]],
    );
    check(
        silent,
        "0:+ 20:gone 30:+ 60:+ 120:+",
        &expect![[r#"
        20s open open sensor_offline@- heartbeat false for 20.0s: 金海小区3号楼2单元门(示例)：设备已离线
        50s clear cleared sensor_offline@- heartbeat true for 30.0s
        110s close closed self_cleared sensor_offline@- heartbeat true for 30.0s
    "#]],
    );
}

#[test]
fn a_guard_is_missed_in_the_hours_only() {
    let unattended = only(
        "daily 09:20-09:40",
        rule("checkpoint_unattended", "absent", r#"{"within_secs": 300}"#),
    );
    check(
        unattended,
        &beats(0, 2_000),
        &expect![[r#"
            900s open open checkpoint_unattended@- credential - for 300.0s: 金海小区3号楼2单元门(示例)：超过300秒无人签到
            1500s update open checkpoint_unattended@- credential - for 900.0s
            1800s clear cleared checkpoint_unattended@- credential - for 1200.0s
            1860s close closed self_cleared checkpoint_unattended@- credential - for 1200.0s
        "#]],
    );
}

#[test]
fn outside_its_hours_it_is_no_incident() {
    let nightly = only("daily 09:12-09:15", held());
    check(
        nightly,
        &format!("0:open {}", beats(5, 500)),
        &expect![[r#"
            240s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            300s clear cleared door_held_open@door-1 door_contact true for 180.0s
            360s close closed self_cleared door_held_open@door-1 door_contact true for 180.0s
        "#]],
    );
}

#[test]
fn a_restart_costs_no_dwell_and_repeats_nothing() {
    let script = format!(
        "0:open {} 90:! {} 130:! {} 200:shut 201:! {}",
        beats(5, 90),
        beats(91, 130),
        beats(131, 200),
        beats(202, 400)
    );
    check(
        held(),
        &script,
        &expect![[r#"
            120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            220s clear cleared door_held_open@door-1 door_contact false for 200.0s
            280s close closed self_cleared door_held_open@door-1 door_contact false for 200.0s
        "#]],
    );
}

#[test]
fn a_long_time_without_the_gateway_is_a_gap() {
    let script = format!("0:open {} 60:! {}", beats(5, 60), beats(5_000, 5_200));
    check(held(), &script, &expect![[""]]);
    check(
        held(),
        "0:open 60:! 5000:open 5050:open 5061:-",
        &expect![[r#"
            5060s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
        "#]],
    );
}

#[test]
fn a_clock_that_is_set_back_costs_nothing() {
    let script = format!("1000:open {} 100:< {}", beats(1_010, 1_060), beats(101, 250));
    check(
        held(),
        &script,
        &expect![[r#"
            170s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
        "#]],
    );
    let script = format!("1000:open {} 100:moved {}", beats(1_010, 1_060), beats(101, 250));
    check(
        held(),
        &script,
        &expect![[r#"
            170s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
        "#]],
    );
}

#[test]
fn hours_that_a_wrong_clock_ended_go_on_when_it_is_right_again() {
    const DAY: u64 = 86_400;
    for wrong in [5_000, 40 * DAY + 5_000] {
        let script = format!(
            "0:open {} {wrong}:moved {} 260:moved {}",
            beats(5, 240),
            beats(wrong + 1, wrong + 9),
            beats(261, 600)
        );
        let mut gate = Gate::new(vec![only("daily 09:10-09:30", held())]);
        gate.play(&script);
        let opened = gate.log.lines().filter(|line| line.contains(" open open "));
        let opened: Vec<_> = opened.filter_map(|line| line.split_once("s ")).collect();
        let opened: Vec<_> = opened.into_iter().map(|(secs, _)| secs).collect();
        // The second time the dwell begins with the hours: about when the clock was right again.
        assert_eq!(opened, ["120", "381"], "{wrong}: {}", gate.log);
    }
}

#[test]
fn a_rule_that_is_removed_closes_its_alert() {
    let mut gate = Gate::new(vec![held()]);
    gate.play(&format!("0:open {}", beats(5, 140)));
    gate.configure(Vec::new());
    gate.play(&beats(141, 200));
    let events = gate.assessor.retire(at(210));
    gate.record(events);
    expect![[r#"
        120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
        141s close closed cancelled door_held_open@door-1 door_contact true for 125.0s
    "#]].assert_eq(&gate.log);
}

#[test]
fn other_settings_of_the_same_rule_keep_the_alert() {
    let mut gate = Gate::new(vec![held()]);
    gate.play(&format!("0:open {}", beats(5, 140)));
    let stricter = SignalRuleSettings {
        kind: rule("door_held_open", "flag", r#"{"signal": "door_contact", "hold_secs": 60}"#).kind,
        ..held()
    };
    gate.configure(vec![stricter]);
    gate.play(&format!("{} 200:shut {}", beats(141, 200), beats(201, 240)));
    expect![[r#"
        120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
        220s clear cleared door_held_open@door-1 door_contact false for 200.0s
    "#]].assert_eq(&gate.log);
}

#[test]
fn a_door_that_is_no_longer_configured_closes_its_alerts_as_a_door() {
    let mut gate = Gate::new(vec![held()]);
    gate.play(&format!("0:open {}", beats(5, 140)));
    let memory = gate.assessor.memory().unwrap();
    let standpoint = crate::Assessor::standpoint(&door().camera_id, &memory).unwrap().unwrap();
    let device = crate::CameraProfile { source: standpoint.source, ..door() };
    let mut last = crate::Assessor::new(device, Vec::new()).unwrap();
    last.restore(&memory).unwrap();
    let events = last.retire(at(200));
    gate.record(events);
    expect!["200s close closed cancelled door_held_open@door-1 door_contact true for 125.0s"]
        .assert_eq(gate.log.lines().last().unwrap());
}

#[test]
fn an_alert_says_how_far_the_clock_of_the_device_is_trusted() {
    let mut gate = Gate::new(vec![rule("smoke_alarm", "flag", r#"{"signal": "smoke"}"#)]);
    gate.play("0:air 10:smoke");
    let message = super::script::valid(&gate.alerts[0], at(10));
    let times = &message["times"];
    assert_eq!((&times["clock"], &times["clock_error_ms"]), (&"device".into(), &40.into()));
    assert_eq!(gate.alerts[0].action, alert::Action::Open);
}

#[test]
fn it_wants_to_be_woken_when_something_becomes_due() {
    let mut gate = Gate::new(vec![held()]);
    assert_eq!(gate.assessor.wake_at(), None);
    gate.play("0:shut 10:open 20:+ 70:open 80:open");
    assert_eq!(gate.assessor.wake_at(), Some(at(130)));
    gate.play("130:-");
    // Until then the door is taken to stand open; it was last heard 60 s before.
    assert_eq!(gate.assessor.wake_at(), Some(at(140)));
    gate.play("140:shut");
    assert_eq!(gate.assessor.wake_at(), Some(at(160)));
    gate.play("160:-");
    assert_eq!(gate.assessor.wake_at(), Some(at(220).after(Duration::from_micros(1))));
    gate.play("221:-");
    assert_eq!(gate.assessor.wake_at(), None);
}
