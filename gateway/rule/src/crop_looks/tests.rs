//! Who is looked at when, and what the answers come to.

use scene::{CaptureTime, Clock, ClockSource, CropLook, Observation};

use super::*;

const CLOCK: Clock = Clock { source: ClockSource::Arrival, error_ms: None };

fn place(left: f32, width: f32) -> BoundingBox {
    BoundingBox { left, top: 0.4, right: left + width, bottom: 0.8 }
}

fn group(left: f32) -> Group {
    Group { goods: place(left, 0.1), place: place(left, 0.2) }
}

/// Shows one picture, `at` so many seconds, with these groups; whatever was asked about is told of as `told`.
fn show(looks: &mut CropLooks, at: u64, groups: &[Group], told: Option<Option<f32>>) {
    let crops = looks.wanted().zip(told).map(|(place, stall)| CropLook { place, stall });
    let captured_at = CaptureTime::from_unix_micros(1_000_000 * i64::try_from(at).unwrap());
    let observation = Observation {
        captured_at,
        clock: CLOCK,
        detections: Vec::new(),
        appearance: None,
        standing: Vec::new(),
        crops: crops.into_iter().collect(),
    };
    let watched = Duration::from_secs(at);
    let observation = &observation;
    looks.follow(
        &View {
            watched,
            previous_at: None,
            observation,
            tracks: &[],
            standing: None,
            ground: None,
        },
        groups,
    );
}

/// Looks at groups with a dwell of 80 s: every 10 s.
fn looks() -> CropLooks {
    CropLooks::new(Duration::from_secs(80))
}

#[test]
fn groups_are_looked_at_in_turn_and_not_all_the_time() {
    let (mut looks, both) = (looks(), [group(0.1), group(0.6)]);
    let mut asked = Vec::new();
    for at in 0..24 {
        show(&mut looks, at, &both, Some(Some(0.5)));
        asked.push(match looks.wanted() {
            Some(place) if place == both[0].place => '1',
            Some(_) => '2',
            None => '-',
        });
    }
    assert_eq!(asked.iter().collect::<String>(), "12---------12---------12");
}

#[test]
fn the_median_of_the_latest_decides_and_the_likeliest_group_counts() {
    let mut looks = looks();
    let told = [0.9, 0.8, 0.1, 0.9, 0.85].map(Some);
    for (round, stall) in (0..).zip(told) {
        show(&mut looks, 20 * round, &[group(0.1)], None);
        show(&mut looks, 20 * round + 1, &[group(0.1)], Some(stall));
    }
    assert_eq!(looks.likelihood(), Some(Likelihood::Of(0.85)), "somebody walked past once");
    show(&mut looks, 102, &[group(0.1), group(0.6)], None);
    show(&mut looks, 103, &[group(0.1), group(0.6)], Some(Some(0.95)));
    assert_eq!(looks.likelihood(), Some(Likelihood::Of(0.95)));
}

#[test]
fn too_few_pixels_tell_nothing_and_are_no_zero() {
    let mut looks = looks();
    show(&mut looks, 0, &[group(0.1)], None);
    assert_eq!(looks.likelihood(), None);
    show(&mut looks, 1, &[group(0.1)], Some(None));
    assert_eq!(looks.likelihood(), Some(Likelihood::TooSmall));
    show(&mut looks, 20, &[group(0.1)], None);
    show(&mut looks, 21, &[group(0.1)], Some(Some(0.7)));
    assert_eq!(looks.likelihood(), Some(Likelihood::Of(0.7)));
}

#[test]
fn nobody_is_looked_at_behind_whoever_hides_them() {
    let mut looks = looks();
    show(&mut looks, 0, &[group(0.1)], None);
    show(&mut looks, 1, &[], Some(Some(0.0)));
    assert_eq!((looks.likelihood(), looks.wanted()), (None, None));
    show(&mut looks, 2, &[group(0.1)], None);
    assert_eq!(looks.wanted(), Some(group(0.1).place), "asked again once it is seen");
}

#[test]
fn a_group_that_moves_on_is_asked_about_where_it_is_now() {
    let mut looks = looks();
    let grown = Group { place: place(0.1, 0.8), ..group(0.1) };
    show(&mut looks, 0, &[group(0.1)], None);
    show(&mut looks, 1, &[grown], None);
    assert_eq!(looks.wanted(), Some(grown.place));
    show(&mut looks, 2, &[grown], Some(Some(0.6)));
    assert_eq!(looks.likelihood(), Some(Likelihood::Of(0.6)));
    // One elsewhere is another, of which nothing is known, and what is gone for long is forgotten.
    (30..60).for_each(|at| show(&mut looks, at, &[group(0.6)], None));
    assert_eq!(looks.likelihood(), None);
}

#[test]
fn who_is_asked_in_vain_for_half_a_minute_cannot_tell() {
    let mut looks = looks();
    for at in 0..=30 {
        assert!(!looks.are_in_vain());
        show(&mut looks, at, &[group(0.1)], None);
    }
    assert!(looks.are_in_vain());
}
