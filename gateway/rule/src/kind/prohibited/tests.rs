//! What must be reported as soon as it is there, and what is nothing.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Just, any, prop_oneof, proptest};
use proptest::prop_assert_eq;
use scene::Class;

use super::ProhibitedSettings;
use crate::KindSettings;
use crate::stage::{Object, Stage, at, polygon, whole_picture};

fn settings() -> ProhibitedSettings {
    ProhibitedSettings::new(vec![Class::new("bicycle")])
}

fn stage() -> Stage {
    Stage::new(settings().into(), whole_picture())
}

fn bicycle(id: u64, x: f32) -> [Object; 1] {
    [Object(id, "bicycle", at(x, 0.8))]
}

#[test]
fn three_pictures_within_the_time_are_enough() {
    let mut stage = stage();
    for _ in 0..5 {
        stage.show(200, &bicycle(1, 0.5));
    }
    assert_eq!(stage.log, "??!!!");
    let found = stage.found.clone().unwrap();
    assert_eq!((found.count, found.pictures_positive, found.pictures_total), (1, 5, 5));
    assert_eq!(stage.words(), "1个禁止进入的目标出现在区域内");
}

#[test]
fn two_of_three_pictures_are_enough_where_a_rule_says_so() {
    let hasty = ProhibitedSettings { pictures: 2, min_share: 0.6, ..settings() };
    let log = |pictures: &[bool]| {
        let mut stage = Stage::new(hasty.clone().into(), whole_picture());
        let place = bicycle(1, 0.5);
        for shows in pictures {
            stage.show(200, if *shows { &place } else { &[] });
        }
        stage.log
    };
    assert_eq!(log(&[true, true, false]), "?!?");
    assert_eq!(log(&[true, false, true, false]), "??!?");
    // Two of four, and one alone.
    assert_eq!(log(&[true, false, false, true]), "????");
    assert_eq!(log(&[true, false, false, false]), "????");
}

#[test]
fn single_false_detections_are_nothing() {
    let mut stage = stage();
    for _ in 0..5 {
        stage.show(1_000, &bicycle(1, 0.5));
        stage.show(200, &[]);
        stage.show(200, &[]);
        stage.show(2_000, &[]);
    }
    assert_eq!(stage.log, "???.".repeat(5));
    // Three within the time, each somewhere else.
    let mut stage = self::stage();
    for (id, x) in [(1, 0.2), (2, 0.5), (3, 0.8)] {
        stage.show(200, &bicycle(id, x));
    }
    assert_eq!(stage.log, "???");
    // Three at one place, but too few of the pictures.
    let mut stage = self::stage();
    let place = bicycle(1, 0.5);
    for picture in 0..9 {
        stage.show(200, if picture % 4 == 0 { &place } else { &[] });
    }
    assert_eq!(stage.log, "?????????");
}

#[test]
fn three_pictures_too_far_apart_are_nothing() {
    let mut stage = stage();
    for _ in 0..6 {
        stage.show(1_100, &bicycle(1, 0.5));
    }
    assert_eq!(stage.log, "??????");
}

#[test]
fn it_may_move_and_change_its_track() {
    let mut stage = stage();
    for (id, x) in [(1, 0.2), (1, 0.4), (1, 0.6)] {
        stage.show(200, &bicycle(id, x));
    }
    assert_eq!(stage.log, "??!");
    let mut stage = self::stage();
    for (id, x) in [(1, 0.2), (2, 0.23), (3, 0.26)] {
        stage.show(200, &bicycle(id, x));
    }
    assert_eq!(stage.log, "??!");
}

