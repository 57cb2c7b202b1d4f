//! What blocks a passage and what does not.

mod laws;
mod scenery;
mod silence;
mod size;
mod unknown;

use std::time::Duration;

use expect_test::expect;
use scene::{BoundingBox, Class, GroundPlane};

use super::{ObstructionLimit, ObstructionSettings};
use crate::stage::{Object, Stage, polygon};
use crate::{KindSettings, Wanted};

fn settings(limit: ObstructionLimit) -> ObstructionSettings {
    ObstructionSettings::new(limit, Duration::from_secs(10))
}

/// A passage of which each [`thing`] covers a quarter.
fn stage(share: f32) -> Stage {
    stage_of(settings(ObstructionLimit::Share(share)))
}

fn stage_of(settings: ObstructionSettings) -> Stage {
    let passage = polygon(&[(0.3, 0.6), (0.7, 0.6), (0.7, 0.8), (0.3, 0.8)]);
    Stage::new(settings.into(), passage)
}

/// A thing whose lower third is as high as half of the passage and as wide.
fn thing(id: u64, left: f32) -> Object {
    object(id, "car", left)
}

fn object(id: u64, class: &'static str, left: f32) -> Object {
    Object(id, class, BoundingBox { left, top: 0.5, right: left + 0.2, bottom: 0.8 })
}

#[test]
fn one_that_covers_enough_from_the_first_picture_on() {
    let mut stage = stage(0.2);
    stage.hold(12, &[thing(1, 0.3)]);
    assert_eq!(stage.log, "??????????!!");
    let found = stage.found.clone().unwrap();
    assert_eq!((found.count, found.subjects.len(), found.pictures_positive), (1, 1, 12));
    expect!["通道被占用（1辆汽车、占通道25%、11秒）"].assert_eq(&stage.words());
}

#[test]
fn too_little_is_nothing_until_more_stands_beside_it() {
    let mut stage = stage(0.4);
    stage.hold(20, &[thing(1, 0.3)]).hold(12, &[thing(1, 0.3), thing(2, 0.5)]);
    assert_eq!(stage.log, format!("{}!!", "?".repeat(30)));
    let found = stage.found.clone().unwrap();
    // Blocked since the second one stands.
    assert_eq!((found.dwell.as_secs(), found.count), (11, 2));
    expect!["通道被占用（2辆汽车、占通道50%、11秒）"].assert_eq(&stage.words());
    // One upon the other covers no more than one.
    let mut stage = self::stage(0.4);
    stage.hold(15, &[thing(1, 0.3), thing(2, 0.3)]);
    assert_eq!(stage.log, "?".repeat(15));
}

#[test]
fn traffic_that_passes_blocks_nothing() {
    let mut stage = stage(0.2);
    for id in 0..12_u8 {
        for step in 0..8_u8 {
            stage.hold(1, &[thing(id.into(), 0.1 * f32::from(step))]);
        }
    }
    assert!(!stage.log.contains('!'), "{}", stage.log);
}

#[test]
fn anything_blocks_but_persons_unless_classes_are_named() {
    let log = |settings: &ObstructionSettings, class| {
        let mut stage = stage_of(settings.clone());
        stage.hold(11, &[object(1, class, 0.3)]);
        stage.log.chars().last()
    };
    let any = settings(ObstructionLimit::Share(0.2));
    assert_eq!(any.classes(), Wanted::All);
    assert_eq!(log(&any, "suitcase"), Some('!'));
    assert_eq!(log(&any, "person"), Some('.'));
    let cars = ObstructionSettings { classes: Some(vec![Class::new("car")]), ..any };
    assert_eq!(cars.classes(), Wanted::Only(vec![Class::new("car")]));
    assert_eq!(log(&cars, "car"), Some('!'));
    assert_eq!(log(&cars, "suitcase"), Some('.'));
}

