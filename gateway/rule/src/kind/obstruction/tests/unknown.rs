//! Things of no class: what the detector has no word for, or now and then a wrong one.

use std::time::Duration;

use expect_test::expect;
use scene::{BoundingBox, CaptureTime, Class, GroundPlane, StandingLook, StandingThing};

use super::{object, settings, stage, stage_of, thing};
use crate::kind::obstruction::{ObstructionLimit, ObstructionSettings};
use crate::stage::{Stage, polygon};
use crate::{KindSettings, Sought};

/// A heap that covers a quarter of the passage: as wide as half of it, and its lower third as high.
pub(super) fn heap(left: f32) -> BoundingBox {
    BoundingBox { left, top: 0.5, right: left + 0.2, bottom: 0.8 }
}

pub(super) const LONG_AGO: CaptureTime = CaptureTime::from_unix_micros(0);

/// The zone has been known for long, or is not known.
pub(super) fn look(is_known: bool, things: Vec<StandingThing>) -> Option<StandingLook> {
    let known_since = is_known.then_some(LONG_AGO);
    let (zone, unsure, gone) = ("cam-01.zone".into(), Vec::new(), Vec::new());
    Some(StandingLook { zone, known_since, unsure, things, gone })
}

/// An eye tells a thing once it has seen it in eight looks, a second apart.
pub(super) fn told(stage: &Stage, bounds: BoundingBox) -> StandingThing {
    let since = stage.at.before(Duration::from_secs(7));
    StandingThing { bounds, foot: vec![bounds.bottom; 4], since, looks: 8, sure: 0.8 }
}

pub(super) fn show(stage: &mut Stage, pictures: u32, thing: &StandingThing) {
    stage.standing = look(true, vec![thing.clone()]);
    stage.hold(pictures, &[]);
}

pub(super) fn free(stage: &mut Stage, pictures: u32) {
    stage.standing = look(true, Vec::new());
    stage.hold(pictures, &[]);
}

#[test]
fn a_heap_of_goods_blocks_as_a_car_does() {
    let mut stage = stage(0.2);
    free(&mut stage, 3);
    let heap = told(&stage, heap(0.3));
    show(&mut stage, 5, &heap);
    // It stood for seven seconds when it was told.
    assert_eq!(stage.log, "...??!!!");
    let found = stage.found.clone().unwrap();
    assert_eq!((found.since_at, found.count), (heap.since, 1));
    assert_eq!(found.subjects[0].class.as_str(), "unknown_object");
    assert_eq!((found.subjects[0].bbox, found.pictures_positive), (heap.bounds, 12));
    expect!["通道被占用（不明物体1件、占通道25%、12秒）"].assert_eq(&stage.words());
    // It is gone.
    free(&mut stage, 30);
    assert!(stage.log.ends_with("...."), "{}", stage.log);
}

#[test]
fn what_is_not_looked_for_is_neither_there_nor_gone() {
    let mut stage = stage(0.2);
    let heap = told(&stage, heap(0.3));
    show(&mut stage, 2, &heap);
    // The next eye learns for a minute; another looks at nothing yet.
    stage.standing = look(false, Vec::new());
    stage.hold(60, &[]);
    stage.standing = None;
    stage.hold(60, &[]);
    assert_eq!(stage.log, "?".repeat(122));
    let later = told(&stage, heap_grown());
    show(&mut stage, 3, &later);
    // It goes on where it was: ten seconds, and none of the time in between.
    assert_eq!(stage.log, format!("{}!!!", "?".repeat(122)));
    let found = stage.found.clone().unwrap();
    assert_eq!((found.since_at, found.dwell.as_secs()), (heap.since, 12));
}

/// The heap of 0.3 with more on it.
fn heap_grown() -> BoundingBox {
    BoundingBox { left: 0.3, top: 0.4, right: 0.58, bottom: 0.8 }
}

#[test]
fn a_restart_forgets_no_thing() {
    let mut stage = stage(0.2);
    let heap = told(&stage, heap(0.3));
    show(&mut stage, 6, &heap);
    assert!(stage.log.ends_with('!'));
    stage.restart();
    show(&mut stage, 2, &heap);
    assert!(stage.log.ends_with("!!"), "{}", stage.log);
    assert_eq!(stage.found.clone().unwrap().since_at, heap.since);
}

#[test]
fn a_thing_that_the_detector_knows_too_is_one_object_under_its_name() {
    let mut stage = stage(0.2);
    let heap = told(&stage, heap(0.3));
    stage.standing = look(true, vec![heap.clone()]);
    stage.hold(14, &[object(1, "suitcase", 0.3)]);
    let found = stage.found.clone().unwrap();
    assert_eq!((found.count, found.since_at), (1, heap.since));
    assert_eq!(found.subjects[0].class.as_str(), "suitcase");
    // Beside each other they are two.
    stage.hold(14, &[object(2, "suitcase", 0.5)]);
    assert_eq!(stage.found.clone().unwrap().count, 2);
}

