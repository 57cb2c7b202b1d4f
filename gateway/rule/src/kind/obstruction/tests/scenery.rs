//! The place itself, taken for an object, and what really blocks it.

use scene::{BoundingBox, Class, Detection};

use super::{Object, ObstructionLimit, ObstructionSettings, Stage, settings, stage_of};
use crate::stage::polygon;

/// Along the camera's view, as wide as a third of the picture where it begins.
fn lane(settings: ObstructionSettings) -> Stage {
    let lane = polygon(&[(0.45, 0.3), (0.55, 0.3), (0.67, 1.0), (0.33, 1.0)]);
    Stage::new(settings.into(), lane)
}

/// A quarter of the lane may be taken.
fn any_class() -> ObstructionSettings {
    settings(ObstructionLimit::Share(0.25))
}

fn named(class: &str) -> ObstructionSettings {
    ObstructionSettings { classes: Some(vec![Class::new(class)]), ..any_class() }
}

fn object(class: &'static str, (left, top): (f32, f32), (right, bottom): (f32, f32)) -> Object {
    Object(1, class, BoundingBox { left, top, right, bottom })
}

/// The empty lane, seen as something else.
fn road() -> Object {
    object("bench", (0.31, 0.31), (0.69, 1.0))
}

/// A lorry in the lane: it leaves some of the width on both sides.
fn lorry() -> Object {
    object("truck", (0.37, 0.35), (0.62, 0.9))
}

/// A lorry that takes all of the lane's width and most of its length.
fn wide_lorry() -> Object {
    object("truck", (0.32, 0.2), (0.68, 0.98))
}

#[track_caller]
fn check(mut stage: Stage, score: f32, objects: &[(u32, Object)], alerts: bool) {
    stage.score = score;
    for (pictures, object) in objects {
        stage.hold(*pictures, &[*object]);
    }
    assert_eq!(stage.log.contains('!'), alerts, "{}", stage.log);
}

#[test]
fn an_empty_lane_seen_as_a_bench_is_no_obstacle() {
    check(lane(any_class()), 0.5, &[(60, road())], false);
    // Nor if the box comes and goes.
    let mut stage = lane(any_class());
    stage.score = 0.45;
    for _ in 0..10 {
        stage.hold(15, &[road()]).hold(15, &[]);
    }
    assert!(!stage.log.contains('!'), "{}", stage.log);
}

#[test]
fn a_box_of_nearly_the_whole_picture_is_no_obstacle_however_sure() {
    let train = object("train", (0.0, 0.1), (0.9, 1.0));
    check(lane(any_class()), 0.95, &[(60, train)], false);
    check(lane(named("train")), 0.95, &[(60, train)], false);
}

#[test]
fn a_lorry_that_blocks_the_lane_is_one() {
    // From the first look on, because it is narrower than the lane.
    check(lane(any_class()), 0.5, &[(12, lorry())], true);
    // As wide as the lane: it was seen to come, the detector is sure, or the rule names lorries.
    let comes = object("truck", (0.05, 0.3), (0.2, 0.6));
    check(lane(any_class()), 0.5, &[(1, comes), (12, wide_lorry())], true);
    check(lane(any_class()), 0.8, &[(12, wide_lorry())], true);
    check(lane(named("truck")), 0.5, &[(12, wide_lorry())], true);
    check(lane(any_class()), 0.5, &[(12, wide_lorry())], false);
}

#[test]
fn a_lorry_that_was_seen_to_come_stays_one_under_another_number_and_after_a_restart() {
    let mut stage = lane(any_class());
    stage.score = 0.5;
    let Object(_, class, bbox) = wide_lorry();
    stage.hold(1, &[object("truck", (0.05, 0.3), (0.2, 0.6))]).hold(4, &[wide_lorry()]);
    stage.hold(1, &[]).hold(3, &[Object(2, class, bbox)]).restart();
    stage.hold(8, &[Object(3, class, bbox)]);
    assert!(stage.log.ends_with('!'), "{}", stage.log);
}

#[test]
fn things_in_a_passage_across_the_view_block_it_from_the_first_look_on() {
    // Each covers a quarter of the passage, none is as wide as it.
    let mut stage = stage_of(any_class());
    stage.score = 0.5;
    stage.hold(12, &[super::thing(1, 0.3), super::thing(2, 0.5)]);
    assert!(stage.log.ends_with('!'), "{}", stage.log);
}

#[test]
fn a_lorry_that_comes_between_two_looks_has_come() {
    let empty = |stage: &mut Stage, looks| {
        stage.score = 0.5;
        stage.hold(looks, &[]);
    };
    for (looks, class, alerts) in [(1, "truck", true), (2, "boat", true), (1, "boat", false)] {
        let mut stage = lane(any_class());
        empty(&mut stage, looks);
        check(stage, 0.5, &[(12, Object(1, class, wide_lorry().2))], alerts);
    }
    // So has one that was away and is back, and one that comes to a lane that is seen as a bench.
    check(
        lane(any_class()),
        0.5,
        &[(3, wide_lorry()), (1, lorry_elsewhere()), (12, wide_lorry())],
        true,
    );
    let Object(_, class, bbox) = wide_lorry();
    check(lane(any_class()), 0.5, &[(9, road()), (12, Object(2, class, bbox))], true);
}

fn lorry_elsewhere() -> Object {
    object("truck", (0.05, 0.3), (0.2, 0.6))
}

#[test]
fn a_lorry_that_came_while_nobody_looked_has_come() {
    let mut stage = lane(any_class());
    stage.score = 0.5;
    stage.hold(2, &[]).restart().hold(12, &[wide_lorry()]);
    assert!(stage.log.ends_with('!'), "{}", stage.log);
    // An earlier version did not note what it saw.
    let mut stage = lane(any_class());
    stage.score = 0.5;
    assert!(stage.rule.restore(&serde_json::json!({ "obstruction": [] })));
    stage.hold(12, &[wide_lorry()]);
    assert!(stage.log.ends_with('!'), "{}", stage.log);
    // Hours without the rule are over.
    let mut stage = lane(any_class());
    stage.score = 0.5;
    stage.hold(2, &[]);
    stage.rule.restore(&serde_json::Value::Null);
    stage.hold(12, &[wide_lorry()]);
    assert!(stage.log.ends_with('!'), "{}", stage.log);
}

#[test]
fn an_empty_lane_whose_box_changes_its_shape_has_not_come() {
    let low = object("bench", (0.31, 0.62), (0.69, 1.0));
    let narrow = object("bench", (0.33, 0.4), (0.64, 1.0));
    for odd in [low, narrow] {
        let mut stage = lane(any_class());
        stage.score = 0.5;
        stage.hold(5, &[road()]).hold(2, &[odd]).hold(40, &[road()]);
        stage.restart().hold(40, &[road()]);
        assert!(!stage.log.contains('!'), "{}", stage.log);
    }
}

#[test]
fn a_box_that_is_not_believed_yet_is_there() {
    // The tracker needs some looks until it believes in the bench.
    let mut stage = lane(any_class());
    stage.score = 0.5;
    let Object(_, class, bbox) = road();
    stage.detected = vec![Detection { class: Class::new(class), score: 0.45, bbox }];
    stage.hold(3, &[]).hold(40, &[road()]);
    assert!(!stage.log.contains('!'), "{}", stage.log);
}
