//! What keeps a rule from opening alerts, and for how long: false alarms, what people ask for, what
//! is known to stand there.

use std::time::Duration;

use expect_test::expect;
use serde_json::{Value, json};

use super::super::script::START;
use super::script::{Court, check};

const SPAN: Duration = Duration::from_mins(5);

#[test]
fn a_rule_can_be_muted_by_hand() {
    let mut court = Court::new();
    court.play("sA*10s");
    let muted = court.assessor.mute(|rule, _, _| rule == "standing-v1", START, SPAN);
    assert_eq!((muted, court.assessor.mute(|_, zone, _| zone == "no", START, SPAN)), (1, 0));
    court.play("sA*400s");
    expect![[r#"
        309s open open - case -
    "#]]
    .assert_eq(&court.log);
}

#[test]
fn a_false_alarm_mutes_for_a_while_over_a_restart() {
    check(
        "sA*40s +false_alarm sA*300s !10 sA*400s",
        &expect![[r#"
        30s open open - case -
        43s close closed false_alarm case false_alarm
        644s open open - case -
    "#]],
    );
    check(
        "sA*40s +false_alarm sA*60s +reopened sA*60s",
        &expect![[r#"
        30s open open - case -
        43s close closed false_alarm case false_alarm
        103s open open - case -
    "#]],
    );
}

#[test]
fn a_false_alarm_whose_case_is_closed_as_well_still_mutes() {
    check(
        "sA*40s +false_alarm sA*60s +closed sA*100s +evaluated sA*400s",
        &expect![[r#"
        30s open open - case -
        43s close closed false_alarm case false_alarm
    "#]],
    );
}

#[test]
fn what_was_merged_or_withdrawn_is_not_opened_again_while_it_stands_there() {
    check(
        "sA*40s +merged{\"case\":{\"system\":\"s\",\"merged_into\":\"01932f10-7a10-7b00-8a00-0000000000a2\"}} sA*60s s*60s sA*60s",
        &expect![[r#"
            30s open open - case -
            43s close closed merged case merged
            193s open open - case -
        "#]],
    );
    check(
        "sA*40s +cancelled sA*60s s*60s sA*60s",
        &expect![[r#"
        30s open open - case -
        43s close closed cancelled case cancelled
        193s open open - case -
    "#]],
    );
}

#[test]
fn a_false_alarm_does_not_shorten_what_a_person_asked_for() {
    let mut court = Court::new();
    court.play("sA*40s");
    // A false alarm mutes for ten minutes only.
    court.mute(Duration::from_hours(1));
    court.play("+false_alarm sA*700s !10 sA*3000s");
    expect![[r#"
        30s open open - case -
        43s close closed false_alarm case false_alarm
        3644s open open - case -
    "#]]
    .assert_eq(&court.log);
}

#[test]
fn a_false_alarm_that_is_taken_back_leaves_what_a_person_asked_for() {
    let mut court = Court::new();
    court.play("sA*40s +false_alarm sA*60s");
    court.mute(Duration::from_hours(1));
    court.play("+reopened sA*3700s");
    expect![[r#"
        30s open open - case -
        43s close closed false_alarm case false_alarm
        3703s open open - case -
    "#]]
    .assert_eq(&court.log);
}

#[test]
fn unmuted_is_unmuted_and_hearing_the_case_again_changes_nothing() {
    let mut court = Court::new();
    court.play("sA*40s");
    court.mute(Duration::from_hours(1));
    court.play("+false_alarm sA*60s");
    court.mute(Duration::ZERO);
    court.play("+evaluated sA*10s");
    expect![[r#"
        30s open open - case -
        43s close closed false_alarm case false_alarm
        103s open open - case -
    "#]]
    .assert_eq(&court.log);
}

#[test]
fn a_false_alarm_of_long_ago_mutes_as_well_and_once() {
    let mut court = Court::new();
    // Three alerts, and a case for the first.
    court.play("sA*40s s*200s sA*40s s*200s sA*40s s*200s");
    court.play("+false_alarm sA*500s +closed sA*200s");
    expect![[r#"
        30s open open - case -
        63s clear cleared - case -
        126s close closed self_cleared case -
        276s open open - case -
        309s clear cleared - case -
        372s close closed self_cleared case -
        522s open open - case -
        555s clear cleared - case -
        618s close closed self_cleared case -
        1338s open open - case -
    "#]]
    .assert_eq(&court.log);
}

#[test]
fn of_two_false_alarms_one_is_taken_back() {
    let mut court = Court::new();
    court.play("sA*40s s*200s sA*40s");
    court.turn_to_latest();
    court.play("+false_alarm sA*200s");
    court.turn_to_first();
    court.play("+false_alarm sA*200s +reopened sA*300s");
    expect![[r#"
        30s open open - case -
        63s clear cleared - case -
        126s close closed self_cleared case -
        276s open open - case -
        289s close closed false_alarm case false_alarm
        889s open open - case -
    "#]]
    .assert_eq(&court.log);
}

#[test]
fn what_was_withdrawn_is_opened_again_once_its_case_is() {
    check(
        "sA*40s +cancelled sA*60s +reopened sA*60s",
        &expect![[r#"
        30s open open - case -
        43s close closed cancelled case cancelled
        103s open open - case -
    "#]],
    );
}

#[test]
fn what_was_withdrawn_is_known_for_a_day_at_most() {
    check(
        "sA*40s +cancelled sA*5s |80000 !5 sA*60s |6300 sA*200s",
        &expect![[r#"
            30s open open - case -
            43s close closed cancelled case cancelled
            86444s open open - case -
        "#]],
    );
}

fn memory(court: &Court) -> Value {
    serde_json::from_slice(&court.assessor.memory().unwrap()).unwrap()
}

#[test]
fn a_false_alarm_that_an_older_version_heard_is_known() {
    let mut court = Court::new();
    court.play("sA*40s +false_alarm sA*60s");
    let now = memory(&court);
    let mut old = now.clone();
    let rule = old["rules"][0].as_object_mut().unwrap();
    let known = rule.remove("false_alarms").unwrap();
    let mute = json!([known[0][1], known[0][2], known[0][0]]);
    rule.insert("mute".to_owned(), mute);
    court.assessor.restore(old.to_string().as_bytes()).unwrap();
    assert_eq!(memory(&court), now);
}

#[test]
fn what_an_older_version_knew_to_stand_there_is_known() {
    let mut court = Court::new();
    court.play("sA*40s +cancelled");
    let mut old = memory(&court);
    old["rules"][0].as_object_mut().unwrap().remove("awaits_clear_of").unwrap();
    court.assessor.restore(old.to_string().as_bytes()).unwrap();
    court.play("sA*60s s*60s sA*40s");
    expect![[r#"
        30s open open - case -
        43s close closed cancelled case cancelled
        193s open open - case -
    "#]]
    .assert_eq(&court.log);
}
