//! What `standing` must and must not report, one short story each.

use std::time::Duration;

use expect_test::expect;

use super::script::{Stage, check, profile, standing};
use crate::Assessor;
use crate::alert::{Action, CloseReason};
use rule::kind::standing::StandingSettings;

#[test]
fn there_from_the_first_picture_is_an_incident() {
    check(
        "A10",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn too_short_is_none() {
    check("A6 .10 A6 .10", &expect![[""]]);
}

#[test]
fn drop_outs_within_the_tolerance_do_not_reset() {
    check(
        "A2 . A2 . A4",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 5/7 pictures
        "#]],
    );
}

#[test]
fn out_of_sight_for_longer_resets() {
    check("A4 .3 A6", &expect![[""]]);
    check(
        "A4 .3 A7",
        &expect![[r#"
            65s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn too_few_of_the_pictures_prove_nothing() {
    check("A . A . A . A . A . A . A . A .", &expect![[""]]);
}

#[test]
fn a_swapped_track_at_the_same_place_goes_on() {
    check(
        "A4 B4",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
    check(
        "A2 . B2 . C2",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 5/7 pictures
        "#]],
    );
}

#[test]
fn passers_by_who_pause_one_after_another_do_not_add_up() {
    check("A4 aB4 bC4 cA4 aB4", &expect![[""]]);
}

#[test]
fn a_former_occupant_that_reappears_elsewhere_takes_its_time_along() {
    check(
        "A4 B2 aB8",
        &expect![[r#"
            50s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
    check(
        "A3 B C aC aC7",
        &expect![[r#"
            45s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn two_side_by_side_do_not_inherit_from_each_other() {
    check("A4 aB a a A4", &expect![[""]]);
}

#[test]
fn a_newcomer_seen_on_the_way_does_not_inherit() {
    check(
        "A4 b B8",
        &expect![[r#"
            55s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn walking_away_and_back_begins_again() {
    check("A5 a A6", &expect![[""]]);
    check(
        "A5 a A7",
        &expect![[r#"
            60s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn out_of_sight_clears_and_later_closes() {
    check(
        "A7 .20",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            50s clear alert 1 seq 2: 1 for 30s, 7/7 pictures
            115s close alert 1 seq 3: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn hidden_for_a_moment_does_not_clear() {
    check(
        "A7 .3 A3 .3 A",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn another_passing_by_does_not_prolong() {
    check(
        "A7 a4 b4 aB4 .20",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            50s clear alert 1 seq 2: 1 for 30s, 7/7 pictures
            115s close alert 1 seq 3: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn back_within_the_reopening_time_is_the_same_alert() {
    check(
        "A7 .5 A8 .5 .15",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            50s clear alert 1 seq 2: 1 for 30s, 7/7 pictures
            90s update alert 1 seq 3: 1 for 30s, 7/7 pictures
            115s clear alert 1 seq 4: 1 for 35s, 8/8 pictures
            180s close alert 1 seq 5: 1 for 35s, 8/8 pictures
        "#]],
    );
}

#[test]
fn back_later_is_a_new_alert_that_names_the_former() {
    let mut stage = Stage::new(vec![standing()]);
    stage.play("A7 .20 A7 .20 A7");
    expect![[r#"
        30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        50s clear alert 1 seq 2: 1 for 30s, 7/7 pictures
        115s close alert 1 seq 3: 1 for 30s, 7/7 pictures
        165s open alert 2 seq 1: 1 for 30s, 7/7 pictures
        185s clear alert 2 seq 2: 1 for 30s, 7/7 pictures
        250s close alert 2 seq 3: 1 for 30s, 7/7 pictures
        300s open alert 3 seq 1: 1 for 30s, 7/7 pictures
    "#]]
    .assert_eq(&stage.log);
    let opened: Vec<_> = stage.messages.iter().filter(|m| m.action == Action::Open).collect();
    let repeats: Vec<_> = opened.iter().map(|m| m.dedupe.repeat_count).collect();
    assert_eq!(repeats, [0, 1, 2]);
    let previous: Vec<_> = opened.iter().map(|m| m.dedupe.previous_alert_id).collect();
    assert_eq!(previous, [None, Some(opened[0].alert_id), Some(opened[1].alert_id)]);
    assert!(opened.iter().all(|m| m.dedupe.key == opened[0].dedupe.key));
}

#[test]
fn a_gap_counts_neither_as_dwell_nor_as_absence() {
    check("A4 |100 A2", &expect![[""]]);
    check(
        "A4 |100 A4",
        &expect![[r#"
            135s open alert 1 seq 1: 1 for 30s, 8/8 pictures
        "#]],
    );
    check(
        "A7 .2 |100 .2",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
    check(
        "A7 .2 |100 .3",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            155s clear alert 1 seq 2: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn a_gap_alone_says_nothing() {
    check("|100 A |1000 A |1000 A", &expect![[""]]);
    check(
        "A7 |100000 A",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            100035s update alert 1 seq 2: 1 for 30s, 8/8 pictures
        "#]],
    );
}

#[test]
fn every_ten_minutes_an_update_says_that_it_is_still_there() {
    check(
        "A130 |1000 A250",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            630s update alert 1 seq 2: 1 for 630s, 127/127 pictures
            1650s update alert 1 seq 3: 1 for 645s, 131/131 pictures
            2250s update alert 1 seq 4: 1 for 1245s, 251/251 pictures
            2850s update alert 1 seq 5: 1 for 1845s, 371/371 pictures
        "#]],
    );
}

#[test]
fn a_second_object_is_an_update_once_it_has_stood_too() {
    check(
        "A7 AD30",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            90s update alert 1 seq 2: 2 for 90s, 19/19 pictures
        "#]],
    );
    check(
        "AD30",
        &expect![[r#"
            30s open alert 1 seq 1: 2 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn a_restart_neither_repeats_nor_forgets() {
    check(
        "!60 A7",
        &expect![[r#"
            90s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
    check(
        "A4 !60 A4",
        &expect![[r#"
            95s open alert 1 seq 1: 1 for 30s, 8/8 pictures
        "#]],
    );
    check(
        "A4 ~60 A4",
        &expect![[r#"
            95s open alert 1 seq 1: 1 for 30s, 8/8 pictures
        "#]],
    );
    check(
        "A8 !60 A8",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
    check(
        "A8 !60 .5",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            120s clear alert 1 seq 2: 1 for 35s, 8/8 pictures
        "#]],
    );
    check(
        "A7 .2 !60 .2 .9",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            115s clear alert 1 seq 2: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn a_restart_after_clearing_still_knows_the_alert() {
    check(
        "A7 .5 !10 A7",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            50s clear alert 1 seq 2: 1 for 30s, 7/7 pictures
            100s update alert 1 seq 3: 1 for 30s, 7/7 pictures
        "#]],
    );
    check(
        "A7 .5 !600 A7",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            50s clear alert 1 seq 2: 1 for 30s, 7/7 pictures
            660s close alert 1 seq 3: 1 for 30s, 7/7 pictures
            690s open alert 2 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
    check(
        "A7 .20 !10 A7",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            50s clear alert 1 seq 2: 1 for 30s, 7/7 pictures
            115s close alert 1 seq 3: 1 for 30s, 7/7 pictures
            175s open alert 2 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn an_alert_whose_rule_is_gone_is_cancelled() {
    let mut stage = Stage::new(vec![standing()]);
    stage.play("A8");
    stage.rules = Vec::new();
    stage.play("!5 !5 . .");
    expect![[r#"
        30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        50s close alert 1 seq 2: 1 for 35s, 8/8 pictures
    "#]]
    .assert_eq(&stage.log);
    let last = stage.messages.last().unwrap();
    assert_eq!(last.action, Action::Close(CloseReason::Cancelled));
    assert_eq!(
        last.detection.finding.subjects,
        [],
        "this picture's boxes, not those of an old one"
    );
}

#[test]
fn an_edited_dwell_applies_to_the_time_already_stood() {
    let mut stage = Stage::new(vec![standing()]);
    stage.play("A4");
    let settings = stage.rules[0].kind.settings::<StandingSettings>().unwrap();
    let edited = StandingSettings { dwell: Duration::from_secs(15), ..settings.clone() };
    stage.rules[0].kind = edited.into();
    stage.play("!5 A2");
    expect![[r#"
        25s open alert 1 seq 1: 1 for 15s, 5/5 pictures
    "#]]
    .assert_eq(&stage.log);
}

#[test]
fn sampling_follows_the_phase() {
    let mut stage = Stage::new(vec![standing()]);
    let mut seen = Vec::new();
    for script in [".", "A", "A6", ".", "A7"] {
        stage.play(script);
        seen.push(stage.assessor.sampling().interval.as_millis());
    }
    assert_eq!(seen, [3_000, 3_000, 3_333, 3_333, 3_333]);
    let none = Assessor::new(profile(), Vec::new()).unwrap();
    assert_eq!(none.sampling().interval, Duration::MAX);
}
