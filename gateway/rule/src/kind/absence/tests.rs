//! When something is missing and when it is not.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use proptest::{prop_assert, prop_assert_eq};
use scene::{BoundingBox, CaptureTime, Class, StandingLook, StandingThing};

use super::AbsenceSettings;
use crate::stage::{Object, Stage, at, polygon};
use crate::{KindSettings, Presence, Wanted};

/// One guard in the left half; 10 s without him, in four of five pictures.
fn settings() -> AbsenceSettings {
    AbsenceSettings {
        dwell: Duration::from_secs(10),
        min_share: 0.8,
        ..AbsenceSettings::new(vec![Class::new("person")])
    }
}

fn stage_of(settings: AbsenceSettings) -> Stage {
    let left_half = polygon(&[(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]);
    Stage::new(settings.into(), left_half)
}

fn stage() -> Stage {
    stage_of(settings())
}

fn guard(id: u64) -> Object {
    Object(id, "person", at(0.3, 0.8))
}

/// Plays pictures a second apart: `g` shows the guard, `.` does not.
fn play(script: &str) -> String {
    let mut stage = stage();
    for sign in script.chars() {
        let shown = [guard(1)];
        stage.hold(1, if sign == 'g' { &shown } else { &[] });
    }
    stage.log
}

#[test]
fn missing_from_the_first_picture_on() {
    let mut stage = stage();
    stage.hold(12, &[]);
    assert_eq!(stage.log, "??????????!!");
    let found = stage.found.clone().unwrap();
    assert_eq!((found.count, found.subjects.len()), (0, 0));
    assert_eq!((found.pictures_positive, found.pictures_total), (12, 12));
    assert_eq!(found.dwell, Duration::from_secs(11));
    assert!((found.confidence - 1.0).abs() < 1e-6);
    assert_eq!(stage.words(), "应在位的目标缺席超过10秒");
}

#[test]
fn a_guard_at_his_post_is_nothing_also_if_the_detector_misses_him() {
    assert_eq!(play(&"g".repeat(20)), ".".repeat(20));
    assert_eq!(play(&"ggg.".repeat(20)), "...?".repeat(20));
    for script in ["g.", "g..", "gg...", "...g"] {
        let log = play(&script.repeat(60));
        assert!(!log.contains('!'), "{script}: {log}");
    }
}

#[test]
fn he_was_at_his_post_and_has_left_it() {
    let log = play(&format!("{}{}", "g.".repeat(30), ".".repeat(12)));
    // The time starts with the last picture that showed him.
    assert_eq!(log, format!("{}{}!!!", ".?".repeat(30), "?".repeat(9)));
}

#[test]
fn a_passer_by_in_his_place_costs_nothing_and_a_short_return_does() {
    assert_eq!(play("......g....."), "??????????!!");
    assert_eq!(play("...g........"), "???.????????");
}

#[test]
fn others_and_elsewhere_do_not_stand_in_for_him() {
    let mut stage = stage();
    stage.hold(11, &[Object(1, "person", at(0.7, 0.8)), Object(2, "car", at(0.3, 0.8))]);
    assert_eq!(stage.log, "??????????!");
}

#[test]
fn two_must_be_there() {
    let mut stage = stage_of(AbsenceSettings { count: 2, ..settings() });
    stage.hold(3, &[guard(1), Object(2, "person", at(0.1, 0.8))]).hold(11, &[guard(1)]);
    assert_eq!(stage.log, "...??????????!");
    assert_eq!(stage.words(), "应在位的目标不足2个，持续超过10秒");
}

#[test]
fn it_ends_when_he_is_back_for_the_time_of_clearing() {
    // Alerts clear after 20 s; a picture that misses him in between ends nothing.
    let log = play(&format!("{}{}", ".".repeat(11), "ggggg.".repeat(8)));
    let (open, back) = log.split_at(11);
    assert_eq!(open, "??????????!");
    assert!(back.starts_with("?????!?????!"), "{back}");
    let (_, over) = back.split_at(24);
    assert!(!over.contains('!') && over.ends_with(".....?"), "{back}");
    let short = play(&format!("{}{}..", ".".repeat(11), "g".repeat(18)));
    assert!(short.ends_with("!!"), "back for less than the clearing: {short}");
}

#[test]
fn a_return_of_the_time_of_clearing_ends_it_however_long_the_dwell_is() {
    let long = AbsenceSettings { dwell: Duration::from_secs(1_000), ..settings() };
    let mut stage = stage_of(long);
    stage.hold(1_001, &[]);
    assert!(stage.log.ends_with("?!"));
    stage.hold(25, &[guard(1)]).hold(1, &[]);
    assert!(stage.log.ends_with(".?"), "a picture that misses him reports nothing");
}

#[test]
fn blindness_counts_for_nothing() {
    let mut stage = stage();
    stage.hold(5, &[]).blind(1_000).hold(7, &[]);
    assert_eq!(stage.log, "??????????!!");
}

#[test]
fn a_restart_and_a_clock_that_steps_back_lose_nothing() {
    let mut stage = stage();
    stage.hold(5, &[]).restart().hold(3, &[]).step_back(3_600).hold(4, &[]);
    assert_eq!(stage.log, "???????????!");
    let mut ripe = self::stage();
    ripe.hold(11, &[]).restart().hold(1, &[]);
    assert_eq!(ripe.log, "??????????!!");
}

#[test]
fn a_found_time_never_lies_in_the_future() {
    let mut stage = stage();
    stage.hold(5, &[]).step_back(3_600).hold(1, &[]);
    let first_at = stage.at;
    stage.hold(8, &[]);
    assert_eq!(stage.found.unwrap().since_at, first_at);
}

#[test]
fn it_says_what_it_must_be_shown() {
    let settings = AbsenceSettings::new(vec![Class::new("person")]);
    assert_eq!(settings.classes(), Wanted::Only(vec![Class::new("person")]));
    assert!(settings.lies_on_ground() && !settings.needs_appearance());
    assert!(settings.sought().unwrap().missing);
    let walls = AbsenceSettings { presence: Presence::Overlap(0.5), ..settings };
    assert!(!walls.lies_on_ground());
}

#[test]
fn faulty_settings_are_named() {
    let fault = |settings: AbsenceSettings| settings.fault().map(|(setting, _)| setting);
    assert_eq!(fault(settings()), None);
    assert_eq!(fault(AbsenceSettings { count: 0, ..settings() }), Some("count"));
    assert_eq!(fault(AbsenceSettings { classes: vec![], ..settings() }), Some("classes"));
    assert_eq!(fault(AbsenceSettings { dwell: Duration::ZERO, ..settings() }), Some("dwell"));
    assert_eq!(fault(AbsenceSettings { min_share: 0.0, ..settings() }), Some("min_share"));
}

proptest! {
    #[test]
    fn what_is_reported_was_missing_in_enough_of_the_pictures(shown in vec(any::<bool>(), 1..120)) {
        let mut stage = stage();
        for is_shown in shown {
            let guard = [guard(1)];
            stage.found = None;
            stage.hold(1, if is_shown { &guard } else { &[] });
            if let Some(found) = &stage.found {
                prop_assert!(!is_shown, "no picture that shows him reports him missing");
                prop_assert!(found.dwell >= Duration::from_secs(10));
            }
        }
        let first = stage.log.find('!');
        prop_assert!(first.is_none_or(|first| first >= 10));
    }

    #[test]
    fn the_first_report_lacks_him_in_four_of_five_pictures(shown in vec(0..8_u8, 1..120)) {
        let mut stage = stage();
        for number in shown {
            let guard = [guard(1)];
            stage.hold(1, if number == 0 { &guard } else { &[] });
            if let Some(found) = &stage.found {
                let share = f64::from(found.pictures_positive) / f64::from(found.pictures_total);
                prop_assert!(share >= 0.799, "{share}");
                break;
            }
        }
    }

    #[test]
    fn who_stands_there_and_a_restart_make_no_difference(
        shown in vec((any::<bool>(), any::<bool>()), 1..60)
    ) {
        let (mut known, mut mixed) = (stage(), stage());
        for (number, (is_shown, restarts)) in (1..).zip(shown) {
            let (one, other) = ([guard(1)], [guard(number)]);
            known.hold(1, if is_shown { &one } else { &[] });
            if restarts {
                mixed.restart();
            }
            mixed.hold(1, if is_shown { &other } else { &[] });
        }
        prop_assert_eq!(known.log, mixed.log);
    }
}

/// What the zone held when it was learned, for ten seconds.
fn kept() -> Stage {
    stage_of(AbsenceSettings {
        max_gone_share: Some(0.2),
        ..AbsenceSettings { classes: Vec::new(), ..settings() }
    })
}

/// Plays looks a second apart: `g` shows all, `.` lacks a fifth and more, `,` lacks less, `b` hides it behind a
/// box, `h` cannot tell, `n` does not know the zone, `l` has learned it a moment ago, `x` is no look.
fn looks(stage: &mut Stage, script: &str) -> String {
    stage.log.clear();
    let place = |width: f32| BoundingBox { left: 0.1, top: 0.2, right: 0.1 + width, bottom: 1.0 };
    for sign in script.chars() {
        let thing = StandingThing {
            bounds: place(0.2),
            foot: vec![1.0],
            since: stage.at,
            looks: 8,
            sure: 0.7,
        };
        let gone = match sign {
            '.' => vec![place(0.2)],
            ',' => vec![place(0.1)],
            _ => Vec::new(),
        };
        let known_since = if sign == 'l' { stage.at } else { CaptureTime::from_unix_micros(0) };
        stage.standing = (sign != 'x').then(|| StandingLook {
            zone: "cam-01.zone".into(),
            known_since: (sign != 'n').then_some(known_since),
            unsure: if sign == 'h' { vec![place(0.4)] } else { Vec::new() },
            things: if sign == 'b' { vec![thing] } else { Vec::new() },
            gone,
        });
        stage.hold(1, &[]);
    }
    stage.log.clone()
}

#[test]
fn what_the_zone_held_is_missing_whatever_it_is() {
    let mut stage = kept();
    assert_eq!(looks(&mut stage, "ggg,,,............"), "......??????????!!");
    assert_eq!(stage.words(), "应在位的物品缺失或被遮挡，涉及区域约32%，持续超过10秒");
    let found = stage.found.clone().unwrap();
    assert_eq!((found.count, found.subjects.len(), found.dwell.as_secs()), (0, 0, 11));
    assert_eq!(looks(&mut kept(), "gggbbbbbbbbbbbb"), "...??????????!!", "something hides it");
    // It is back.
    let back = looks(&mut stage, &"g".repeat(40));
    assert!(back.ends_with('.') && back.starts_with('?'), "{back}");
}

#[test]
fn a_look_that_cannot_tell_ends_no_absence_and_makes_none() {
    for sign in ["h", "n", "x", "l"] {
        let silence = sign.repeat(30);
        let begins = looks(&mut kept(), &silence);
        assert_eq!(begins, ".".repeat(30), "{sign}");
        let mut stage = kept();
        assert_eq!(looks(&mut stage, &format!(".....{silence}......")).matches('!').count(), 1);
        let waits = looks(&mut stage, &silence);
        assert_eq!(waits, "~".repeat(30), "{sign}");
        stage.restart();
        assert_eq!(looks(&mut stage, &silence), waits, "{sign}");
        assert_eq!(looks(&mut stage, "."), "!", "{sign}");
        assert_eq!(stage.found.clone().unwrap().dwell.as_secs(), 11, "{sign}");
    }
}

#[test]
fn without_classes_and_without_that_there_is_no_rule() {
    let terms = |terms: serde_json::Value| {
        let written = terms.as_object().unwrap();
        let site = crate::Site {
            picture_px: [100, 100],
            is_calibrated: false,
            classes: None,
            scores: crate::ModelScores::default(),
            looks_twice: false,
            cable_score: None,
            written,
        };
        crate::kind::find(Some("absence")).unwrap().settings(written.clone(), &site)
    };
    assert!(terms(serde_json::json!({})).is_err());
    for idle in [
        serde_json::json!({ "unknown_things": true, "classes": ["person"] }),
        serde_json::json!({ "unknown_things": true, "count": 2 }),
        serde_json::json!({ "classes": ["person"], "max_gone_share": 0.5 }),
    ] {
        let errors = format!("{:?}", terms(idle.clone()).unwrap_err());
        assert!(errors.contains("Idle"), "{idle}: {errors}");
    }
    let kind = terms(serde_json::json!({ "unknown_things": true })).unwrap();
    assert!(kind.needs_standing() && kind.keeps_what_leaves() && kind.sought().is_none());
    let kind = terms(serde_json::json!({ "classes": ["person"] })).unwrap();
    assert!(!kind.needs_standing() && !kind.keeps_what_leaves() && kind.sought().is_some());
}
