//! `flag`: a point that says one thing for a while.

use expect_test::expect;

use super::super::stage::check;

const HELD: &str = r#"{"signal": "door_contact", "hold_secs": 120}"#;

#[test]
fn it_opens_when_it_has_lasted_and_not_before() {
    check(
        "flag",
        HELD,
        "0:shut 10:open 60:+ 100:+ 129:+ 140:+ 150:shut",
        &expect![[r#"
            0    shut       clear
            10   open       candidate
            60   +          candidate
            100  +          candidate
            129  +          candidate
            130  due        MET since 10 for 120s: 门处于开启状态超过120秒
            140  +          MET since 10 for 130s: 门处于开启状态超过120秒
            150  shut       clear
        "#]],
    );
}

#[test]
fn it_opens_at_once_if_nothing_must_last() {
    let smoke = r#"{"signal": "smoke"}"#;
    check(
        "flag",
        smoke,
        "0:air 10:smoke 20:+ 30:air",
        &expect![[r#"
            0    air        clear
            10   smoke      MET since 10 for 0s: 探测到烟雾
            20   +          MET since 10 for 10s: 探测到烟雾
            30   air        clear
        "#]],
    );
}

#[test]
fn the_other_value_may_be_the_wrong_one() {
    let unlocked = r#"{"signal": "lock", "value": false, "hold_secs": 30}"#;
    check(
        "flag",
        unlocked,
        "0:locked 10:free 40:+ 50:locked",
        &expect![[r#"
            0    locked     clear
            10   free       candidate
            40   +          MET since 10 for 30s: 门锁处于未锁状态超过30秒
            50   locked     clear
        "#]],
    );
}

#[test]
fn silence_of_the_device_is_a_gap_that_the_dwell_survives() {
    check(
        "flag",
        HELD,
        "0:open 30:+ 200:- 300:open 340:+ 345:+",
        &expect![[r#"
            0    open       candidate
            30   +          candidate
            200  -          unknown
            300  open       candidate
            330  due        MET since 0 for 120s: 门处于开启状态超过120秒
            340  +          MET since 0 for 130s: 门处于开启状态超过120秒
            345  +          MET since 0 for 135s: 门处于开启状态超过120秒
        "#]],
    );
}

#[test]
fn after_a_silence_only_the_point_itself_says_how_it_is() {
    check(
        "flag",
        HELD,
        "0:open 200:+ 250:+ 300:+ 350:+ 360:shut",
        &expect![[r#"
            0    open       candidate
            200  +          unknown
            250  +          unknown
            300  +          unknown
            350  +          unknown
            360  shut       clear
        "#]],
    );
}

#[test]
fn one_that_is_gone_is_not_judged_until_it_speaks() {
    check(
        "flag",
        HELD,
        "0:open 60:gone 70:+ 80:open 120:+ 150:+",
        &expect![[r#"
            0    open       candidate
            60   gone       unknown
            70   +          unknown
            80   open       candidate
            120  +          candidate
            140  due        MET since 0 for 120s: 门处于开启状态超过120秒
            150  +          MET since 0 for 130s: 门处于开启状态超过120秒
        "#]],
    );
    check(
        "flag",
        HELD,
        "0:open 60:gone/door-1 70:+ 80:open 140:+ 150:+",
        &expect![[r#"
            0    open       candidate
            60   gone/door-1 unknown
            70   +          unknown
            80   open       candidate
            140  +          MET since 0 for 120s: 门处于开启状态超过120秒
            150  +          MET since 0 for 130s: 门处于开启状态超过120秒
        "#]],
    );
    check(
        "flag",
        HELD,
        "0:open 50:+ 60:gone/door-2 100:+ 121:+",
        &expect![[r#"
            0    open       candidate
            50   +          candidate
            60   gone/door-2 candidate
            100  +          candidate
            120  due        MET since 0 for 120s: 门处于开启状态超过120秒
            121  +          MET since 0 for 121s: 门处于开启状态超过120秒
        "#]],
    );
}

#[test]
fn doubtful_readings_prolong_and_bad_ones_do_nothing() {
    check(
        "flag",
        HELD,
        "0:open? 60:open? 119:open? 130:open? 180:bad 200:open?",
        &expect![[r#"
            0    open?      unknown
            60   open?      unknown
            119  open?      unknown
            130  open?      unknown
            180  bad        unknown
            200  open?      unknown
        "#]],
    );
    check(
        "flag",
        HELD,
        "0:open 60:+ 115:open 121:open? 150:shut? 160:bad 170:open?",
        &expect![[r#"
            0    open       candidate
            60   +          candidate
            115  open       candidate
            120  due        MET since 0 for 120s: 门处于开启状态超过120秒
            121  open?      MET since 0 for 121s: 门处于开启状态超过120秒
            150  shut?      unknown
            160  bad        unknown
            170  open?      MET since 0 for 150s: 门处于开启状态超过120秒
        "#]],
    );
}

#[test]
fn a_restart_in_the_middle_costs_nothing() {
    check(
        "flag",
        HELD,
        "0:open 50:! 51:+ 100:+ 100:! 119:- 121:! 130:+",
        &expect![[r#"
            0    open       candidate
            51   +          candidate
            100  +          candidate
            119  -          candidate
            120  due        MET since 0 for 120s: 门处于开启状态超过120秒
            130  +          MET since 0 for 130s: 门处于开启状态超过120秒
        "#]],
    );
}

#[test]
fn a_clock_that_steps_back_neither_opens_nor_forgets() {
    check(
        "flag",
        HELD,
        "1000:open 1060:+ 100:<900 130:+ 165:+",
        &expect![[r#"
            1000 open       candidate
            1060 +          candidate
            100  <900       candidate
            130  +          candidate
            160  due        MET since 100 for 120s: 门处于开启状态超过120秒
            165  +          MET since 100 for 125s: 门处于开启状态超过120秒
        "#]],
    );
}

#[test]
fn what_comes_late_lasts_since_its_own_time() {
    check(
        "flag",
        HELD,
        "0:shut 10@5:open 60:+ 110:+ 126:+",
        &expect![[r#"
            0    shut       clear
            10   open       candidate
            60   +          candidate
            110  +          candidate
            125  due        MET since 5 for 120s: 门处于开启状态超过120秒
            126  +          MET since 5 for 121s: 门处于开启状态超过120秒
        "#]],
    );
}

#[test]
fn what_lasts_before_the_hours_lasts_from_their_beginning_on() {
    check(
        "flag",
        HELD,
        "0:open 50:+ 100:rest 100:+ 150:+ 200:+ 221:+",
        &expect![[r#"
            0    open       candidate
            50   +          candidate
            100  +          candidate
            150  +          candidate
            200  +          candidate
            220  due        MET since 100 for 120s: 门处于开启状态超过120秒
            221  +          MET since 100 for 121s: 门处于开启状态超过120秒
        "#]],
    );
}
