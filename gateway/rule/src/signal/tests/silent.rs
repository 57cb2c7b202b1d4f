//! `silent`: nothing is heard.

use expect_test::expect;

use super::super::stage::{Stage, check};

const AFTER: &str = r#"{"after_secs": 100}"#;

fn whole(script: &str, expected: &expect_test::Expect) {
    expected.assert_eq(&Stage::at_point("silent", AFTER, None).play(script).log);
}

#[test]
fn a_device_that_says_nothing_is_told() {
    whole(
        "0:+ 50:open 99:bad 149:- 151:- 200:- 210:+",
        &expect![[r#"
            0    +          clear
            50   open       clear
            99   bad        clear
            149  -          clear
            150  due        MET since 50 for 100s: 超过100秒未收到设备信号
            151  -          MET since 50 for 101s: 超过100秒未收到设备信号
            200  -          MET since 50 for 150s: 超过100秒未收到设备信号
            210  +          clear
        "#]],
    );
}

#[test]
fn one_that_never_spoke_is_told_too() {
    whole(
        "0:- 99:- 101:- 120:open",
        &expect![[r#"
            0    -          clear
            99   -          clear
            100  due        MET since 0 for 100s: 超过100秒未收到设备信号
            101  -          MET since 0 for 101s: 超过100秒未收到设备信号
            120  open       clear
        "#]],
    );
}

#[test]
fn somebody_says_that_it_is_gone() {
    whole(
        "0:+ 10:gone 20:- 30:+",
        &expect![[r#"
            0    +          clear
            10   gone       MET since 0 for 10s: 设备已离线
            20   -          MET since 0 for 20s: 设备已离线
            30   +          clear
        "#]],
    );
    whole(
        "0:+ 10:gone/reader 20:-",
        &expect![[r#"
            0    +          clear
            10   gone/reader clear
            20   -          clear
        "#]],
    );
}

#[test]
fn a_point_is_silent_although_the_device_is_there() {
    check(
        "silent",
        AFTER,
        "0:open 50:+ 99:+ 101:+ 110:open",
        &expect![[r#"
            0    open       clear
            50   +          clear
            99   +          clear
            100  due        MET since 0 for 100s: 超过100秒未收到设备信号
            101  +          MET since 0 for 101s: 超过100秒未收到设备信号
            110  open       clear
        "#]],
    );
    check(
        "silent",
        AFTER,
        "0:open 10:gone/door-1 20:+ 30:open 40:gone 50:+",
        &expect![[r#"
            0    open       clear
            10   gone/door-1 MET since 0 for 10s: 设备已离线
            20   +          MET since 0 for 20s: 设备已离线
            30   open       clear
            40   gone       MET since 30 for 10s: 设备已离线
            50   +          clear
        "#]],
    );
}

#[test]
fn what_is_over_at_the_device_is_no_word_that_it_is_gone() {
    check(
        "silent",
        AFTER,
        "0:open 10:smoke/device 20:air/device 30:gone 40:air/device",
        &expect![[r#"
            0    open       clear
            10   smoke/device clear
            20   air/device clear
            30   gone       MET since 0 for 30s: 设备已离线
            40   air/device clear
        "#]],
    );
}

#[test]
fn time_in_which_the_gateway_did_not_listen_does_not_count() {
    whole(
        "0:+ 50:- 51:! 500:- 549:- 551:+",
        &expect![[r#"
            0    +          clear
            50   -          clear
            500  -          clear
            549  -          clear
            550  due        MET since 450 for 100s: 超过100秒未收到设备信号
            551  +          clear
        "#]],
    );
}

#[test]
fn a_clock_that_steps_back_accuses_nobody() {
    whole(
        "1000:+ 1050:- 10:<1000 100:- 109:- 111:-",
        &expect![[r#"
            1000 +          clear
            1050 -          clear
            10   <1000      clear
            100  -          clear
            109  -          clear
            110  due        MET since 10 for 100s: 超过100秒未收到设备信号
            111  -          MET since 10 for 101s: 超过100秒未收到设备信号
        "#]],
    );
}
