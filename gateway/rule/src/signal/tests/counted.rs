//! `event`: so many within so long.

use expect_test::expect;

use super::super::stage::check;

const DENIED: &str = r#"{"events": ["access_denied"], "count": 3, "within_secs": 60}"#;

#[test]
fn so_many_within_so_long() {
    let script = "0:denied 30:denied 70:denied 80:denied 90:denied 200:+";
    check(
        "event",
        DENIED,
        script,
        &expect![[r#"
            0    denied     candidate
            30   denied     candidate
            70   denied     candidate
            80   denied     MET since 30 for 50s: 60秒内拒绝通行3次
            90   denied     MET since 30 for 60s: 60秒内拒绝通行4次
            200  +          clear
        "#]],
    );
}

#[test]
fn one_is_enough_where_one_is_asked_for() {
    let duress = r#"{"events": ["duress", "forced_open"]}"#;
    check(
        "event",
        duress,
        "0:granted 5:duress 6:+ 10:forced 100:+",
        &expect![[r#"
            0    granted    clear
            5    duress     MET since 5 for 0s: 门禁报告胁迫开门
            6    +          candidate
            10   forced     MET since 5 for 5s: 门禁报告门被强行打开
            100  +          clear
        "#]],
    );
}

#[test]
fn events_that_were_stored_in_the_device_count_at_their_own_time() {
    let script = "300:denied 310@20:denied 311@31:denied 312@90:denied 330:+";
    check(
        "event",
        DENIED,
        script,
        &expect![[r#"
            300  denied     candidate
            310  denied     candidate
            311  denied     MET since 280 for 20s: 60秒内拒绝通行3次
            312  denied     candidate
            330  +          candidate
        "#]],
    );
}

#[test]
fn doubtful_and_bad_events_and_those_of_other_doors_count_for_nothing() {
    let script = "0:denied 1:denied? 2:bad 3:denied/door-2 4:denied 5:denied? 6:denied";
    check(
        "event",
        DENIED,
        script,
        &expect![[r#"
            0    denied     candidate
            1    denied?    candidate
            2    bad        candidate
            3    denied/door-2 candidate
            4    denied     candidate
            5    denied?    candidate
            6    denied     MET since 0 for 6s: 60秒内拒绝通行3次
        "#]],
    );
}

#[test]
fn a_restart_and_a_step_back_lose_none() {
    check(
        "event",
        DENIED,
        "0:denied 10:denied 11:! 20:denied",
        &expect![[r#"
            0    denied     candidate
            10   denied     candidate
            20   denied     MET since 0 for 20s: 60秒内拒绝通行3次
        "#]],
    );
    check(
        "event",
        DENIED,
        "1000:denied 1010:denied 100:<900 110:denied",
        &expect![[r#"
            1000 denied     candidate
            1010 denied     candidate
            100  <900       candidate
            110  denied     MET since 100 for 10s: 60秒内拒绝通行3次
        "#]],
    );
}

#[test]
fn nothing_counts_outside_the_hours() {
    check(
        "event",
        DENIED,
        "0:denied 10:denied 20:rest 21:denied 22:denied 23:denied",
        &expect![[r#"
            0    denied     candidate
            10   denied     candidate
            21   denied     candidate
            22   denied     candidate
            23   denied     MET since 21 for 2s: 60秒内拒绝通行3次
        "#]],
    );
}
