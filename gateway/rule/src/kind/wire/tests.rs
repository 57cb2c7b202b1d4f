//! Charging wires: what must be seen how often, and what ends them.

use std::time::Duration;

use proptest::prelude::*;
use scene::{BoundingBox, Cable, CableSight, Class, Point};

use super::{TWO_WHEELERS, WireSettings};
use crate::stage::{Object, Stage, at, polygon};
use crate::verdict::CableFinding;

const BIKE: Object =
    Object(1, "e_bike", BoundingBox { left: 0.4, top: 0.6, right: 0.5, bottom: 0.8 });

/// A minute's dwell, on the ground from 0.5 down.
fn stage() -> Stage {
    let classes = TWO_WHEELERS.map(Class::new).to_vec();
    let settings = WireSettings::new(classes, Duration::from_mins(1), 0.95);
    Stage::new(settings.into(), polygon(&[(0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)]))
}

/// From above the bike to a window.
fn cable() -> Cable {
    let path = [(0.45, 0.58), (0.48, 0.4), (0.5, 0.1)];
    let path = path.map(|(x, y)| Point { x, y }).to_vec();
    Cable { score: 0.97, length_px: 412, path }
}

fn hangs() -> Option<CableSight> {
    Some(CableSight::Seen(vec![cable()]))
}

fn none_hangs() -> Option<CableSight> {
    Some(CableSight::Seen(Vec::new()))
}

/// Shows the bike for so many seconds while every look shows this.
fn hold(stage: &mut Stage, secs: u32, sight: Option<CableSight>) -> &mut Stage {
    stage.cable_sight = sight;
    stage.hold(secs, &[BIKE])
}

fn is_met(stage: &Stage) -> bool {
    stage.log.ends_with('!')
}

#[test]
fn it_is_told_after_three_looks_and_the_alert_says_why() {
    let mut stage = stage();
    hold(&mut stage, 60, hangs());
    assert_eq!((stage.cable_looks, is_met(&stage)), (0, false), "the dwell is not over");
    hold(&mut stage, 20, hangs());
    assert!(!is_met(&stage), "two looks are not enough");
    hold(&mut stage, 4, hangs());
    assert_eq!((stage.cable_looks, is_met(&stage)), (3, true), "{}", stage.log);
    let found = stage.found.as_ref().unwrap();
    assert_eq!(found.cable, Some(CableFinding { length_px: 412, seen: 3, looks: 3 }));
    let labels: Vec<&str> = found.subjects.iter().map(|it| it.class.as_str()).collect();
    assert_eq!((found.count, labels.as_slice()), (1, ["e_bike", "charging_wire"].as_slice()));
    assert_eq!(found.subjects[1].bbox, cable().bounds());
    assert!((found.confidence - 0.97).abs() < 1e-6);
    assert_eq!(
        stage.words(),
        "电动自行车旁疑似飞线充电（画面中线长约412像素，3次查看3次看到，停放1分钟）"
    );
    assert!((stage.rule.threshold() - 0.95).abs() < 1e-6);
}

#[test]
fn without_a_cable_and_without_a_net_nothing_is_told() {
    for sight in [none_hangs(), None, Some(CableSight::NoReference), Some(CableSight::Unaligned)] {
        let mut stage = stage();
        hold(&mut stage, 400, sight);
        assert!(!stage.log.contains('!'), "{}", stage.log);
    }
}

#[test]
fn three_of_five_suffice_and_two_do_not() {
    for (pattern, is_told) in [("x.x.x", true), ("x..x.", false), ("xx.x.", true), (".x.x.", false)]
    {
        let mut stage = stage();
        hold(&mut stage, 60, None);
        for sign in pattern.chars() {
            hold(&mut stage, 11, if sign == 'x' { hangs() } else { none_hangs() });
        }
        assert_eq!(stage.log.contains('!'), is_told, "{pattern} {}", stage.log);
    }
}

#[test]
fn cables_at_different_places_are_none() {
    let mut stage = stage();
    hold(&mut stage, 60, None);
    let ways = [[(0.38, 0.7), (0.05, 0.3)], [(0.45, 0.58), (0.45, 0.1)], [(0.52, 0.7), (0.9, 0.3)]];
    for way in ways.into_iter().cycle().take(7) {
        let path = way.map(|(x, y)| Point { x, y }).to_vec();
        hold(&mut stage, 11, Some(CableSight::Seen(vec![Cable { path, ..cable() }])));
    }
    assert!(!stage.log.contains('!'), "{}", stage.log);
}

#[test]
fn it_ends_when_looks_show_none_or_the_bike_leaves_and_not_when_nobody_can_tell() {
    let mut stage = stage();
    hold(&mut stage, 90, hangs());
    assert!(is_met(&stage));
    hold(&mut stage, 600, Some(CableSight::Hidden));
    assert!(is_met(&stage), "somebody stands before it");
    hold(&mut stage, 240, none_hangs());
    assert!(!is_met(&stage), "it was taken away");
    hold(&mut stage, 240, hangs());
    assert!(is_met(&stage), "it is back");
    stage.hold(60, &[]);
    assert!(stage.log.ends_with('.'), "the bike has left: {}", stage.log);
}

#[test]
fn a_restart_forgets_neither_the_bike_nor_what_looks_told() {
    let mut stage = stage();
    hold(&mut stage, 90, hangs());
    assert!(is_met(&stage));
    // The eye that begins anew has no picture from before.
    stage.restart().cable_sight = Some(CableSight::NoReference);
    let after = Object(7, BIKE.1, BIKE.2);
    stage.hold(20, &[after]);
    assert!(is_met(&stage), "{}", stage.log);
}

#[test]
fn looks_are_few() {
    let mut stage = stage();
    hold(&mut stage, 660, none_hangs());
    // Five in 40 s, then one a minute.
    assert!((13..=16).contains(&stage.cable_looks), "{}", stage.cable_looks);
    let mut walking = self::stage();
    walking.cable_sight = hangs();
    for step in 0..200_u16 {
        walking.show(1_000, &[Object(1, "e_bike", at(0.1 + f32::from(step % 16) / 20.0, 0.8))]);
    }
    assert_eq!(walking.cable_looks, 0, "nobody looks at those who pass");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Whatever the looks show: it is told exactly while three of the latest five show the cable.
    #[test]
    fn it_is_told_while_three_of_the_latest_five_show_it(looks in prop::collection::vec(any::<bool>(), 1..14)) {
        let mut stage = stage();
        hold(&mut stage, 60, None);
        let mut told: Vec<bool> = Vec::new();
        for shows in looks {
            let before = stage.cable_looks;
            // One answer: then nobody answers until the next look is due.
            while stage.cable_looks == before {
                hold(&mut stage, 1, None);
            }
            hold(&mut stage, 1, if shows { hangs() } else { none_hangs() });
            told.push(shows);
            let latest = told.iter().rev().take(5).filter(|shows| **shows).count();
            prop_assert_eq!(is_met(&stage), latest >= 3, "{:?}", told);
        }
    }
}
