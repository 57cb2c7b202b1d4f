//! Cases of rules that rest, or for which a class is legal at some hours. Stories begin on Sunday
//! at 09:10.

use std::time::Duration;

use expect_test::{Expect, expect};
use scene::Class;

use super::super::script::standing;
use super::script::Court;
use crate::RuleSettings;
use rule::{schedule::Allowance, schedule::Hours, schedule::Schedule};

fn within(hours: &str) -> RuleSettings {
    let schedule = Schedule { hours: Some(Hours::parse(&[hours]).unwrap()), ..Schedule::default() };
    RuleSettings { schedule, ..standing() }
}

fn legal(class: &str, hours: &str) -> RuleSettings {
    let hours = Hours::parse(&[hours]).unwrap();
    let allowed = vec![Allowance { classes: vec![Class::new(class)], hours }];
    RuleSettings { schedule: Schedule { allowed, ..Schedule::default() }, ..standing() }
}

fn check(rule: RuleSettings, script: &str, expected: &Expect) {
    let mut court = Court::of(rule);
    court.play(script);
    expected.assert_eq(&court.log);
}

#[test]
fn hours_that_end_during_a_check_clear_after_its_verdict() {
    check(
        within("Sun 09:00-09:11"),
        "sA*40s +handled sA*100s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            98s verify verify_inconclusive - case handled: inconclusive too_few_samples round 1 0/0 again never [report+verify]
            101s clear cleared - case handled
        "#]],
    );
}

#[test]
fn a_resting_rule_wants_pictures_until_its_alert_is_cleared() {
    let mut court = Court::of(within("Sun 09:00-09:11"));
    court.play("sA*40s +handled");
    while !court.log.contains("verify ") {
        court.play("sA");
    }
    assert!(court.assessor.sampling().interval < Duration::from_mins(1));
    court.play("sA");
    assert!(court.log.contains("clear "), "{}", court.log);
    assert_eq!(court.assessor.sampling().interval, Duration::MAX);
}

#[test]
fn pictures_outside_the_hours_are_no_samples() {
    let mut court = Court::of(within("Sun 09:00-09:11"));
    court.play("sA*40s +handled{\"verify\":{\"settle_s\":120}} sA*300s");
    expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        198s verify verify_inconclusive - case handled: inconclusive too_few_samples round 1 0/0 again never [report+verify]
        201s clear cleared - case handled
    "#]].assert_eq(&court.log);
}

#[test]
fn what_is_legal_by_the_time_of_the_check_is_no_offence() {
    check(
        legal("car", "Sun 09:11-10:00"),
        "sA*40s +handled sA*100s",
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verified_clear - case handled: passed scene_clear round 1 0/12 again never [report+verify]
    "#]],
    );
    check(
        legal("truck", "Sun 09:11-10:00"),
        "sA*40s +handled sA*70s",
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verified_present - case handled: failed still_present round 1 12/12 again in 60s [report+verify]
    "#]],
    );
}
