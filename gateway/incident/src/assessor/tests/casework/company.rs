//! Re-checks of what is an offence only beside something else: a car on a wire.

use std::time::Duration;

use expect_test::{Expect, expect};
use scene::Class;

use super::super::script::standing;
use super::script::Court;
use crate::RuleSettings;
use rule::kind::beside::BesideSettings;

fn check(script: &str, expected: &Expect) {
    let (car, wire) = (vec![Class::new("car")], vec![Class::new("wire")]);
    let beside = BesideSettings {
        gap_tolerance: Duration::from_secs(10),
        ..BesideSettings::new(car, wire, Duration::from_secs(30))
    };
    let mut court = Court::of(RuleSettings { kind: beside.into(), ..standing() });
    court.play(script);
    expected.assert_eq(&court.log);
}

#[test]
fn what_stands_alone_by_now_has_passed() {
    check(
        "sAW*40s +handled sA*60s",
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verified_clear - case handled: passed scene_clear round 1 0/12 again never [report+verify]
    "#]],
    );
}

#[test]
fn what_was_near_may_stay_behind() {
    check(
        "sAW*40s +handled sW*60s",
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verified_clear - case handled: passed scene_clear round 1 0/12 again never [report+verify]
    "#]],
    );
}

#[test]
fn both_together_have_failed_wherever_they_are_seen() {
    check(
        "sAW*40s +handled sAW*60s",
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verified_present - case handled: failed still_present round 1 12/12 again in 60s [report+verify]
    "#]],
    );
    check(
        "sAW*40s +handled s*20s sBW*40s",
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verified_present - case handled: failed similar_object_present round 1 12/12 again in 60s [report+verify]
    "#]],
    );
}