#[test]
fn elsewhere_it_is_allowed() {
    let left_half = polygon(&[(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]);
    let mut stage = Stage::new(settings().into(), left_half);
    stage.hold(5, &bicycle(1, 0.8));
    stage.hold(5, &[Object(2, "person", at(0.2, 0.8))]);
    assert_eq!(stage.log, "..........");
}

#[test]
fn two_side_by_side_are_two_and_once_gone_it_clears() {
    let mut stage = stage();
    let two = [Object(1, "bicycle", at(0.3, 0.8)), Object(2, "bicycle", at(0.6, 0.8))];
    for _ in 0..3 {
        stage.show(200, &two);
    }
    assert_eq!(stage.found.clone().unwrap().count, 2);
    stage.hold(22, &[]);
    assert_eq!(stage.log, format!("??!{}..", "?".repeat(20)));
}

#[test]
fn the_former_one_is_not_counted_with_the_next() {
    let mut stage = stage();
    (0..3).for_each(|_| drop(stage.show(200, &bicycle(1, 0.3))));
    stage.hold(5, &[]);
    (0..3).for_each(|_| drop(stage.show(200, &bicycle(2, 0.7))));
    assert_eq!(stage.log, "??!???????!");
    assert_eq!(stage.found.unwrap().count, 1);
}

#[test]
fn a_restart_and_a_clock_that_steps_back_lose_nothing() {
    let mut stage = stage();
    stage.show(200, &bicycle(1, 0.5));
    stage.restart();
    stage.show(200, &bicycle(7, 0.5));
    stage.step_back(3_600);
    stage.show(200, &bicycle(3, 0.5));
    assert_eq!(stage.log, "??!");
    stage.restart().show(200, &bicycle(9, 0.5));
    assert_eq!(stage.log, "??!!");
    // The same track number on another object, elsewhere.
    stage.step_back(10).show(200, &bicycle(9, 0.9));
    assert_eq!(stage.log, "??!!?");
}

#[test]
fn a_short_ride_is_caught_wherever_the_pictures_fall() {
    let rider = bicycle(1, 0.5);
    for confirm_secs in [1, 2, 5, 20, 60] {
        let confirm = Duration::from_secs(confirm_secs);
        let settings = ProhibitedSettings { confirm, ..settings() };
        for offset_ms in (0..1_000).step_by(50) {
            let mut stage = Stage::new(settings.clone().into(), whole_picture());
            let (mut now_ms, mut pictures) = (0, 0);
            // The lift is empty for a while, then the ride lasts 8 s.
            while now_ms < 3_000 + offset_ms + 8_000 {
                let interval_ms = stage.interval_ms();
                (now_ms, pictures) = (now_ms + interval_ms, pictures + 1);
                let rides = now_ms >= 3_000 + offset_ms;
                stage.show(interval_ms, if rides { &rider } else { &[] });
            }
            assert!(stage.log.contains('!'), "{confirm:?} {offset_ms}: {}", stage.log);
            assert!(pictures < 40, "cheap while idle and once confirmed: {pictures}");
        }
    }
}

#[test]
fn faulty_settings_are_named() {
    let with = |confirm| ProhibitedSettings { confirm, ..settings() }.fault();
    assert_eq!(with(Duration::from_secs(2)), None);
    let expected = Some(("confirm", "1 to 60 seconds"));
    assert_eq!(with(Duration::from_millis(999)), expected);
    assert_eq!(with(Duration::from_millis(60_001)), expected);
    for pictures in [0, 1, 11] {
        let fault = ProhibitedSettings { pictures, ..settings() }.fault();
        assert_eq!(fault, Some(("pictures", "2 to 10")));
    }
}

proptest! {
    /// One object at one place, as a plain second reading of the rule judges it.
    #[test]
    fn it_is_judged_as_the_oracle_does(
        pictures in vec((prop_oneof![Just(2), 1..30_u64], any::<bool>(), any::<bool>()), 1..80),
    ) {
        let mut stage = stage();
        let mut expected = String::new();
        let mut track = 1;
        let (mut now_ms, mut sightings, mut met) = (0, Vec::<(usize, u64)>::new(), false);
        for (index, (span, shown, swapped)) in pictures.iter().enumerate() {
            now_ms += span * 100;
            track += u64::from(*swapped);
            let place = bicycle(track, 0.5);
            stage.show(span * 100, if *shown { &place } else { &[] });
            let memory_ms = if met { 20_000 } else { 2_000 };
            if sightings.last().is_some_and(|(_, last_ms)| now_ms - last_ms > memory_ms) {
                (met, sightings) = (false, Vec::new());
            }
            if *shown {
                sightings.push((index, now_ms));
                if let [.., (first, since_ms), _, _] = sightings[..] {
                    met |= 2 * 3 > index - first && now_ms - since_ms <= 2_000;
                }
            }
            expected.push(match (met && *shown, sightings.is_empty()) {
                (true, _) => '!',
                (false, true) => '.',
                (false, false) => '?',
            });
        }
        prop_assert_eq!(&stage.log, &expected);
    }
}
