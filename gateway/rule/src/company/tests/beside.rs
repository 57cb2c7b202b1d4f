//! An e-bike beside a charging wire: half a minute, 10 s tolerated.

use std::time::Duration;

use scene::{Class, GroundPlane};

use super::script::{Stage, check};
use crate::kind::beside::BesideSettings;
use crate::{KindSettings, Phase, Reach, Wanted};

fn charging() -> BesideSettings {
    BesideSettings {
        gap_tolerance: Duration::from_secs(10),
        ..BesideSettings::new(
            vec![Class::new("ebike")],
            vec![Class::new("wire")],
            Duration::from_secs(30),
        )
    }
}

#[test]
fn both_from_the_first_picture_on() {
    check(&charging(), &[("EW8", "??????**"), ("EW6 .4", "????????--")]);
}

#[test]
fn one_without_the_other_is_nothing() {
    check(&charging(), &[("E9", "---------"), ("W9", "---------"), ("Ew9", "---------")]);
}

#[test]
fn what_stands_must_be_in_the_zone_and_what_is_near_need_not() {
    check(&charging(), &[("eW9", "---------"), ("ew9", "---------")]);
}

#[test]
fn either_may_be_missed_for_a_moment() {
    for missed in ["E", "W", "."] {
        check(&charging(), &[(&format!("EW2 {missed} EW4"), "??????*")]);
        check(&charging(), &[(&format!("EW4 {missed}3 EW7"), "??????-??????*")]);
    }
}

#[test]
fn too_few_pictures_of_both_prove_nothing() {
    let answers = Stage::new(&charging()).play(&"EW E ".repeat(30)).answers;
    assert!(!answers.contains('*'), "{answers}");
}

#[test]
fn lost_and_swapped_tracks_of_either_go_on() {
    check(
        &charging(),
        &[("EW2 FW2 FX3", "??????*"), ("EW2 . FX4", "??????*"), ("EW2 EX EW EX3", "??????*")],
    );
}

#[test]
fn a_single_false_detection_is_forgotten() {
    check(&charging(), &[("E EW E4 .", "-???---"), (". EW .4", "-???--")]);
}

#[test]
fn an_ebike_that_leaves_takes_its_time_along() {
    check(&charging(), &[("EW5 eW EW7", "?????-??????*")]);
}

#[test]
fn out_of_sight_it_waits_and_is_forgotten() {
    // Once ripe it is waited for as long as its incident: 20 s.
    check(&charging(), &[("EW7 .3 EW", "??????*???*"), ("EW7 .5 EW", "??????*????-?")]);
    // The wire is unplugged: the same.
    check(&charging(), &[("EW7 E5 EW", "??????*????-?")]);
}

#[test]
fn a_restart_a_gap_and_a_step_back_cost_no_dwell() {
    check(
        &charging(),
        &[("EW4 ! EW3", "??????*"), ("EW4 |3600 EW3", "??????*"), ("EW4 <3600 EW3", "??????*")],
    );
    check(&charging(), &[("EW7 ! |60 . EW", "??????*?*"), ("EW4 ! <60 . EW2", "??????*")]);
}

#[test]
fn the_memory_of_another_kind_is_not_taken() {
    let settings = charging();
    let mut stage = Stage::new(&settings).play("EW3");
    let memory = stage.rule.memory().unwrap();
    assert!(stage.rule.restore(&memory));
    assert!(!stage.rule.restore(&serde_json::json!({ "standing": memory["beside"] })));
    assert_eq!(stage.play("EW4").answers, "???????", "it started with no memory");
}

#[test]
fn the_finding_names_both() {
    let settings = charging();
    let stage = Stage::new(&settings).play("EW8");
    assert_eq!(stage.subjects(), ["ebike 1", "wire 2"]);
    let finding = stage.finding.as_ref().unwrap();
    assert_eq!((finding.count, finding.dwell.as_secs()), (1, 35));
    assert_eq!((finding.pictures_positive, finding.pictures_total), (8, 8));
    assert_eq!(stage.rule.describe(finding), "1个目标紧邻关联物品停留超过30秒");
}

#[test]
fn metres_are_measured_on_the_ground() {
    // The picture is 40 m wide: 2 m from the e-bike to the wire.
    let plane = GroundPlane::from_homography([40.0, 0.0, 0.0, 0.0, 40.0, 0.0, 0.0, 0.0, 1.0]);
    let answers = |metres, ground| {
        let settings = BesideSettings { reach: Reach::Metres(metres), ..charging() };
        let mut stage = Stage::new(&settings);
        stage.ground = ground;
        stage.play("EW7").answers
    };
    assert_eq!(answers(2.1, Some(plane)), "??????*");
    assert_eq!(answers(1.9, Some(plane)), "-------");
    assert_eq!(answers(2.1, None), "-------", "without a ground plane nothing is near");
}

#[test]
fn settings_out_of_range_are_named() {
    let setting = |settings: BesideSettings| settings.fault().map(|(setting, _)| setting);
    assert_eq!(setting(charging()), None);
    assert_eq!(setting(BesideSettings { near: Vec::new(), ..charging() }), Some("near"));
    assert_eq!(setting(BesideSettings { classes: Vec::new(), ..charging() }), Some("classes"));
    let unreachable = BesideSettings { reach: Reach::Metres(-1.0), ..charging() };
    assert_eq!(setting(unreachable), Some("reach"));
}

#[test]
fn it_says_what_it_must_be_shown() {
    let wanted = vec![Class::new("ebike"), Class::new("wire")];
    assert_eq!(KindSettings::classes(&charging()), Wanted::Only(wanted));
    let settings = charging();
    let stage = Stage::new(&settings);
    let millis = |phase| stage.rule.sampling(phase).interval.as_millis();
    assert_eq!((millis(Phase::Idle), millis(Phase::Open)), (3_000, 3_333));
}
