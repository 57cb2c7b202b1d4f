//! What is a gathering and what is none.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, proptest};
use proptest::prop_assert_eq;
use scene::Class;

use super::GatheringSettings;
use crate::KindSettings;
use crate::stage::{Object, Stage, at, polygon};

/// Three persons for 10 s in the left half, 2 s tolerated.
fn settings() -> GatheringSettings {
    GatheringSettings {
        dwell: Duration::from_secs(10),
        gap_tolerance: Duration::from_secs(2),
        ..GatheringSettings::new(vec![Class::new("person")], 3)
    }
}

fn stage() -> Stage {
    let left_half = polygon(&[(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]);
    Stage::new(settings().into(), left_half)
}

/// Persons side by side in the zone, with these track numbers.
fn persons(ids: &[u64]) -> Vec<Object> {
    let places = [0.05, 0.12, 0.2, 0.28, 0.36, 0.44];
    ids.iter().zip(places).map(|(id, x)| Object(*id, "person", at(x, 0.8))).collect()
}

/// Plays pictures a second apart, each with this many persons; answers with the verdicts.
fn play(counts: &[usize]) -> String {
    let mut stage = stage();
    for count in counts {
        stage.hold(1, &persons(&[1, 2, 3, 4, 5, 6][..*count]));
    }
    stage.log
}

#[test]
fn enough_of_them_from_the_first_picture_on() {
    let mut stage = stage();
    stage.hold(12, &persons(&[1, 2, 3, 4]));
    assert_eq!(stage.log, "??????????!!");
    let found = stage.found.clone().unwrap();
    assert_eq!((found.count, found.subjects.len()), (4, 4));
    assert_eq!((found.pictures_positive, found.pictures_total), (12, 12));
    assert_eq!(found.dwell, Duration::from_secs(11));
    assert_eq!(stage.words(), "4个目标聚集超过10秒");
}

#[test]
fn too_few_are_none() {
    assert_eq!(play(&[2; 15]), "...............");
}

#[test]
fn single_miscounts_are_tolerated_and_longer_ones_are_not() {
    assert_eq!(play(&[3, 3, 2, 4, 3, 1, 3, 3, 0, 3, 3, 3, 3]), "??????????!!!");
    assert_eq!(play(&[3, 3, 3, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3]), "?????.???????");
    // Enough in every second picture only.
    assert_eq!(play(&[3, 2].repeat(10)), "?".repeat(20));
}

#[test]
fn others_and_elsewhere_do_not_count() {
    let mut stage = stage();
    let mut objects = persons(&[1, 2]);
    objects.push(Object(3, "person", at(0.7, 0.8)));
    objects.push(Object(4, "car", at(0.3, 0.8)));
    stage.hold(15, &objects);
    assert_eq!(stage.log, ".".repeat(15));
}

#[test]
fn it_clears_once_they_disperse() {
    let mut stage = stage();
    stage.hold(11, &persons(&[1, 2, 3])).hold(22, &persons(&[1, 2]));
    assert_eq!(stage.log, format!("{}!{}..", "?".repeat(10), "?".repeat(20)));
}

#[test]
fn blindness_counts_for_nothing() {
    let mut stage = stage();
    stage.hold(5, &persons(&[1, 2, 3])).blind(1_000).hold(7, &persons(&[1, 2, 3]));
    assert_eq!(stage.log, "??????????!!");
}

#[test]
fn a_restart_and_a_clock_that_steps_back_lose_nothing() {
    let mut stage = stage();
    stage.hold(5, &persons(&[1, 2, 3])).restart().hold(3, &persons(&[7, 8, 9]));
    stage.step_back(3_600).hold(4, &persons(&[1, 2, 3]));
    assert_eq!(stage.log, "???????????!");
    assert_eq!(stage.found.as_ref().unwrap().pictures_positive, 12);
    let mut ripe = self::stage();
    ripe.hold(11, &persons(&[1, 2, 3])).restart().hold(1, &persons(&[4, 5, 6]));
    assert_eq!(ripe.log, "??????????!!");
}

#[test]
fn a_found_time_never_lies_in_the_future() {
    let mut stage = stage();
    stage.hold(5, &persons(&[1, 2, 3])).step_back(3_600);
    stage.hold(1, &persons(&[1, 2, 3]));
    let first_at = stage.at;
    stage.hold(8, &persons(&[1, 2, 3]));
    assert_eq!(stage.found.unwrap().since_at, first_at);
}

#[test]
fn faulty_settings_are_named() {
    let fault = |settings: GatheringSettings| settings.fault().map(|(setting, _)| setting);
    assert_eq!(fault(settings()), None);
    assert_eq!(fault(GatheringSettings { count: 1, ..settings() }), Some("count"));
    assert_eq!(fault(GatheringSettings { classes: vec![], ..settings() }), Some("classes"));
    assert_eq!(fault(GatheringSettings { dwell: Duration::ZERO, ..settings() }), Some("dwell"));
}

/// Pictures of up to six persons, and other track numbers for the same persons in each.
fn scenes() -> impl Strategy<Value = Vec<(usize, Vec<u64>)>> {
    let ids = Just((1..=6).collect::<Vec<u64>>()).prop_shuffle();
    vec((0..=6_usize, any::<u64>().prop_flat_map(move |_| ids.clone())), 1..60)
}

proptest! {
    #[test]
    fn who_they_are_makes_no_difference(scenes in scenes()) {
        let (mut known, mut mixed) = (stage(), stage());
        for (count, ids) in scenes {
            known.hold(1, &persons(&[1, 2, 3, 4, 5, 6][..count]));
            mixed.hold(1, &persons(&ids[..count]));
            let facts = |stage: &Stage| {
                stage.found.as_ref().map(|f| (f.since_at, f.count, f.pictures_positive))
            };
            prop_assert_eq!(&known.log, &mixed.log);
            prop_assert_eq!(facts(&known), facts(&mixed));
        }
    }
}
