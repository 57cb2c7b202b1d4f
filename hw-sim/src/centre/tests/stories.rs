//! Cases as stories: what each city reports, step by step, and what happens to false closes.

use std::path::Path;

use expect_test::{Expect, expect};

use super::town::{PROFILES, Scene, Town, calm, profile_path, share};
use crate::centre::alert::Verdict;
use crate::centre::event::Event;
use crate::centre::profile::Profile;
use crate::centre::register::AlertOutcome;

fn check(name: &str, verdicts: &[Verdict], expected: Expect) {
    let mut town = Town::new(calm(name));
    let mut scene = Scene::new(1, "material_pile");
    let opened = scene.alert("open", None);
    assert_eq!(town.take_alert(opened), AlertOutcome::Opened);
    let cleared = scene.alert("clear", None);
    assert_eq!(town.take_alert(cleared), AlertOutcome::Updated);
    town.play(&mut scene, verdicts);
    expected.assert_eq(&town.story());
}

#[test]
fn seven_steps_with_a_step_for_the_re_check() {
    check(
        "s0-joint-teams",
        &[Verdict::Passed],
        expect![[r#"
            received         案卷建立 after 0 min
            accepted         案卷建立 after 2 min
            dispatched       任务派遣 after 6 min
            signed           任务派遣 after 9 min
            handling         任务处理 after 10 min
            handled          处理反馈 after 970 min
            verify_request   核查结案 after 982 min
            closed           核查结案 after 987 min
            evaluated        综合评价 after 1107 min
        "#]],
    );
}

#[test]
fn six_steps_that_re_check_after_handled() {
    check(
        "s1-smart-street",
        &[Verdict::Passed],
        expect![[r#"
            received         上报 after 0 min
            accepted         分派指挥 after 4 min
            dispatched       分派指挥 after 4 min
            handling         处置完成 after 9 min
            handled          处置完成 after 168 min
            closed           反馈 after 188 min
            evaluated        考核 after 308 min
        "#]],
    );
}

#[test]
fn five_steps_re_check_before_they_close() {
    check(
        "s2-five-steps",
        &[Verdict::Passed],
        expect![[r#"
            received         受理 after 0 min
            accepted         受理 after 3 min
            dispatched       派遣 after 12 min
            verify_request   结案 after 63 min
            closed           结案 after 72 min
            evaluated        评估 after 192 min
        "#]],
    );
}

#[test]
fn six_steps_press_when_the_re_check_fails() {
    check(
        "s3-five-levels",
        &[Verdict::Failed, Verdict::Passed],
        expect![[r#"
            received         指挥派遣 after 2 min
            accepted         指挥派遣 after 10 min
            dispatched       指挥派遣 after 15 min
            signed           指挥派遣 after 15 min
            handling         处置反馈 after 18 min
            handled          处置反馈 after 234 min
            verify_request   任务核查 after 238 min
            supervise        督促办理 after 257 min
            handling         处置反馈 after 257 min
            handled          处置反馈 after 420 min
            verify_request   任务核查 after 424 min
            closed           结单归档 after 430 min
        "#]],
    );
}

#[test]
fn seven_steps_send_back_when_the_re_check_fails() {
    check(
        "s4-whistle",
        &[Verdict::Failed, Verdict::Passed],
        expect![[r#"
            received         立案 after 0 min
            accepted         立案 after 5 min
            dispatched       派遣 after 8 min
            signed           派遣 after 52 min
            handling         办理 after 55 min
            handled          反馈 after 289 min
            verify_request   核查 after 291 min
            returned         核查 after 299 min
            dispatched       派遣 after 304 min
            signed           派遣 after 307 min
            handling         办理 after 311 min
            handled          反馈 after 362 min
            verify_request   核查 after 362 min
            closed           核查 after 387 min
            evaluated        考核 after 507 min
        "#]],
    );
}

#[test]
fn a_person_looks_where_the_gateway_cannot_tell() {
    check(
        "s3-five-levels",
        &[Verdict::Inconclusive],
        expect![[r#"
            received         指挥派遣 after 2 min
            accepted         指挥派遣 after 10 min
            dispatched       指挥派遣 after 15 min
            signed           指挥派遣 after 15 min
            handling         处置反馈 after 18 min
            handled          处置反馈 after 234 min
            verify_request   任务核查 after 238 min
            closed           结单归档 after 405 min
        "#]],
    );
}

#[test]
fn a_person_looks_where_the_gateway_says_nothing() {
    check(
        "s2-five-steps",
        &[],
        expect![[r#"
            received         受理 after 0 min
            accepted         受理 after 3 min
            dispatched       派遣 after 12 min
            verify_request   结案 after 63 min
            closed           结案 after 140 min
            evaluated        评估 after 260 min
        "#]],
    );
}

#[test]
fn what_is_gone_for_good_is_closed_by_the_gateway() {
    let mut town = Town::new(calm("s4-whistle"));
    let mut scene = Scene::new(1, "fire_lane_blocked");
    let opened = scene.alert("open", None);
    town.take_alert(opened);
    town.step();
    let closed = scene.alert("close", None);
    town.take_alert(closed);
    town.play(&mut scene, &[]);
    expect![[r#"
        received         立案 after 0 min
        closed           核查 after 0 min
    "#]]
    .assert_eq(&town.story());
}

#[test]
fn what_comes_back_is_reopened_once() {
    let mut town = Town::new(calm("s2-five-steps"));
    let mut scene = Scene::new(1, "material_pile");
    for action in ["open", "clear"] {
        let alert = scene.alert(action, None);
        town.take_alert(alert);
    }
    town.play(&mut scene, &[Verdict::Passed]);
    for action in ["update", "clear"] {
        let alert = scene.alert(action, None);
        assert_eq!(town.take_alert(alert), AlertOutcome::Updated);
    }
    town.play(&mut scene, &[Verdict::Passed]);
    let events: Vec<Event> = town.sent.iter().map(|sent| sent.event).collect();
    expect!["[Received, Accepted, Dispatched, VerifyRequest, Closed, Evaluated, Reopened, Dispatched, VerifyRequest, Closed, Evaluated]"].assert_eq(&format!("{events:?}"));
}

#[test]
fn a_false_close_is_caught_by_the_re_check_and_handled_in_the_end() {
    let mut profile = calm("s3-five-levels");
    profile.fate.false_close = share(1.0);
    let mut town = Town::new(profile);
    let mut scene = Scene::new(1, "vehicle_illegal_parking");
    let opened = scene.alert("open", None);
    town.take_alert(opened);
    town.play(&mut scene, &[Verdict::Failed]);
    expect![[r#"
        cases     1, 0 still open (区、街道、片区、单元、网格五级, 六步闭环)
        ended     closed by force 1
        loops     street 1; 0 not where the gateway hinted
        whistles  none; returns 0
        checks    passed 0, failed 1, inconclusive 0, none yet 0; from handled to verdict 468.8 s, at most 468.8 s
        false closes  1 of 1 caught, 0 believed, 0 undecided
        feedback  12 sent, 0 doubled, 0 sent again; answers: applied 12; unanswered 0
    "#]].assert_eq(&town.register.report().to_string());
}

#[test]
fn an_honest_handler_waits_until_it_is_gone_and_is_pressed_meanwhile() {
    let mut town = Town::new(calm("s3-five-levels"));
    let mut scene = Scene::new(1, "vehicle_illegal_parking");
    let opened = scene.alert("open", None);
    town.take_alert(opened);
    town.play(&mut scene, &[Verdict::Passed]);
    expect![[r#"
        received         指挥派遣 after 2 min
        accepted         指挥派遣 after 10 min
        dispatched       指挥派遣 after 15 min
        signed           指挥派遣 after 15 min
        handling         处置反馈 after 18 min
        press            督促办理 after 1098 min
        supervise        督促办理 after 1818 min
        closed           结单归档 after 4698 min
    "#]]
    .assert_eq(&town.story());
}

#[test]
fn whistles_are_upgraded_as_it_comes_again_and_is_sent_back() {
    let mut heard = String::new();
    for (repeats, returned) in [(0, 0.0), (3, 0.0), (6, 0.0), (0, 1.0), (3, 1.0)] {
        let mut profile = calm("s4-whistle");
        profile.fate.returned = share(returned);
        let mut town = Town::new(profile);
        let mut scene = Scene::new(1, "fire_lane_blocked");
        scene.repeat_count = repeats;
        for action in ["open", "clear"] {
            let alert = scene.alert(action, None);
            town.take_alert(alert);
        }
        town.play(&mut scene, &[Verdict::Passed]);
        let whistles = town.sent.iter().filter_map(|sent| sent.whistle.as_ref());
        let levels: Vec<_> = whistles.map(|call| (call.upgraded_from, call.level)).collect();
        heard += &format!("{repeats} repeats, returns {returned}: {levels:?}\n");
    }
    expect![[r#"
        0 repeats, returns 0: [(None, Ordinary)]
        3 repeats, returns 0: [(None, Key)]
        6 repeats, returns 0: [(None, Difficult)]
        0 repeats, returns 1: [(None, Ordinary), (Some(Ordinary), Difficult)]
        3 repeats, returns 1: [(None, Key), (Some(Key), Difficult)]
    "#]]
    .assert_eq(&heard);
}

#[test]
fn the_loop_is_the_citys_and_not_the_gateways() {
    let mut table = String::new();
    for name in PROFILES {
        let mut town = Town::new(calm(name));
        let codes = ["ebike_upstairs", "exposed_garbage", "street_bbq", "fire_lane_blocked"];
        for (number, code) in (1..).zip(codes.into_iter().chain(["smoke_alarm"])) {
            let mut scene = Scene::new(number, code);
            let opened = scene.alert("open", None);
            town.take_alert(opened);
            let case = town.register.case(&scene.alert_id).unwrap();
            table += &format!("{name} {code}: {:?} {:?}\n", case.loop_name(), case.grade());
        }
    }
    expect![[r#"
        s0-joint-teams ebike_upstairs: CommunityMicro Simple
        s0-joint-teams exposed_garbage: CommunityMicro Clear
        s0-joint-teams street_bbq: AreaMeso Clear
        s0-joint-teams fire_lane_blocked: StreetSmall Clear
        s0-joint-teams smoke_alarm: StreetSmall Clear
        s1-smart-street ebike_upstairs: CommunityMicro Simple
        s1-smart-street exposed_garbage: CommunityMicro Clear
        s1-smart-street street_bbq: CommunityMicro Clear
        s1-smart-street fire_lane_blocked: StreetSmall Clear
        s1-smart-street smoke_alarm: StreetSmall Clear
        s2-five-steps ebike_upstairs: CommunityMicro Clear
        s2-five-steps exposed_garbage: CommunityMicro Clear
        s2-five-steps street_bbq: StreetSmall Clear
        s2-five-steps fire_lane_blocked: StreetSmall Clear
        s2-five-steps smoke_alarm: StreetSmall Clear
        s3-five-levels ebike_upstairs: CommunityMicro Simple
        s3-five-levels exposed_garbage: CommunityMicro Clear
        s3-five-levels street_bbq: AreaMeso Clear
        s3-five-levels fire_lane_blocked: StreetSmall Clear
        s3-five-levels smoke_alarm: DistrictBig CrossDepartment
        s4-whistle ebike_upstairs: CommunityMicro Simple
        s4-whistle exposed_garbage: CommunityMicro Clear
        s4-whistle street_bbq: AreaMeso Clear
        s4-whistle fire_lane_blocked: StreetSmall CrossDepartment
        s4-whistle smoke_alarm: DistrictBig CrossDepartment
        demo ebike_upstairs: CommunityMicro Clear
        demo exposed_garbage: CommunityMicro Clear
        demo street_bbq: CommunityMicro Clear
        demo fire_lane_blocked: StreetSmall CrossDepartment
        demo smoke_alarm: CommunityMicro Clear
    "#]]
    .assert_eq(&table);
}

#[test]
fn a_profile_says_what_is_wrong_with_it() {
    let sound = std::fs::read_to_string(profile_path("demo")).unwrap();
    let mut faults = String::new();
    for (from, to) in [
        ("seed = 7", "seed = -7"),
        ("false_close = 0.5", "false_close = 1.5"),
        ("\"verify_request\", \"closed\"", "\"verify_request\""),
        ("events = [\"handled\"]", "events = [\"accepted\"]"),
        ("loop = \"community_micro\"", "loop = \"district_big\""),
        ("[[route]]\nloop", "[[route]]\ntypes = [\"other\"]\nloop"),
        ("cap_secs = 4 }", "cap_secs = 1 }"),
        ("window_secs = 10", "window_secs = 9"),
        ("orgs = [\"金海社区(示例)\"]", "orgs = []"),
        ("patience_secs = 30", "patience_secs = 4000000000"),
    ] {
        assert!(sound.contains(from), "{from}");
        let text = sound.replace(from, to);
        let error = Profile::parse(&text, Path::new("bad.toml")).unwrap_err();
        faults += &format!("{}\n\n", error.to_string().trim_end());
    }
    expect![[r#"
        bad.toml: TOML parse error at line 6, column 8
          |
        6 | seed = -7
          |        ^^
        invalid value: integer `-7`, expected u64

        bad.toml: TOML parse error at line 58, column 15
           |
        58 | false_close = 1.5
           |               ^^^
        a share must be between 0 and 1, not 1.5

        bad.toml: [[step]]: no step has `closed`: a case that is never closed keeps its alert open for ever

        bad.toml: [[step]]: `Accepted` belongs to two steps, `立案` and `反馈`: write it in one

        bad.toml: a [[route]] goes to DistrictBig, but there is no such [[loop]]

        bad.toml: the last [[route]] must take every case: write neither `types` nor `grids`

        bad.toml: TOML parse error at line 42, column 10
           |
        42 | handle = { kind = "exponential", median_secs = 2, cap_secs = 1 }
           |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        a delay must be 0 s or more, and its cap at least its median and at most a year, not 2 s and 1 s

        bad.toml: [verify]: `settle_secs` must be 0 to 3600, `window_secs` 10 to 86400

        bad.toml: every [[loop]] needs at least one of `orgs`

        bad.toml: [verify]: `patience_secs` must be 0 to 86400

    "#]].assert_eq(&faults);
}
