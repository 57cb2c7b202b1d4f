//! A clock that steps back: by seconds where a new session falls back to arrival times, by an hour
//! where somebody sets a camera right. It costs no dwell, no alert and no closing.

use expect_test::expect;

use super::script::{Stage, check, standing};

#[test]
fn a_dwell_goes_on() {
    check("|9000 A4 <3 A3", &expect![[""]]);
    check(
        "|9000 A4 <3 A4",
        &expect![[r#"
            9027s open alert 1 seq 1: 1 for 30s, 8/8 pictures
        "#]],
    );
    check(
        "|9000 A4 <3600 A4",
        &expect![[r#"
            5430s open alert 1 seq 1: 1 for 30s, 8/8 pictures
        "#]],
    );
    check(
        "|9000 A4 !0 <3600 A4",
        &expect![[r#"
            5430s open alert 1 seq 1: 1 for 30s, 8/8 pictures
        "#]],
    );
    check(
        "|9000 A4 <0 A4",
        &expect![[r#"
            9030s open alert 1 seq 1: 1 for 30s, 8/8 pictures
        "#]],
    );
}

#[test]
fn a_moment_out_of_sight_is_still_tolerated() {
    check(
        "|9000 A4 . <3 . A4",
        &expect![[r#"
            9027s open alert 1 seq 1: 1 for 30s, 6/8 pictures
        "#]],
    );
    check(
        "|9000 A4 . <3600 . A4",
        &expect![[r#"
            5430s open alert 1 seq 1: 1 for 30s, 6/8 pictures
        "#]],
    );
    check("|9000 A4 .2 <3 . A4", &expect![[""]]);
}

#[test]
fn an_open_alert_neither_clears_nor_opens_again() {
    check(
        "|9000 A8 <3 A40",
        &expect![[r#"
            9030s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
    check(
        "|9000 A8 <3600 A40",
        &expect![[r#"
            9030s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
    check(
        "|9000 A8 .2 <3600 . A40",
        &expect![[r#"
            9030s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn an_open_alert_is_still_updated_cleared_and_closed() {
    check(
        "|9000 A8 <3600 A125 .5 .14",
        &expect![[r#"
            9030s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            6035s update alert 1 seq 2: 1 for 635s, 129/129 pictures
            6075s clear alert 1 seq 3: 1 for 655s, 133/133 pictures
            6140s close alert 1 seq 4: 1 for 655s, 133/133 pictures
        "#]],
    );
}

#[test]
fn a_cleared_alert_still_reopens_or_closes() {
    check(
        "|9000 A7 .5 <3600 A7",
        &expect![[r#"
            9030s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            9050s clear alert 1 seq 2: 1 for 30s, 7/7 pictures
            5485s update alert 1 seq 3: 1 for 30s, 7/7 pictures
        "#]],
    );
    check(
        "|9000 A7 .5 <3600 .14",
        &expect![[r#"
            9030s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            9050s clear alert 1 seq 2: 1 for 30s, 7/7 pictures
            5520s close alert 1 seq 3: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn an_old_track_number_on_another_object_says_nothing() {
    // `b` is number 1 now, as A was.
    check(
        "|9000 A4 <3600 b bA4",
        &expect![[r#"
            5430s open alert 1 seq 1: 1 for 30s, 7/8 pictures
        "#]],
    );
    // So is D, elsewhere in the zone.
    check("|9000 A4 <3600 D6", &expect![[""]]);
    // So is another that passes by after B took over from A.
    check(
        "|9000 A2 B2 <3600 bA4",
        &expect![[r#"
            5430s open alert 1 seq 1: 1 for 30s, 8/8 pictures
        "#]],
    );
    // A is number 2 now, as one that passed by in front of it was.
    check(
        "|9000 A4 b <3600 cA4",
        &expect![[r#"
            5430s open alert 1 seq 1: 1 for 30s, 7/8 pictures
        "#]],
    );
}

#[test]
fn an_alert_whose_rule_is_gone_ends_no_earlier_than_it_began() {
    let mut stage = Stage::new(vec![standing()]);
    stage.play("|9000 A8");
    stage.rules = Vec::new();
    stage.play("!5 <3600 .");
    // The stage checks the order of the times.
    expect![[r#"
        9030s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        5435s close alert 1 seq 2: 1 for 35s, 8/8 pictures
    "#]]
    .assert_eq(&stage.log);
}
