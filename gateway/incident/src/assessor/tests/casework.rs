//! Tables of what a camera showed, what the case system said, and what must follow.

mod absence;
mod blind;
mod clock_steps;
mod company;
mod endings;
mod hours;
// The made-up street of the rules' tests, which is no part of their crate for others.
#[path = "../../../../rule/src/kind/view_fault/tests/picture.rs"]
mod picture;
mod script;
mod silences;
mod things;

use expect_test::expect;

use script::{Court, check};

#[test]
fn a_cleared_alert_waits_for_its_case() {
    check(
        "sA*40s +received +2:accepted s*200s +dispatched s*60s +closed",
        &expect![[r#"
        30s open open - case -
        63s clear cleared - case accepted
        306s close closed case_closed case closed
    "#]],
    );
}

#[test]
fn without_a_case_or_rejected_it_goes_on_by_itself() {
    check(
        "sA*40s s*150s",
        &expect![[r#"
        30s open open - case -
        63s clear cleared - case -
        126s close closed self_cleared case -
    "#]],
    );
    check(
        "sA*40s +received +rejected s*150s",
        &expect![[r#"
        30s open open - case -
        63s clear cleared - case rejected
        126s close closed self_cleared case rejected
    "#]],
    );
}

#[test]
fn passed() {
    check(
        "sA*40s +received +handled s*60s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            98s verify verified_clear - case handled: passed scene_clear round 1 0/12 again never [report+verify]
        "#]],
    );
}

#[test]
fn still_present_and_checked_again_until_it_is_gone() {
    check(
        "sA*40s +received +handled sA*60s sA*60s s*60s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            98s verify verified_present - case handled: failed still_present round 1 12/12 again in 60s [report+verify]
            161s update verifying - case handled
            192s verify verified_clear - case handled: passed scene_clear round 2 1/11 again never [report+verify]
        "#]],
    );
}

#[test]
fn failed_to_the_end_and_closed_by_force() {
    check(
        "sA*40s +handled sA*360s +closed sA*60s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            98s verify verified_present - case handled: failed still_present round 1 12/12 again in 60s [report+verify]
            161s update verifying - case handled
            192s verify verified_present - case handled: failed still_present round 2 11/11 again in 120s [report+verify]
            316s update verifying - case handled
            347s verify verified_present - case handled: failed still_present round 3 11/11 again never [report+verify]
            404s close closed case_closed case closed
            434s open open - case -
        "#]],
    );
}

#[test]
fn a_weak_sighting_counts_as_present() {
    check(
        "sA*40s +handled s*20s sw*40s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            98s verify verified_present - case handled: failed still_present round 1 12/12 again in 60s [report+verify]
            101s clear cleared - case handled
        "#]],
    );
}

#[test]
fn a_similar_object() {
    check(
        "sA*40s +handled s*20s sB*40s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            98s verify verified_present - case handled: failed similar_object_present round 1 12/12 again in 60s [report+verify]
        "#]],
    );
}

#[test]
fn one_passer_by_is_nothing_and_a_mixed_picture_is_inconclusive() {
    check(
        "sA*40s +handled s*20s sA s*40s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            98s verify verified_clear - case handled: passed scene_clear round 1 1/12 again never [report+verify]
        "#]],
    );
    check(
        "sA*40s +handled s*20s sA*2 s*40s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            98s verify verify_inconclusive - case handled: inconclusive too_few_samples round 1 2/12 again never [report+verify]
            101s clear cleared - case handled
        "#]],
    );
}

#[test]
fn the_same_view_in_other_light_is_still_the_same() {
    check(
        "sA*40s +handled s*20s g*40s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            98s verify verified_clear - case handled: passed scene_clear round 1 0/12 again never [report+verify]
        "#]],
    );
}

#[test]
fn an_alert_that_an_older_version_opened_is_for_a_person_to_check() {
    let mut court = Court::new();
    court.play("sA*40s");
    let mut old: serde_json::Value =
        serde_json::from_slice(&court.assessor.memory().unwrap()).unwrap();
    let rule = old["rules"][0].as_object_mut().unwrap();
    rule.retain(|key, _| !["mute", "awaits_clear"].contains(&key.as_str()));
    let unknown = ["report", "case", "recheck", "verification", "verdict_stands"];
    rule["current"].as_object_mut().unwrap().retain(|key, _| !unknown.contains(&key.as_str()));
    court.assessor.restore(old.to_string().as_bytes()).unwrap();
    court.play("+handled");
    expect![[r#"
        30s open open - case -
        43s verify verify_inconclusive - case handled: inconclusive - round 1 0/0 again never []
    "#]]
    .assert_eq(&court.log);
}

#[test]
fn a_check_can_be_commanded_and_nothing_that_is_heard_ends_it() {
    let mut court = Court::new();
    court.play("sA*40s +received s*60s");
    court.check_now();
    court.play("+accepted s*50s");
    expect![[r#"
        30s open open - case -
        63s clear cleared - case received
        105s update verifying - case received
        136s verify verified_clear - case accepted: passed scene_clear round 1 0/12 again never [report+verify]
    "#]].assert_eq(&court.log);
}

#[test]
fn a_silent_camera_ends_the_check() {
    check(
        "sA*40s +handled |120",
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        103s verify verify_inconclusive - case handled: inconclusive camera_offline round 1 0/0 again never [report]
    "#]],
    );
    check(
        "sA*40s +handled s*25s |120",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            107s verify verify_inconclusive - case handled: inconclusive camera_offline round 1 0/1 again never [report]
        "#]],
    );
}

#[test]
fn a_restart_in_the_middle_looks_again_and_tells_nothing_twice() {
    check(
        "sA*40s +received +handled s*30s !5 s*60s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            111s verify verified_clear - case handled: passed scene_clear round 1 0/12 again never [report+verify]
        "#]],
    );
    check(
        "sA*40s +received +handled !100 s*60s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            174s verify verified_clear - case handled: passed scene_clear round 1 0/12 again never [report+verify]
        "#]],
    );
    check(
        "sA*40s +received +handled sA*50s !5 sA*120s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            131s verify verified_present - case handled: failed still_present round 1 12/12 again in 60s [report+verify]
            194s update verifying - case handled
        "#]],
    );
}

#[test]
fn a_second_request_is_answered_by_the_check_under_way() {
    check(
        "sA*40s +handled s*30s +verify_request s*30s +press s*10s +verify_request s*60s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            98s verify verified_clear - case verify_requested: passed scene_clear round 1 0/12 again never [report+verify]
            119s update verifying - case verify_requested
            171s verify verified_clear - case verify_requested: passed scene_clear round 1 0/12 again never [report+verify]
        "#]],
    );
}

#[test]
fn work_that_goes_on_ends_the_check() {
    check(
        "sA*40s +handled s*30s +returned s*30s +handled s*60s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            75s update open - case returned
            75s clear cleared - case returned
            105s update verifying - case handled
            157s verify verified_clear - case handled: passed scene_clear round 1 0/12 again never [report+verify]
        "#]],
    );
}

#[test]
fn a_case_closed_while_it_is_being_verified() {
    check(
        "sA*40s +handled sA*30s +closed sA*60s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            75s close closed case_closed case closed
            105s open open - case -
        "#]],
    );
}

#[test]
fn a_clock_that_steps_back_delays_the_verdict_and_no_more() {
    check(
        "sA*40s +handled s*30s <3600 s*60s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            0s verify verified_clear - case handled: passed scene_clear round 1 0/15 again never [report+verify]
        "#]],
    );
}

#[test]
fn a_person_is_asked_for() {
    check(
        "sA*40s +handled{\"verify\":{\"mode\":\"manual\"}} s*60s +verify_request s*60s",
        &expect![[r#"
            30s open open - case -
            43s verify verify_inconclusive - case handled: inconclusive - round 1 0/0 again never [report]
            63s clear cleared - case handled
            105s update verifying - case verify_requested
            157s verify verified_clear - case verify_requested: passed scene_clear round 1 0/12 again never [report+verify]
        "#]],
    );
}

#[test]
fn the_request_says_how() {
    check(
        "sA*40s +handled{\"verify\":{\"settle_s\":0,\"window_s\":60,\"min_samples\":3}} s*70s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            106s verify verified_clear - case handled: passed scene_clear round 1 0/13 again never [report+verify]
        "#]],
    );
}
