//! Re-checks of things that no detector has a class for.

use std::time::Duration;

use expect_test::{Expect, expect};

use super::super::script::standing;
use super::script::Court;
use crate::RuleSettings;
use rule::kind::obstruction::{ObstructionLimit, ObstructionSettings};

/// The left half, of which a thing may take no hundredth.
fn check(script: &str, expected: &Expect) {
    let limit = ObstructionLimit::Share(0.01);
    let obstruction = ObstructionSettings::new(limit, Duration::from_secs(30));
    let mut court = Court::of(RuleSettings { kind: obstruction.into(), ..standing() });
    court.play(script);
    expected.assert_eq(&court.log);
}

#[test]
fn what_is_gone_has_passed() {
    check(
        "s*10s su*40s +handled su*20s s*60s",
        &expect![[r#"
        36s open open - case -
        52s update verifying - case handled
        107s verify verified_clear - case handled: passed scene_clear round 1 0/12 again never [report+verify]
    "#]],
    );
}

#[test]
fn what_still_stands_has_failed() {
    check(
        "s*10s su*40s +handled su*60s",
        &expect![[r#"
        36s open open - case -
        52s update verifying - case handled
        107s verify verified_present - case handled: failed still_present round 1 12/12 again in 60s [report+verify]
    "#]],
    );
}

#[test]
fn an_eye_that_does_not_know_the_zone_never_says_that_it_is_free() {
    check(
        "s*10s su*40s +handled su*20s sx*60s",
        &expect![[r#"
            36s open open - case -
            52s update verifying - case handled
            107s verify verify_inconclusive - case handled: inconclusive too_few_samples round 1 0/0 again never [report+verify]
        "#]],
    );
    // What the detector sees shows that it is not.
    check(
        "s*10s su*40s +handled su*20s sxA*60s",
        &expect![[r#"
        36s open open - case -
        52s update verifying - case handled
        107s verify verified_present - case handled: failed still_present round 1 12/12 again in 60s [report+verify]
    "#]],
    );
}

#[test]
fn who_stands_before_it_hides_it() {
    check(
        "s*10s su*40s +handled su*20s sp*60s",
        &expect![[r#"
        36s open open - case -
        52s update verifying - case handled
        107s verify verify_inconclusive - case handled: inconclusive occluded round 1 0/0 again never [report+verify]
        110s clear cleared - case handled
    "#]],
    );
}

#[test]
fn a_night_in_which_nothing_is_seen_clears_nothing() {
    check(
        "s*10s su*40s sx*600s su*20s s*60s",
        &expect![[r#"
        36s open open - case -
        655s update open - case -
        699s clear cleared - case -
    "#]],
    );
}