#[test]
fn what_may_stand_there_is_no_thing_either() {
    let bench = Class::new("bench");
    let except = vec![Class::new("person"), bench];
    let limit = ObstructionLimit::Share(0.2);
    let mut stage = stage_of(ObstructionSettings { except, ..settings(limit) });
    let heap = told(&stage, heap(0.3));
    stage.standing = look(true, vec![heap.clone()]);
    stage.hold(20, &[object(1, "bench", 0.3)]);
    assert_eq!(stage.log, ".".repeat(20), "whatever the detections say: only tracks are archived");
    show(&mut stage, 20, &heap);
    assert!(stage.log.ends_with('!'));
}

#[test]
fn a_heap_that_the_detector_calls_a_bird_is_a_thing_of_no_class() {
    let limit = ObstructionLimit::Share(0.2);
    let cars = ObstructionSettings {
        classes: Some(vec![Class::new("car")]),
        unknown_things: true,
        ..settings(limit)
    };
    for settings in [settings(limit), cars] {
        let mut stage = stage_of(settings.clone());
        let heap = told(&stage, heap(0.3));
        stage.standing = look(true, vec![heap]);
        stage.hold(14, &[object(1, "bird", 0.3)]);
        let found = stage.found.clone().unwrap();
        assert_eq!((found.count, found.subjects.len()), (1, 1));
        assert_eq!(found.subjects[0].class.as_str(), "unknown_object");
        let sought = settings.sought().unwrap();
        assert!(sought.misreads(&Class::new("bird")) && !sought.is_of_class(&Class::new("bird")));
    }
    // Who names birds means them.
    let except = vec![Class::new("bird")];
    let mut stage = stage_of(ObstructionSettings { except, ..settings(limit) });
    let heap = told(&stage, heap(0.3));
    stage.standing = look(true, vec![heap]);
    stage.hold(14, &[object(1, "bird", 0.3)]);
    assert_eq!(stage.log, ".".repeat(14));
}

#[test]
fn a_plank_leaves_the_width_beside_its_foot() {
    // From above, 10 m across and 20 m down the picture; a lane of 4 m.
    let ground = GroundPlane::from_homography([10.0, 0.0, 0.0, 0.0, -20.0, 20.0, 0.0, 0.0, 1.0]);
    let limit = ObstructionLimit::ClearWidth { metres: 3.5 };
    let lane = polygon(&[(0.3, 0.0), (0.7, 0.0), (0.7, 1.0), (0.3, 1.0)]);
    let mut stage = Stage::new(settings(limit).into(), lane);
    stage.ground = Some(ground);
    // It lies aslant: each part meets the ground farther up, so no place is narrowed by all of it.
    let aslant = StandingThing {
        bounds: BoundingBox { left: 0.3, top: 0.2, right: 0.5, bottom: 0.8 },
        foot: vec![0.8, 0.65, 0.5, 0.35],
        ..told(&stage, heap(0.3))
    };
    show(&mut stage, 6, &aslant);
    expect!["通道被占用（不明物体1件、剩余净宽2.0米不足3.5米、13秒）"].assert_eq(&stage.words());
}

#[test]
fn they_are_looked_for_unless_classes_are_named_or_a_setting_says_no() {
    let terms = |terms: serde_json::Value| {
        let written = terms.as_object().unwrap();
        let site = crate::Site {
            picture_px: [100, 100],
            is_calibrated: true,
            classes: None,
            scores: crate::ModelScores::default(),
            looks_twice: false,
            cable_score: None,
            written,
        };
        let kind = crate::kind::find(Some("obstruction")).unwrap();
        let kind = kind.settings(written.clone(), &site).unwrap();
        let sought: Sought = kind.sought().unwrap();
        assert_eq!(kind.needs_standing(), sought.unknown);
        kind.needs_standing()
    };
    assert!(terms(serde_json::json!({})));
    assert!(!terms(serde_json::json!({ "classes": ["car"] })));
    assert!(!terms(serde_json::json!({ "unknown_things": false })));
    assert!(terms(serde_json::json!({ "classes": ["car"], "unknown_things": true })));
    let limit = ObstructionLimit::Share(0.2);
    let mut stage = stage_of(ObstructionSettings { unknown_things: false, ..settings(limit) });
    assert!(!settings(limit).except.is_empty());
    stage.hold(12, &[thing(1, 0.3)]);
    assert!(stage.log.ends_with('!'));
}
