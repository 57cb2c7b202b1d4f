//! Looks that say nothing about a thing: it is neither there nor gone.

use std::time::Duration;

use scene::StandingLook;

use super::unknown::{LONG_AGO, free, heap, look, show, told};
use super::{ObstructionLimit, ObstructionSettings, object, settings, stage};
use crate::stage::Stage;

/// A heap that has blocked the passage for two seconds.
fn blocked() -> (Stage, scene::StandingThing) {
    let mut stage = stage(0.2);
    let heap = told(&stage, heap(0.3));
    show(&mut stage, 5, &heap);
    assert_eq!(stage.log, "??!!!");
    stage.log.clear();
    (stage, heap)
}

#[test]
fn what_blocks_is_neither_there_nor_gone_while_the_zone_is_not_known() {
    let (mut stage, heap) = blocked();
    // Night falls, and the next eye looks at nothing yet.
    stage.standing = look(false, Vec::new());
    stage.hold(3600, &[]);
    stage.standing = None;
    stage.hold(60, &[]);
    assert_eq!(stage.log, "~".repeat(3660));
    show(&mut stage, 1, &heap);
    let found = stage.found.clone().unwrap();
    assert!(stage.log.ends_with('!'));
    assert_eq!((found.since_at, found.dwell.as_secs(), found.count), (heap.since, 13, 1));
    // It was taken away.
    stage.log.clear();
    free(&mut stage, 40);
    assert_eq!(stage.log.trim_end_matches('.'), "?".repeat(20));
}

#[test]
fn what_blocks_nothing_is_not_waited_for() {
    let mut stage = stage(0.4);
    let heap = told(&stage, heap(0.3));
    show(&mut stage, 5, &heap);
    stage.standing = look(false, Vec::new());
    stage.hold(5, &[]);
    assert_eq!(stage.log, "?".repeat(10));
}

#[test]
fn a_zone_that_was_learned_with_the_thing_in_it_says_nothing_of_it() {
    let (mut stage, heap) = blocked();
    let known_since = Some(stage.at);
    let anew = |things| Some(StandingLook { known_since, ..look(true, things).unwrap() });
    stage.standing = anew(Vec::new());
    stage.hold(600, &[]);
    assert_eq!(stage.log, "~".repeat(600));
    // The look that does show it proves that it is not in the reference.
    stage.standing = anew(vec![heap]);
    stage.hold(2, &[]);
    stage.standing = anew(Vec::new());
    stage.hold(40, &[]);
    let after = stage.log.strip_prefix(&"~".repeat(600)).unwrap();
    assert_eq!(after.trim_end_matches('.'), format!("!!{}", "?".repeat(20)));
}

#[test]
fn what_nothing_can_tell_of_for_a_day_is_forgotten() {
    let (mut stage, _) = blocked();
    stage.standing = look(false, Vec::new());
    for _ in 0..25 {
        stage.show(3_600_000, &[]);
    }
    assert_eq!(stage.log, format!("{}.", "~".repeat(24)));
}

#[test]
fn hidden_it_is_neither_seen_nor_missed() {
    let mut stage = stage(0.2);
    let heap = told(&stage, heap(0.3));
    show(&mut stage, 2, &heap);
    let hidden = StandingLook { unsure: vec![heap.bounds], ..look(true, Vec::new()).unwrap() };
    stage.standing = Some(hidden.clone());
    stage.hold(60, &[]);
    show(&mut stage, 3, &heap);
    // It stood for eight seconds before, and for three after.
    assert_eq!(stage.log, format!("{}!!!", "?".repeat(62)));
    let found = stage.found.clone().unwrap();
    assert_eq!((found.dwell.as_secs(), found.pictures_positive), (11 + 1, 8 + 4));
    stage.standing = Some(hidden);
    stage.hold(60, &[]);
    assert!(stage.log.ends_with(&"~".repeat(60)));
    // Hidden by what blocks as well, the passage is blocked by that.
    stage.hold(15, &[object(1, "truck", 0.3)]);
    assert!(stage.log.ends_with('!'));
}

#[test]
fn one_that_is_not_seen_does_not_ripen_while_another_is() {
    let mut stage = stage(0.2);
    let (one, other) = (told(&stage, heap(0.3)), told(&stage, heap(0.5)));
    show(&mut stage, 1, &one);
    let hides = StandingLook { unsure: vec![one.bounds], ..look(true, vec![other]).unwrap() };
    stage.standing = Some(hides);
    stage.hold(30, &[]);
    assert_eq!(stage.found.clone().unwrap().count, 1);
}

#[test]
fn what_is_no_longer_looked_for_is_forgotten() {
    let (mut stage, _) = blocked();
    let limit = ObstructionLimit::Share(0.2);
    let memory = stage.rule.memory().unwrap();
    let without = ObstructionSettings { unknown_things: false, ..settings(limit) };
    let mut after = super::stage_of(without);
    assert!(after.rule.restore(&memory));
    after.hold(3, &[]);
    assert_eq!(after.log, "...");
    // By the same settings it is still remembered.
    stage.restart();
    stage.standing = None;
    stage.hold(3, &[]);
    assert_eq!(stage.log, "~~~");
}

#[test]
fn one_look_alone_ends_nothing_unless_it_is_long_after() {
    let (mut stage, heap) = blocked();
    let tolerance = settings(ObstructionLimit::Share(0.2)).gap_tolerance;
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap();
    stage.standing = look(true, Vec::new());
    stage.show(ms(tolerance) + 1_000, &[]);
    stage.standing = look(true, vec![heap]);
    stage.show(1_000, &[]);
    assert_eq!(stage.log, "?!");
    assert!(stage.at > LONG_AGO);
}

#[test]
fn what_a_person_calls_no_incident_is_none_for_as_long_as_it_stands() {
    let (mut stage, stays) = blocked();
    stage.rule.accept(&[stays.bounds]);
    show(&mut stage, 60, &stays);
    assert_eq!(stage.log, ".".repeat(60));
    // Over a restart, a night without the rule, and one in which nobody can see it.
    stage.restart();
    show(&mut stage, 30, &stays);
    stage.rule.restore(&serde_json::Value::Null);
    show(&mut stage, 30, &stays);
    stage.standing = look(false, Vec::new());
    stage.hold(600, &[]);
    assert_eq!(stage.log, ".".repeat(720));
    // What comes beside it is another thing.
    stage.log.clear();
    let other = told(&stage, heap(0.5));
    stage.standing = look(true, vec![stays.clone(), other.clone()]);
    stage.hold(20, &[]);
    assert!(stage.log.ends_with('!'));
    assert_eq!(stage.found.clone().unwrap().subjects[0].bbox, other.bounds);
    // It leaves, and another one comes to its place.
    free(&mut stage, 60);
    assert!(stage.log.ends_with('.'));
    let next = told(&stage, stays.bounds);
    show(&mut stage, 20, &next);
    assert!(stage.log.ends_with('!'));
}
