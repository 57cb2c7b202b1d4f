//! `limit`: a number beyond its limit.

use expect_test::expect;

use super::super::stage::check;

const CURRENT: &str =
    r#"{"signal": "residual_current", "above": 300, "hysteresis": 30, "hold_secs": 30}"#;

#[test]
fn it_opens_beyond_the_limit_and_is_normal_only_behind_the_hysteresis() {
    let script = "0:mA300 10:mA350 20:mA290 30:mA280 41:mA280 50:mA270 60:mA290";
    check(
        "limit",
        CURRENT,
        script,
        &expect![[r#"
            0    mA300      clear
            10   mA350      candidate
            20   mA290      candidate
            30   mA280      candidate
            40   due        MET since 10 for 30s: 剩余电流最高350毫安，超过限值300毫安，持续30秒以上
            41   mA280      MET since 10 for 31s: 剩余电流最高350毫安，超过限值300毫安，持续30秒以上
            50   mA270      clear
            60   mA290      clear
        "#]],
    );
}

#[test]
fn it_may_be_too_little() {
    let low = r#"{"signal": "water_level", "below": 0.5, "hysteresis": 0.1}"#;
    check(
        "limit",
        low,
        "0:m0.6 10:m0.45 20:m0.55 30:m0.61",
        &expect![[r#"
            0    m0.6       clear
            10   m0.45      MET since 10 for 0s: 水位最低0.45米，低于限值0.5米
            20   m0.55      MET since 10 for 10s: 水位最低0.45米，低于限值0.5米
            30   m0.61      clear
        "#]],
    );
}

#[test]
fn what_the_device_doubts_prolongs_and_does_not_open_or_end() {
    let script = "0:mA500? 20:mA500? 40:mA500? 50:mA500 70:mA500? 80:mA500 101:mA500 110:mA400? 120:mA10? \
                  130:mA500";
    check(
        "limit",
        CURRENT,
        script,
        &expect![[r#"
            0    mA500?     unknown
            20   mA500?     unknown
            40   mA500?     unknown
            50   mA500      candidate
            70   mA500?     unknown
            80   mA500      candidate
            90   due        MET since 50 for 30s: 剩余电流最高500毫安，超过限值300毫安，持续30秒以上
            101  mA500      MET since 50 for 41s: 剩余电流最高500毫安，超过限值300毫安，持续30秒以上
            110  mA400?     MET since 50 for 50s: 剩余电流最高500毫安，超过限值300毫安，持续30秒以上
            120  mA10?      unknown
            130  mA500      MET since 50 for 60s: 剩余电流最高500毫安，超过限值300毫安，持续30秒以上
        "#]],
    );
}

#[test]
fn a_bad_reading_counts_for_and_against_nothing() {
    let script = "0:mA500 10:bad 20:bad 30:mA500 45:mA500 51:mA500 60:bad 70:bad 80:mA100";
    check(
        "limit",
        CURRENT,
        script,
        &expect![[r#"
            0    mA500      candidate
            10   bad        unknown
            20   bad        unknown
            30   mA500      candidate
            45   mA500      candidate
            50   due        MET since 0 for 30s: 剩余电流最高500毫安，超过限值300毫安，持续30秒以上
            51   mA500      MET since 0 for 31s: 剩余电流最高500毫安，超过限值300毫安，持续30秒以上
            60   bad        unknown
            70   bad        unknown
            80   mA100      clear
        "#]],
    );
}

#[test]
fn bad_readings_are_no_sign_of_life() {
    check(
        "limit",
        CURRENT,
        "0:mA500 10:bad 60:bad 120:bad 200:mA500 215:mA500",
        &expect![[r#"
            0    mA500      candidate
            10   bad        unknown
            60   bad        unknown
            120  bad        unknown
            200  mA500      candidate
            215  mA500      candidate
        "#]],
    );
}
