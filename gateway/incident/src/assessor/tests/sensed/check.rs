//! Re-checks by readings.

use expect_test::expect;

use super::life::beats;
use super::script::{check, held, rule};

fn opened() -> String {
    format!("0:open {}", beats(5, 140))
}

#[test]
fn shut_it_has_passed() {
    let script = format!("{} 140:=handled 145:shut {}", opened(), beats(146, 400));
    check(
        held(),
        &script,
        &expect![[r#"
            120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            140s update verifying door_held_open@door-1 door_contact true for 125.0s
            220s verify verified_clear door_held_open@door-1 door_contact false for 145.0s: sensor passed scene_clear round 1 0/3
        "#]],
    );
}

#[test]
fn open_it_has_failed_and_is_checked_again() {
    let script =
        format!("{} 140:=handled {} 230:shut {}", opened(), beats(141, 230), beats(231, 500));
    check(
        held(),
        &script,
        &expect![[r#"
            120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            140s update verifying door_held_open@door-1 door_contact true for 125.0s
            220s verify verified_present door_held_open@door-1 door_contact true for 220.0s: sensor failed still_present round 1 3/3
            250s clear cleared door_held_open@door-1 door_contact false for 230.0s
            280s update verifying door_held_open@door-1 door_contact false for 230.0s
            340s verify verified_clear door_held_open@door-1 door_contact false for 230.0s: sensor passed scene_clear round 2 0/3
        "#]],
    );
}

#[test]
fn without_readings_nobody_can_tell() {
    let script = format!("{} 140:=handled 400:-", opened());
    check(
        held(),
        &script,
        &expect![[r#"
            120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            140s update verifying door_held_open@door-1 door_contact true for 125.0s
            220s verify verify_inconclusive door_held_open@door-1 door_contact true for 185.0s: sensor inconclusive too_few_samples round 1 0/0
        "#]],
    );
    let script = format!("{} 140:=handled 150:gone {}", opened(), beats(160, 300));
    check(
        held(),
        &script,
        &expect![[r#"
            120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            140s update verifying door_held_open@door-1 door_contact true for 125.0s
            220s verify verify_inconclusive door_held_open@door-1 door_contact true for 150.0s: sensor inconclusive too_few_samples round 1 0/0
        "#]],
    );
}

#[test]
fn a_number_back_behind_its_limit_has_passed() {
    let current = rule(
        "residual_current_high",
        "limit",
        r#"{"signal": "residual_current", "above": 300, "hysteresis": 50}"#,
    );
    let polled = |from: u64, to: u64, value: u64| {
        (from..to).step_by(10).map(|secs| format!("{secs}:mA{value} ")).collect::<String>()
    };
    let script = format!("{} 30:=handled {}", polled(0, 30, 400), polled(31, 200, 120));
    check(
        current.clone(),
        &script,
        &expect![[r#"
            0s open open residual_current_high@door-1 residual_current 400.0 for 0.0s: 金海小区3号楼2单元门(示例)：剩余电流最高400毫安，超过限值300毫安（点位door-1）
            30s update verifying residual_current_high@door-1 residual_current 400.0 for 20.0s
            110s verify verified_clear residual_current_high@door-1 residual_current 120.0 for 31.0s: sensor passed scene_clear round 1 0/6
        "#]],
    );
    // Behind the limit, and not behind the hysteresis.
    let script = format!("{} 30:=handled {}", polled(0, 30, 400), polled(31, 200, 280));
    check(
        current,
        &script,
        &expect![[r#"
            0s open open residual_current_high@door-1 residual_current 400.0 for 0.0s: 金海小区3号楼2单元门(示例)：剩余电流最高400毫安，超过限值300毫安（点位door-1）
            30s update verifying residual_current_high@door-1 residual_current 400.0 for 20.0s
            110s verify verified_present residual_current_high@door-1 residual_current 280.0 for 110.0s: sensor failed still_present round 1 6/6
            170s update verifying residual_current_high@door-1 residual_current 280.0 for 170.0s
        "#]],
    );
}

#[test]
fn what_happened_and_is_over_a_person_must_check() {
    let duress = rule("door_duress", "event", r#"{"events": ["duress"]}"#);
    check(
        duress,
        &format!("0:duress 5:=handled {}", beats(6, 200)),
        &expect![[r#"
            0s open open door_duress@door-1 credential duress for 0.0s: 金海小区3号楼2单元门(示例)：门禁报告胁迫开门（点位door-1）
            5s verify verify_inconclusive door_duress@door-1 credential duress for 0.0s: manual inconclusive - round 1 0/0
            20s clear cleared door_duress@door-1 credential duress for 0.0s
        "#]],
    );
}

#[test]
fn a_person_may_be_asked_for() {
    let script =
        format!("{} 140:=handled{{\"mode\":\"manual\"}} 145:shut {}", opened(), beats(146, 200));
    check(
        held(),
        &script,
        &expect![[r#"
            120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            140s verify verify_inconclusive door_held_open@door-1 door_contact true for 125.0s: manual inconclusive - round 1 0/0
            165s clear cleared door_held_open@door-1 door_contact false for 145.0s
        "#]],
    );
}

#[test]
fn the_request_says_how_many_readings_and_how_long() {
    let script = format!(
        "{} 140:=handled{{\"settle_s\":0,\"window_s\":100,\"min_samples\":9}} 145:shut {}",
        opened(),
        beats(146, 300)
    );
    check(
        held(),
        &script,
        &expect![[r#"
        120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
        140s update verifying door_held_open@door-1 door_contact true for 125.0s
        240s verify verify_inconclusive door_held_open@door-1 door_contact false for 145.0s: sensor inconclusive too_few_samples round 1 0/6
        240s clear cleared door_held_open@door-1 door_contact false for 145.0s
    "#]],
    );
}

#[test]
fn a_restart_in_the_middle_listens_again() {
    let script =
        format!("{} 140:=handled 145:shut {} 190:! {}", opened(), beats(146, 190), beats(191, 400));
    check(
        held(),
        &script,
        &expect![[r#"
        120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
        140s update verifying door_held_open@door-1 door_contact true for 125.0s
        250s verify verified_clear door_held_open@door-1 door_contact false for 145.0s: sensor passed scene_clear round 1 0/3
    "#]],
    );
}

#[test]
fn a_case_that_is_closed_over_an_open_door_is_reported_again() {
    let script = format!("{} 140:=closed {}", opened(), beats(141, 300));
    check(
        held(),
        &script,
        &expect![[r#"
            120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            140s close closed case_closed door_held_open@door-1 door_contact true for 125.0s
            260s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
        "#]],
    );
}

#[test]
fn a_false_alarm_keeps_the_door_quiet_for_a_day() {
    let script = format!("{} 140:=false_alarm {}", opened(), beats(141, 600));
    check(
        held(),
        &script,
        &expect![[r#"
            120s open open door_held_open@door-1 door_contact true for 120.0s: 金海小区3号楼2单元门(示例)：门处于开启状态超过120秒（点位door-1）
            140s close closed false_alarm door_held_open@door-1 door_contact true for 125.0s
        "#]],
    );
}

#[test]
fn a_device_that_is_heard_again_has_passed() {
    let silent = rule("sensor_offline", "silent", r#"{"after_secs": 100}"#);
    let script = format!("0:+ 110:- 115:=handled {}", beats(120, 300));
    check(
        silent.clone(),
        &script,
        &expect![[r#"
            100s open open sensor_offline@- heartbeat false for 100.0s: 金海小区3号楼2单元门(示例)：超过100秒未收到设备信号
            115s update verifying sensor_offline@- heartbeat false for 110.0s
            195s verify verified_clear sensor_offline@- heartbeat true for 120.0s: sensor passed scene_clear round 1 0/3
        "#]],
    );
    check(
        silent,
        "0:+ 110:- 115:=handled 300:-",
        &expect![[r#"
            100s open open sensor_offline@- heartbeat false for 100.0s: 金海小区3号楼2单元门(示例)：超过100秒未收到设备信号
            115s update verifying sensor_offline@- heartbeat false for 110.0s
            195s verify verified_present sensor_offline@- heartbeat false for 195.0s: sensor failed still_present round 1 1/1
            255s update verifying sensor_offline@- heartbeat false for 255.0s
        "#]],
    );
}