#[test]
fn what_never_keeps_standing_blocks_only_if_it_is_named() {
    let log = |settings: &ObstructionSettings, class| {
        let mut stage = stage_of(settings.clone());
        stage.hold(20, &[object(1, class, 0.3)]);
        stage.log.chars().last()
    };
    let any = settings(ObstructionLimit::Share(0.2));
    for class in ["bird", "dog", "sports ball", "traffic light"] {
        assert_eq!(log(&any, class), Some('.'), "{class}");
        let named = ObstructionSettings { classes: Some(vec![Class::new(class)]), ..any.clone() };
        assert_eq!(log(&named, class), Some('!'), "{class}");
    }
    for class in ["fire hydrant", "surfboard", "potted plant"] {
        assert_eq!(log(&any, class), Some('!'), "{class}");
    }
}

#[test]
fn beside_the_passage_is_not_in_it() {
    let mut stage = stage(0.01);
    stage.hold(12, &[thing(1, 0.05), thing(2, 0.75)]);
    assert_eq!(stage.log, "............");
    // A van behind its far end reaches into it by a pixel or two, and is as wide as it.
    let van = |bottom| BoundingBox { left: 0.3, top: 0.4, right: 0.7, bottom };
    for limit in [ObstructionLimit::Share(0.01), ObstructionLimit::WidthShare(0.2)] {
        let log = |bottom| {
            let mut stage = stage_of(settings(limit));
            stage.hold(12, &[Object(1, "truck", van(bottom))]);
            stage.log
        };
        assert_eq!(log(0.61), "............", "{limit:?}");
        assert!(log(0.66).ends_with('!'), "{limit:?}");
    }
    // Across a narrow one it stands on both sides of it, and in it.
    let strip = polygon(&[(0.48, 0.5), (0.52, 0.5), (0.52, 0.9), (0.48, 0.9)]);
    let mut stage = Stage::new(settings(ObstructionLimit::WidthShare(0.2)).into(), strip);
    stage.hold(12, &[Object(1, "truck", van(0.8))]);
    assert!(stage.log.ends_with('!'), "{}", stage.log);
}

#[test]
fn gaps_and_swapped_tracks_do_not_reset_it() {
    let mut stage = stage(0.2);
    stage.hold(4, &[thing(1, 0.3)]).hold(1, &[]).hold(4, &[thing(2, 0.31)]);
    stage.hold(1, &[]).hold(2, &[thing(3, 0.3)]);
    assert_eq!(stage.log, "??????????!!");
    let mut stage = self::stage(0.2);
    stage.hold(5, &[thing(1, 0.3)]).hold(3, &[]).hold(5, &[thing(1, 0.3)]);
    assert_eq!(stage.log, "???????.?????");
}

#[test]
fn one_hidden_for_a_moment_still_counts_and_then_no_more() {
    let mut stage = stage(0.4);
    let both = [thing(1, 0.3), thing(2, 0.5)];
    stage.hold(11, &both).hold(4, &both[..1]).hold(1, &both);
    assert_eq!(stage.log, "??????????!!!??!");
    stage.log.clear();
    stage.hold(22, &[]);
    assert_eq!(stage.log, format!("{}..", "?".repeat(20)));
}

#[test]
fn a_restart_and_a_clock_that_steps_back_lose_nothing() {
    let mut stage = stage(0.2);
    stage.hold(4, &[thing(1, 0.3)]).restart().hold(4, &[thing(5, 0.3)]);
    stage.step_back(3_600).hold(4, &[thing(2, 0.3)]);
    assert_eq!(stage.log, "???????????!");
    assert!(stage.found.as_ref().unwrap().since_at <= stage.at);
    stage.restart().hold(1, &[thing(1, 0.3)]);
    assert_eq!(stage.log, "???????????!!");
}

