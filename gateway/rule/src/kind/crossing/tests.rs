//! What counts as a crossing and what does not.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::proptest;
use proptest::prop_assert_eq;
use scene::{Class, Point};

use super::CrossingSettings;
use crate::KindSettings;
use crate::stage::{Object, Stage, at, polygon, whole_picture};

/// From (0.5, 0.9) up to (0.5, 0.3): crossed by whoever moves to the picture's right.
fn settings() -> CrossingSettings {
    let line = [Point { x: 0.5, y: 0.9 }, Point { x: 0.5, y: 0.3 }];
    CrossingSettings::new(vec![Class::new("person")], line)
}

fn stage() -> Stage {
    Stage::new(settings().into(), whole_picture())
}

fn person(id: u64, x: f32, y: f32) -> Object {
    Object(id, "person", at(x, y))
}

/// One person who is seen here, one picture after another.
fn walk(places: &[(f32, f32)]) -> String {
    let mut stage = stage();
    for (x, y) in places {
        stage.show(200, &[person(1, *x, *y)]);
    }
    stage.log
}

/// The same along the middle of the line.
fn cross(xs: &[f32]) -> String {
    walk(&xs.iter().map(|x| (*x, 0.6)).collect::<Vec<_>>())
}

#[test]
fn from_left_to_right_is_counted_once() {
    assert_eq!(cross(&[0.40, 0.45, 0.49, 0.51, 0.54, 0.6, 0.7]), "????!??");
    assert_eq!(cross(&[0.40, 0.45, 0.55, 0.65]), "??!?");
}

#[test]
fn from_right_to_left_is_not() {
    assert_eq!(cross(&[0.6, 0.55, 0.51, 0.49, 0.45, 0.4]), "??????");
}

#[test]
fn there_and_back_and_there_again_is_two() {
    assert_eq!(cross(&[0.4, 0.45, 0.55, 0.45, 0.55]), "??!?!");
}

#[test]
fn trembling_on_the_line_is_nothing_more() {
    assert_eq!(cross(&[0.49, 0.51, 0.49, 0.51, 0.49, 0.51]), "??????");
    assert_eq!(cross(&[0.4, 0.49, 0.51, 0.49, 0.51, 0.49, 0.55, 0.51, 0.49, 0.55]), "??????!???");
}

#[test]
fn half_way_and_back_is_none() {
    assert_eq!(cross(&[0.4, 0.45, 0.51, 0.45, 0.4]), "?????");
}

#[test]
fn who_is_first_seen_on_the_line_has_not_crossed_it() {
    assert_eq!(cross(&[0.49, 0.51, 0.55, 0.6]), "????");
}

#[test]
fn past_the_ends_of_the_line_is_not_across() {
    assert_eq!(walk(&[(0.4, 0.95), (0.45, 0.95), (0.55, 0.95), (0.6, 0.95)]), "????");
    // Round the end, and back through the line from the wrong side.
    assert_eq!(walk(&[(0.4, 0.95), (0.6, 0.95), (0.6, 0.6), (0.4, 0.6), (0.3, 0.6)]), "?????");
    // Over the line a little, round its end, and away on the right.
    let places = [(0.4, 0.85), (0.51, 0.85), (0.51, 0.95), (0.49, 0.95), (0.51, 0.95), (0.6, 0.9)];
    assert_eq!(walk(&places), "??????");
}

#[test]
fn outside_the_zone_is_elsewhere() {
    let lower = polygon(&[(0.0, 0.7), (1.0, 0.7), (1.0, 1.0), (0.0, 1.0)]);
    let mut stage = Stage::new(settings().into(), lower);
    for x in [0.4, 0.45, 0.55, 0.6] {
        stage.show(200, &[person(1, x, 0.6), person(2, x, 0.8)]);
    }
    assert_eq!(stage.log, "??!?");
    assert_eq!(stage.found.unwrap().count, 1);
}

#[test]
fn a_track_that_changes_its_number_on_the_line_still_crosses() {
    let mut stage = stage();
    for (id, x) in [(1, 0.42), (1, 0.46), (2, 0.49), (3, 0.52), (3, 0.56)] {
        stage.show(200, &[person(id, x, 0.6)]);
    }
    assert_eq!(stage.log, "????!");
    // Unseen for a moment in the middle.
    let mut stage = self::stage();
    for objects in [&[person(1, 0.42, 0.6)][..], &[person(1, 0.46, 0.6)], &[], &[]] {
        stage.show(200, objects);
    }
    stage.show(200, &[person(2, 0.50, 0.6)]);
    stage.show(200, &[person(2, 0.54, 0.6)]);
    assert_eq!(stage.log, "??..?!");
}

