//! Which thing is which, by its place and its size.

use scene::{BoundingBox, Class, UNKNOWN_OBJECT};

use super::unknown::{free, heap, look, show, told};
use super::{ObstructionLimit, ObstructionSettings, object, settings, stage, stage_of};
use crate::stage::Object;

/// A bag at the near end of the passage: a hundredth of it.
fn bag() -> BoundingBox {
    BoundingBox { left: 0.4, top: 0.7, right: 0.44, bottom: 0.78 }
}

#[test]
fn goods_that_are_unloaded_round_a_bag_have_a_dwell_of_their_own() {
    let mut stage = stage(0.2);
    let bag = told(&stage, bag());
    show(&mut stage, 600, &bag);
    let goods = told(&stage, heap(0.3));
    show(&mut stage, 5, &goods);
    assert_eq!(stage.log, format!("{}??!!!", "?".repeat(600)));
    let found = stage.found.clone().unwrap();
    assert_eq!((found.since_at, found.count, found.subjects.len()), (goods.since, 1, 1));
    // The goods are taken away again, and the bag is left.
    show(&mut stage, 30, &bag);
    assert!(stage.log.ends_with('?'), "{}", stage.log);
}

#[test]
fn what_grows_little_by_little_does_not_pass_on_its_dwell() {
    let mut stage = stage(0.2);
    for step in 0..60_u8 {
        let by = f32::from(step) / 59.0;
        let grown = BoundingBox {
            left: 0.4 - 0.1 * by,
            top: 0.7 - 0.2 * by,
            right: 0.44 + 0.06 * by,
            bottom: 0.78 + 0.02 * by,
        };
        let thing = told(&stage, grown);
        show(&mut stage, 1, &thing);
    }
    let thing = told(&stage, heap(0.3));
    show(&mut stage, 20, &thing);
    let found = stage.found.clone().unwrap();
    // It began 87 seconds ago as a bag. When it was half as large as now is 52 seconds ago.
    assert_eq!(found.dwell.as_secs(), 52);
}

#[test]
fn a_heap_that_more_is_put_round_still_blocks() {
    let mut stage = stage(0.2);
    let small = told(&stage, heap(0.3));
    show(&mut stage, 5, &small);
    let large = told(&stage, BoundingBox { left: 0.3, top: 0.2, right: 0.7, bottom: 0.8 });
    show(&mut stage, 30, &large);
    assert_eq!(stage.log, format!("??{}", "!".repeat(33)));
    let found = stage.found.clone().unwrap();
    assert_eq!((found.since_at, found.count), (small.since, 1));
    // Half of it is taken away: the rest has stood for as long.
    show(&mut stage, 1, &small);
    assert!(stage.log.ends_with('!'));
}

#[test]
fn a_lorry_over_a_carton_and_a_heap_round_a_plant_block_by_their_own_size() {
    let mut stage = stage(0.2);
    let carton = told(&stage, bag());
    show(&mut stage, 20, &carton);
    stage.standing = look(true, vec![carton.clone()]);
    let lorry = Object(1, "truck", BoundingBox { left: 0.3, top: 0.2, right: 0.5, bottom: 0.8 });
    let came = stage.at;
    stage.hold(12, &[lorry]);
    assert!(stage.log.ends_with('!'), "{}", stage.log);
    let found = stage.found.clone().unwrap();
    assert!(found.since_at > came && found.count == 1, "{found:?}");

    let mut stage = self::stage(0.2);
    let plant = Object(1, "potted plant", bag());
    free(&mut stage, 1);
    stage.hold(20, &[plant]);
    stage.standing = look(true, vec![told(&stage, heap(0.3))]);
    stage.hold(5, &[plant]);
    assert!(stage.log.ends_with('!'), "{}", stage.log);
    assert_eq!(stage.found.clone().unwrap().count, 2);
}

#[test]
fn a_part_of_what_the_detector_knows_is_not_counted_again() {
    let mut stage = stage(0.2);
    let part = told(&stage, BoundingBox { left: 0.32, top: 0.7, right: 0.4, bottom: 0.8 });
    stage.standing = look(true, vec![part]);
    stage.hold(14, &[object(1, "suitcase", 0.3)]);
    let found = stage.found.clone().unwrap();
    assert_eq!((found.count, found.subjects.len()), (1, 1));
    assert_eq!(found.subjects[0].class.as_str(), "suitcase");
}

#[test]
fn a_rule_may_say_how_sure_a_thing_must_be() {
    let limit = ObstructionLimit::Share(0.2);
    let with = |scores: &[(&str, f32)]| {
        let mut min_score = scene::Thresholds::of(0.95);
        for (class, score) in scores {
            min_score = min_score.with(Class::new(class), *score);
        }
        let mut stage = stage_of(ObstructionSettings { min_score, ..settings(limit) });
        let heap = told(&stage, heap(0.3)); // of which the eye is sure to 0.8
        show(&mut stage, 12, &heap);
        stage.log.pop()
    };
    assert_eq!(with(&[]), Some('!'), "a score of the detector is another measure");
    assert_eq!(with(&[(UNKNOWN_OBJECT, 0.7)]), Some('!'));
    assert_eq!(with(&[(UNKNOWN_OBJECT, 0.85)]), Some('.'));
}
