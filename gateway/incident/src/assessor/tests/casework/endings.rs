//! How cases end, and what follows.

use expect_test::expect;

use super::super::script::standing;
use super::script::{Court, check};

#[test]
fn what_is_opened_next_is_linked_to_the_closed_case() {
    let mut court = Court::new();
    court.play("sA*40s +closed sA*60s");
    let [first, .., next] = &court.alerts[..] else { panic!("{}", court.log) };
    assert_eq!(next.dedupe.previous_alert_id, Some(first.alert_id));
    assert_eq!((next.seq, next.dedupe.repeat_count), (1, 1));
    assert_eq!(next.case, None);
}

#[test]
fn a_case_that_is_never_closed_expires() {
    check(
        "sA*40s +received s*3700s s*100s",
        &expect![[r#"
        30s open open - case -
        63s clear cleared - case received
        3666s close closed expired case received
    "#]],
    );
}

#[test]
fn what_is_cleared_is_closed_although_the_camera_has_fallen_silent() {
    check(
        "sA*40s s*30s |300 sA*60s",
        &expect![[r#"
        30s open open - case -
        63s clear cleared - case -
        184s close closed self_cleared case -
        405s open open - case -
    "#]],
    );
    check(
        "sA*40s +received s*30s |4000",
        &expect![[r#"
        30s open open - case -
        63s clear cleared - case received
        3724s close closed expired case received
    "#]],
    );
    // A minute longer than with pictures.
    check(
        "sA*40s s*30s |80 sA*10s",
        &expect![[r#"
        30s open open - case -
        63s clear cleared - case -
        155s close closed self_cleared case -
    "#]],
    );
}

#[test]
fn silence_clears_nothing() {
    check(
        "sA*40s |300 sA*10s",
        &expect![[r#"
        30s open open - case -
    "#]],
    );
    check(
        "sA*40s s*10s |300 s*20s",
        &expect![[r#"
        30s open open - case -
        366s clear cleared - case -
    "#]],
    );
}

#[test]
fn a_summary_that_is_taken_up_outlasts_its_day() {
    let mut rule = standing();
    rule.lifecycle.daily_cap = 1;
    let mut court = Court::of(rule);
    court.play("sA*40s s*100s sA*40s");
    court.turn_to_latest();
    // It is ten past nine in the morning.
    court.play("+accepted |54000 sA*100s s*100s +closed sA*60s");
    expect![[r#"
        30s open open - case -
        63s clear cleared - case -
        126s close closed self_cleared case -
        174s open open - case -
        54187s update open - case accepted
        54391s close closed case_closed case closed
        54421s open open - case -
    "#]]
    .assert_eq(&court.log);
}
