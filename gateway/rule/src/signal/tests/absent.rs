//! `absent`: nobody signs in.

use expect_test::expect;

use super::super::stage::{Stage, check};

const WITHIN: &str = r#"{"within_secs": 100}"#;

#[test]
fn nobody_signs_in() {
    check(
        "absent",
        WITHIN,
        "0:+ 50:+ 99:+ 120:granted 160:+ 215:+ 221:+",
        &expect![[r#"
            0    +          clear
            50   +          clear
            99   +          clear
            100  due        MET since 0 for 100s: 超过100秒无人签到
            120  granted    clear
            160  +          clear
            215  +          clear
            220  due        MET since 120 for 100s: 超过100秒无人签到
            221  +          MET since 120 for 101s: 超过100秒无人签到
        "#]],
    );
}

#[test]
fn the_time_begins_with_the_hours() {
    check(
        "absent",
        WITHIN,
        "0:rest 50:rest 50:+ 100:+ 149:+ 151:+",
        &expect![[r#"
            50   +          clear
            100  +          clear
            149  +          clear
            150  due        MET since 50 for 100s: 超过100秒无人签到
            151  +          MET since 50 for 101s: 超过100秒无人签到
        "#]],
    );
}

#[test]
fn silence_is_not_absence() {
    check(
        "absent",
        WITHIN,
        "0:+ 200:- 300:+ 340:+ 345:+",
        &expect![[r#"
            0    +          clear
            200  -          unknown
            300  +          clear
            340  +          MET since 0 for 100s: 超过100秒无人签到
            345  +          MET since 0 for 105s: 超过100秒无人签到
        "#]],
    );
}

#[test]
fn a_point_may_say_that_somebody_is_there() {
    let terms = r#"{"within_secs": 100, "signal": "lock", "value": false}"#;
    let script = "0:free 50:+ 100:+ 150:locked 200:+ 249:+ 251:+ 260:free 270:bad 280:+ 300:free";
    check(
        "absent",
        terms,
        script,
        &expect![[r#"
            0    free       clear
            50   +          clear
            100  +          clear
            150  locked     clear
            200  +          clear
            249  +          clear
            250  due        MET since 150 for 100s: 超过100秒无人签到
            251  +          MET since 150 for 101s: 超过100秒无人签到
            260  free       clear
            270  bad        unknown
            280  +          unknown
            300  free       clear
        "#]],
    );
}

#[test]
fn it_may_be_signed_at_any_point_of_the_device() {
    let mut stage = Stage::at_point("absent", WITHIN, None);
    let script = "0:+ 50:granted/reader-2 100:+ 149:+ 151:+";
    expect![[r#"
        0    +          clear
        50   granted/reader-2 clear
        100  +          clear
        149  +          clear
        150  due        MET since 50 for 100s: 超过100秒无人签到
        151  +          MET since 50 for 101s: 超过100秒无人签到
    "#]]
    .assert_eq(&stage.play(script).log);
}

#[test]
fn bad_and_doubtful_words_are_no_sign() {
    check(
        "absent",
        WITHIN,
        "0:+ 40:bad 50:denied 60:+ 99:+ 101:+",
        &expect![[r#"
            0    +          clear
            40   bad        clear
            50   denied     clear
            60   +          clear
            99   +          clear
            100  due        MET since 0 for 100s: 超过100秒无人签到
            101  +          MET since 0 for 101s: 超过100秒无人签到
        "#]],
    );
}
