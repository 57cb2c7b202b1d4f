//! `forced`: a door opens although nobody was let in or out.

use expect_test::expect;

use super::super::stage::check;

#[test]
fn an_opening_without_a_release_is_told_two_seconds_later() {
    check(
        "forced",
        "{}",
        "0:shut 10:open 15:+ 20:shut",
        &expect![[r#"
            0    shut       clear
            10   open       candidate
            12   due        MET since 10 for 0s: 门被打开，此前10秒内无放行记录
            15   +          clear
            20   shut       clear
        "#]],
    );
}

#[test]
fn a_credential_a_button_or_a_fire_excuses_it() {
    for release in ["granted", "exit", "granted?", "fire"] {
        let script = format!("0:shut 5:{release} 10:open 15:+");
        let mut stage = super::super::stage::Stage::new("forced", "{}");
        assert!(!stage.play(&script).log.contains("MET"), "{}", stage.log);
    }
    check(
        "forced",
        "{}",
        "0:shut 5:granted 16:open 20:+",
        &expect![[r#"
            0    shut       clear
            5    granted    clear
            16   open       candidate
            18   due        MET since 16 for 0s: 门被打开，此前10秒内无放行记录
            20   +          clear
        "#]],
    );
    check(
        "forced",
        "{}",
        "0:shut 5:fire 300:shut 301:open 310:+",
        &expect![[r#"
            0    shut       clear
            5    fire       clear
            300  shut       clear
            301  open       candidate
            303  due        clear
            310  +          clear
        "#]],
    );
}

#[test]
fn a_credential_that_overtakes_nobody_comes_in_time() {
    check(
        "forced",
        "{}",
        "0:shut 10:open 11:granted 15:+",
        &expect![[r#"
            0    shut       clear
            10   open       candidate
            11   granted    candidate
            12   due        clear
            15   +          clear
        "#]],
    );
    check(
        "forced",
        "{}",
        "0:shut 10:open 14:granted 15:+",
        &expect![[r#"
            0    shut       clear
            10   open       candidate
            12   due        MET since 10 for 0s: 门被打开，此前10秒内无放行记录
            14   granted    clear
            15   +          clear
        "#]],
    );
    check(
        "forced",
        "{}",
        "0:shut 10:open 11@6:granted 15:+",
        &expect![[r#"
            0    shut       clear
            10   open       candidate
            11   granted    candidate
            12   due        clear
            15   +          clear
        "#]],
    );
}

#[test]
fn an_open_lock_excuses_it() {
    check(
        "forced",
        "{}",
        "0:shut 5:free 50:open 55:+ 60:shut 61:locked 70:open 75:+",
        &expect![[r#"
            0    shut       clear
            5    free       clear
            50   open       candidate
            52   due        clear
            55   +          clear
            60   shut       clear
            61   locked     clear
            70   open       candidate
            72   due        MET since 70 for 0s: 门被打开，此前10秒内无放行记录
            75   +          clear
        "#]],
    );
}

#[test]
fn another_point_releases_it_only_if_it_is_named() {
    check(
        "forced",
        "{}",
        "0:shut 9:granted/reader 10:open 15:+",
        &expect![[r#"
            0    shut       clear
            9    granted/reader clear
            10   open       candidate
            12   due        MET since 10 for 0s: 门被打开，此前10秒内无放行记录
            15   +          clear
        "#]],
    );
    let named = r#"{"release_points": ["reader"]}"#;
    check(
        "forced",
        named,
        "0:shut 9:granted/reader 10:open 15:+",
        &expect![[r#"
            0    shut       clear
            9    granted/reader clear
            10   open       candidate
            12   due        clear
            15   +          clear
        "#]],
    );
}

#[test]
fn a_first_word_and_one_after_a_silence_are_no_opening() {
    check(
        "forced",
        "{}",
        "0:open 5:+ 10:shut 100:open 110:+",
        &expect![[r#"
            0    open       clear
            5    +          clear
            10   shut       clear
            100  open       clear
            110  +          clear
        "#]],
    );
    check(
        "forced",
        "{}",
        "0:shut 10:bad 20:open 25:+",
        &expect![[r#"
            0    shut       clear
            10   bad        clear
            20   open       clear
            25   +          clear
        "#]],
    );
}

#[test]
fn a_restart_between_opening_and_verdict_loses_nothing() {
    check(
        "forced",
        "{}",
        "0:shut 10:open 11:! 15:+",
        &expect![[r#"
            0    shut       clear
            10   open       candidate
            15   +          clear
        "#]],
    );
    check(
        "forced",
        "{}",
        "0:shut 9:granted 9:! 10:open 10:! 15:+",
        &expect![[r#"
            0    shut       clear
            9    granted    clear
            10   open       candidate
            15   +          clear
        "#]],
    );
}