/// Seen from above: the picture is 10 m wide and 20 m long, and the passage 4 m wide.
fn lane() -> Stage {
    let mut stage = Stage::new(
        settings(ObstructionLimit::ClearWidth { metres: 2.5 }).into(),
        polygon(&[(0.3, 0.0), (0.7, 0.0), (0.7, 1.0), (0.3, 1.0)]),
    );
    let north_up = [10.0, 0.0, 0.0, 0.0, -20.0, 20.0, 0.0, 0.0, 1.0];
    stage.ground = Some(GroundPlane::from_homography(north_up));
    stage
}

#[test]
fn a_lane_that_is_left_too_narrow_is_blocked() {
    let mut stage = lane();
    stage.hold(12, &[thing(1, 0.3)]);
    assert_eq!(stage.log, "??????????!!");
    expect!["通道被占用（1辆汽车、剩余净宽2.0米不足2.5米、11秒）"].assert_eq(&stage.words());
    // Half a metre in the lane, three and a half left.
    let mut stage = lane();
    stage.hold(12, &[thing(1, 0.15)]);
    assert_eq!(stage.log, "????????????");
    // In the middle: one metre on either side, and none passes through both.
    let mut stage = lane();
    stage.hold(12, &[thing(1, 0.4)]);
    expect!["通道被占用（1辆汽车、剩余净宽1.0米不足2.5米、11秒）"].assert_eq(&stage.words());
}

#[test]
fn without_calibration_no_width_is_judged() {
    let mut stage = lane();
    stage.ground = None;
    stage.hold(15, &[thing(1, 0.3)]);
    assert_eq!(stage.log, "...............");
    // Nor where the passage reaches the horizon.
    let to_the_horizon = [2.0, 0.0, -1.0, 0.0, 0.0, 2.0, 0.0, 1.0, -0.2];
    stage.ground = Some(GroundPlane::from_homography(to_the_horizon));
    stage.hold(15, &[thing(1, 0.3)]);
    assert_eq!(stage.log, ".".repeat(30));
}

#[test]
fn without_calibration_the_share_of_the_width_is_judged() {
    let width = |limit, left| {
        let settings = settings(ObstructionLimit::WidthShare(limit));
        // It leads away from the camera and is half as wide at its far end.
        let passage = [(0.3, 0.9), (0.7, 0.9), (0.6, 0.1), (0.4, 0.1)];
        let mut stage = Stage::new(settings.into(), polygon(&passage));
        let carton = BoundingBox { left, top: 0.65, right: left + 0.1, bottom: 0.8 };
        stage.hold(12, &[Object(1, "suitcase", carton)]);
        let is_blocked = stage.log.ends_with('!');
        (is_blocked, if is_blocked { stage.words() } else { String::new() })
    };
    // At its side it takes a quarter of the width, in the middle more than half.
    let (is_blocked, words) = width(0.2, 0.32);
    assert!(is_blocked);
    expect!["通道被占用（1箱、占通道宽度29%、11秒）"].assert_eq(&words);
    assert!(!width(0.4, 0.32).0 && width(0.4, 0.45).0);
    assert!(!width(0.05, 0.75).0, "beside it");
}

#[test]
fn faulty_settings_are_named() {
    let fault = |limit| settings(limit).fault().map(|(setting, _)| setting);
    assert_eq!(fault(ObstructionLimit::Share(1.0)), None);
    assert_eq!(fault(ObstructionLimit::Share(0.0)), Some("share"));
    assert_eq!(fault(ObstructionLimit::WidthShare(0.0)), Some("width_share"));
    assert_eq!(fault(ObstructionLimit::ClearWidth { metres: 4.0 }), None);
    assert_eq!(fault(ObstructionLimit::ClearWidth { metres: f64::NAN }), Some("clear_width"));
    let named = |classes| ObstructionSettings {
        classes: Some(classes),
        ..settings(ObstructionLimit::Share(0.5))
    };
    assert_eq!(named(vec![]).fault().map(|(setting, _)| setting), Some("classes"));
    assert_eq!(named(vec![Class::new("car")]).fault(), None);
}
