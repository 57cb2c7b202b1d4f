//! Re-checks of what was missing: it has passed when it is seen again.

use std::time::Duration;

use expect_test::{Expect, expect};
use scene::Class;

use super::super::script::standing;
use super::script::Court;
use crate::RuleSettings;
use rule::kind::absence::AbsenceSettings;

/// A car that must stand in the left half.
fn check(script: &str, expected: &Expect) {
    let absence = AbsenceSettings {
        dwell: Duration::from_secs(30),
        ..AbsenceSettings::new(vec![Class::new("car")])
    };
    let mut court = Court::of(RuleSettings { kind: absence.into(), ..standing() });
    court.play(script);
    expected.assert_eq(&court.log);
}

#[test]
fn what_is_back_has_passed() {
    check(
        "s*40s +handled s*20s sA*60s",
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verified_clear - case handled: passed scene_clear round 1 0/12 again never [report+verify]
    "#]],
    );
}

#[test]
fn what_is_still_missing_has_failed() {
    check(
        "s*40s +handled s*60s",
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verified_present - case handled: failed still_present round 1 12/12 again in 60s [report+verify]
    "#]],
    );
    // A weak sighting and one elsewhere do not bring it back.
    check(
        "s*40s +handled sw*60s",
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verified_present - case handled: failed still_present round 1 12/12 again in 60s [report+verify]
    "#]],
    );
    check(
        "s*40s +handled sa*60s",
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verified_present - case handled: failed still_present round 1 12/12 again in 60s [report+verify]
    "#]],
    );
}

#[test]
fn what_the_detector_misses_now_and_then_is_back() {
    let third = "sA*2 s*1 ".repeat(5);
    check(
        &format!("s*40s +handled s*20s {third}"),
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verified_clear - case handled: passed scene_clear round 1 4/12 again never [report+verify]
    "#]],
    );
    let most = "sA*1 s*3 ".repeat(5);
    check(
        &format!("s*40s +handled s*20s {most}"),
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verify_inconclusive - case handled: inconclusive too_few_samples round 1 9/12 again never [report+verify]
    "#]],
    );
}

#[test]
fn a_camera_that_looks_elsewhere_tells_nothing() {
    check(
        "s*40s +handled t*60s",
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        98s verify verify_inconclusive - case handled: inconclusive camera_moved round 1 0/0 again never [report+verify]
    "#]],
    );
}

#[test]
fn it_clears_and_closes_by_itself() {
    check(
        "s*40s sA*120s",
        &expect![[r#"
        30s open open - case -
        63s clear cleared - case -
        126s close closed self_cleared case -
    "#]],
    );
}