#[test]
fn one_false_detection_that_jumps_is_nothing() {
    assert_eq!(cross(&[0.4, 0.6]), "??");
    let mut stage = stage();
    stage.show(200, &[person(1, 0.4, 0.6)]);
    stage.show(200, &[person(2, 0.6, 0.6)]);
    stage.show(200, &[person(3, 0.4, 0.6)]);
    stage.show(200, &[person(4, 0.6, 0.6)]);
    assert_eq!(stage.log, "????");
}

#[test]
fn so_many_within_the_time() {
    let settings = CrossingSettings { count: 3, within: Duration::from_secs(10), ..settings() };
    let mut stage = Stage::new(settings.into(), whole_picture());
    // One crosses every 3 pictures of a second: the third within 10 s is the one that counts.
    for id in 1..=4 {
        for x in [0.4, 0.45, 0.55] {
            stage.show(1_000, &[person(id, x, 0.6)]);
        }
    }
    assert_eq!(stage.log, "????????!??!");
    let found = stage.found.clone().unwrap();
    assert_eq!((found.count, found.subjects.len()), (4, 1));
    assert_eq!((found.dwell.as_secs(), found.pictures_positive), (9, 4));
    assert_eq!(stage.words(), "10秒内4个目标越线");
    // The first have left the window when the next ones come.
    stage.log.clear();
    stage.hold(9, &[]);
    for x in [0.4, 0.45, 0.55] {
        stage.show(1_000, &[person(9, x, 0.6)]);
    }
    assert_eq!(stage.log, "????????????");
}

#[test]
fn a_restart_and_a_clock_that_steps_back_lose_nothing() {
    let settings = CrossingSettings { count: 2, ..settings() };
    let mut stage = Stage::new(settings.into(), whole_picture());
    for x in [0.4, 0.45, 0.55, 0.6] {
        stage.show(200, &[person(1, x, 0.6)]);
    }
    stage.show(200, &[person(2, 0.46, 0.6)]);
    stage.restart().show(200, &[person(7, 0.49, 0.6)]);
    stage.step_back(3_600).show(200, &[person(1, 0.52, 0.6)]);
    stage.show(200, &[person(1, 0.56, 0.6)]);
    assert_eq!(stage.log, "???????!");
    assert_eq!(stage.found.as_ref().unwrap().count, 2);
    assert!(stage.found.unwrap().since_at <= stage.at);
}

#[test]
fn who_stands_in_sight_needs_no_fast_pictures() {
    let mut stage = stage();
    assert_eq!(stage.interval_ms(), 500);
    stage.hold(1, &[person(1, 0.3, 0.6)]);
    assert_eq!(stage.interval_ms(), 200);
    stage.hold(6, &[person(1, 0.3, 0.6)]);
    assert_eq!((stage.interval_ms(), stage.log.as_str()), (500, "?????.."));
    stage.show(500, &[person(1, 0.38, 0.6)]);
    assert_eq!(stage.interval_ms(), 200);
}

#[test]
fn faulty_settings_are_named() {
    let point = |x, y| Point { x, y };
    let with = |line| CrossingSettings { line, ..settings() }.fault().map(|(setting, _)| setting);
    assert_eq!(with([point(0.1, 0.1), point(0.1, 0.2)]), None);
    assert_eq!(with([point(0.1, 0.1), point(0.1, 0.1)]), Some("line"));
    assert_eq!(with([point(0.1, 0.1), point(0.1, 1.2)]), Some("line"));
    assert_eq!(with([point(0.1, 0.1), point(0.1, f32::NAN)]), Some("line"));
    let fault = |settings: CrossingSettings| settings.fault().map(|(setting, _)| setting);
    assert_eq!(fault(CrossingSettings { count: 0, ..settings() }), Some("count"));
    assert_eq!(fault(CrossingSettings { within: Duration::ZERO, ..settings() }), Some("within"));
}

proptest! {
    /// However often the foot trembles on the line, in whatever direction it came.
    #[test]
    fn trembling_changes_no_count(
        trembling in vec((0.481_f32..0.519, 0.4_f32..0.8), 0..30),
        sides in vec(0..2_usize, 2..6),
    ) {
        let mut stage = stage();
        let mut expected = 0;
        let mut side_before = None;
        for side in sides {
            let x = [0.4, 0.6][side];
            (0..3).for_each(|_| drop(stage.show(200, &[person(1, x, 0.6)])));
            expected += usize::from(side_before == Some(0) && side == 1);
            side_before = Some(side);
            for (x, y) in &trembling {
                stage.show(200, &[person(1, *x, *y)]);
            }
        }
        prop_assert_eq!(stage.log.matches('!').count(), expected);
    }
}
