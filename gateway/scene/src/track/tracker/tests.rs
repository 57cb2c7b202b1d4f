//! Scenes with a known course, drawn picture by picture: how long objects live, and what stands.

mod laws;
mod script;
mod second_looks;
mod walking;

use std::time::Duration;

use expect_test::expect;

use crate::detection::{Class, ObservationGap};
use crate::geometry::BoundingBox;
use crate::thresholds::Thresholds;
use crate::track::object::TrackId;
use crate::track::settings::{TrackerSettings, TrackerSettingsError};
use crate::track::tracker::Tracker;
use script::{VAN, at, check, jitter, moved, person, picture, seconds, seen, shaken, tracker};

#[test]
fn two_pictures_confirm_three_misses_and_ten_seconds_forget() {
    let mut tracker = tracker();
    tracker.update(&picture(0.0, vec![seen("car", 0.9, VAN)]));
    check(
        &tracker,
        expect![[r#"
        #1 car Tentative, seen 0.0 to 0.0 s in 1, still since 0.0 s
    "#]],
    );
    tracker.update(&picture(5.0, vec![seen("car", 0.2, VAN)]));
    check(
        &tracker,
        expect![[r#"
        #1 car Confirmed, seen 0.0 to 5.0 s in 2, still since 0.0 s
    "#]],
    );
    tracker.update(&picture(10.0, vec![]));
    tracker.update(&picture(15.0, vec![]));
    check(
        &tracker,
        expect![[r#"
        #1 car Lost, seen 0.0 to 5.0 s in 2, still since 0.0 s
    "#]],
    );
    tracker.update(&picture(20.0, vec![]));
    check(&tracker, expect![[""]]);
}

#[test]
fn a_weak_detection_begins_nothing_and_nonsense_is_ignored() {
    let mut tracker = tracker();
    let nan = BoundingBox { left: f32::NAN, ..VAN };
    let empty = BoundingBox { right: VAN.left, ..VAN };
    let endless = BoundingBox { right: f32::INFINITY, ..VAN };
    tracker.update(&picture(
        0.0,
        vec![
            seen("car", 0.39, VAN),
            seen("car", 0.9, nan),
            seen("car", 0.9, empty),
            seen("car", 0.9, endless),
            seen("car", f32::NAN, VAN),
        ],
    ));
    assert_eq!(tracker.tracks(), []);
}

#[test]
fn a_parked_van_keeps_its_place_through_flicker_at_half_a_picture_a_second() {
    let mut tracker = tracker();
    for n in 0..300_u32 {
        let class = if n % 3 == 0 { "truck" } else { "car" };
        let score = 0.45 + 0.25 * jitter(n + 7);
        // Every tenth second it is not found for two pictures.
        let found = n % 5 < 3 || n < 5;
        let detections = if found { vec![seen(class, score, shaken(VAN, n))] } else { vec![] };
        tracker.update(&picture(f64::from(n) * 2.0, detections));
    }
    check(
        &tracker,
        expect![[r#"
        #1 car Lost, seen 0.0 to 594.0 s in 182, still since 0.0 s
    "#]],
    );
}

#[test]
fn a_passer_by_who_hides_half_the_van_moves_nothing() {
    for rate in [1_u32, 5, 25] {
        let mut tracker = tracker();
        for n in 0..60 * rate {
            let time = f64::from(n) / f64::from(rate);
            let mut detections = vec![];
            if (30.0..32.0).contains(&time) {
                let visible = BoundingBox { left: 0.5, ..VAN };
                detections.push(seen("truck", 0.3, shaken(visible, n)));
                detections.push(seen("person", 0.8, shaken(person(0.45), n)));
            } else {
                detections.push(seen("car", 0.6, shaken(VAN, n)));
            }
            tracker.update(&picture(time, detections));
        }
        let vans: Vec<_> = tracker.tracks().iter().filter(|t| t.class.as_str() == "car").collect();
        assert_eq!(vans.len(), 1, "at {rate} pictures a second");
        assert_eq!((vans[0].id, vans[0].still_since), (TrackId(1), at(0.0)));
    }
}

#[test]
fn the_rate_of_pictures_does_not_change_since_when_it_stands() {
    // It drives in for 10 s, then parks.
    let place =
        |time: f64| moved(VAN, (0.3 - 0.03 * Duration::from_secs_f64(time).as_secs_f32()).max(0.0));
    let uneven = |n: u32| f64::from(n) * 0.7 + 0.5 * f64::from(jitter(n)).abs();
    type TimeOf = fn(u32) -> f64;
    let rates: [(&str, f64, TimeOf); 4] = [
        ("10 fps", 0.1, |n| f64::from(n) / 10.0),
        ("1 fps", 1.0, f64::from),
        ("every 4 s", 4.0, |n| f64::from(n) * 4.0),
        ("uneven", 1.2, uneven),
    ];
    for (name, interval, time_of) in rates {
        let mut tracker = tracker();
        for n in 0.. {
            let time = time_of(n);
            if time > 60.0 {
                break;
            }
            tracker.update(&picture(time, vec![seen("car", 0.8, shaken(place(time), n))]));
        }
        let [van] = tracker.tracks() else { panic!("{name}: {:?}", tracker.tracks()) };
        // From the last reset on, less than half a width was left to go: about 2 s.
        let since = seconds(van.still_since);
        assert!((8.0 - interval..=10.0 + interval).contains(&since), "{name}: {since}");
    }
}

#[test]
fn a_gap_neither_ages_nor_moves_what_stands() {
    let mut tracker = tracker();
    for n in 0..10 {
        tracker.update(&picture(f64::from(n), vec![seen("car", 0.8, VAN)]));
    }
    tracker.update(&picture(10.0, vec![]));
    // Told in two parts, as a camera session that dies twice would.
    tracker.gap(&ObservationGap { from: at(10.0), to: at(20.0) });
    tracker.gap(&ObservationGap { from: at(20.0), to: at(3610.0) });
    for n in 0..4 {
        tracker.update(&picture(3610.0 + f64::from(n), vec![]));
    }
    check(
        &tracker,
        expect![[r#"
        #1 car Lost, seen 0.0 to 9.0 s in 10, still since 0.0 s
    "#]],
    );
    tracker.update(&picture(3614.0, vec![seen("car", 0.8, VAN)]));
    check(
        &tracker,
        expect![[r#"
        #1 car Confirmed, seen 0.0 to 3614.0 s in 11, still since 0.0 s
    "#]],
    );
}

#[test]
fn without_a_gap_an_hour_unseen_is_a_new_object() {
    let mut tracker = tracker();
    for n in 0..10 {
        tracker.update(&picture(f64::from(n), vec![seen("car", 0.8, VAN)]));
    }
    for n in 0..3 {
        tracker.update(&picture(3600.0 + f64::from(n), vec![]));
    }
    tracker.update(&picture(3610.0, vec![seen("car", 0.8, VAN)]));
    check(
        &tracker,
        expect![[r#"
        #2 car Tentative, seen 3610.0 to 3610.0 s in 1, still since 3610.0 s
    "#]],
    );
}

#[test]
fn what_really_leaves_is_not_still() {
    let mut tracker = tracker();
    for n in 0..20 {
        tracker.update(&picture(f64::from(n), vec![seen("car", 0.8, VAN)]));
    }
    // It moves on by half its width and stands there.
    for n in 20..40 {
        tracker.update(&picture(f64::from(n), vec![seen("car", 0.8, moved(VAN, 0.1))]));
    }
    check(
        &tracker,
        expect![[r#"
            #1 car Confirmed, seen 0.0 to 39.0 s in 40, still since 20.0 s
        "#]],
    );
}

#[test]
fn a_late_picture_changes_nothing() {
    let mut tracker = tracker();
    tracker.update(&picture(1.0, vec![seen("car", 0.8, VAN)]));
    tracker.update(&picture(2.0, vec![seen("car", 0.8, VAN)]));
    let before = tracker.tracks().to_vec();
    tracker.update(&picture(1.5, vec![]));
    tracker.update(&picture(2.0, vec![seen("bus", 0.9, moved(VAN, 0.3))]));
    assert_eq!(tracker.tracks(), before);
}

#[test]
fn settings_name_their_fault() {
    assert_eq!(TrackerSettings::default().check(), Ok(()));
    let settings = TrackerSettings { still_overlap: 1.5, ..TrackerSettings::default() };
    expect!["still_overlap must lie in 0..=1, found 1.5"]
        .assert_eq(&settings.check().unwrap_err().to_string());
    let settings = TrackerSettings { weak_score: 0.7, ..TrackerSettings::default() };
    expect!["weak_score 0.7 must not be above strong_score 0.4"]
        .assert_eq(&settings.check().unwrap_err().to_string());
    let settings = TrackerSettings { confirm_hits: 0, ..TrackerSettings::default() };
    assert_eq!(settings.check(), Err(TrackerSettingsError::NoConfirmHits));
}

#[test]
fn a_class_may_begin_lower_than_others_and_is_followed_lower_still() {
    let strong = Thresholds::default().with(Class::new("bicycle"), 0.12);
    let mut tracker = Tracker::new(TrackerSettings { strong, ..TrackerSettings::default() });
    let far = moved(VAN, 0.3);
    tracker.update(&picture(0.0, vec![seen("bicycle", 0.12, VAN), seen("car", 0.12, far)]));
    tracker.update(&picture(1.0, vec![seen("bicycle", 0.08, VAN), seen("car", 0.12, far)]));
    check(
        &tracker,
        expect![[r#"
        #1 bicycle Confirmed, seen 0.0 to 1.0 s in 2, still since 0.0 s
    "#]],
    );
    // Weaker than that is nothing.
    tracker.update(&picture(2.0, vec![seen("bicycle", 0.07, VAN)]));
    check(
        &tracker,
        expect![[r#"
            #1 bicycle Confirmed, seen 0.0 to 2.0 s in 3, still since 0.0 s
        "#]],
    );
}

#[test]
fn a_track_has_the_score_of_its_own_class() {
    let mut tracker = tracker();
    for n in 0..3 {
        tracker.update(&picture(f64::from(n), vec![seen("bicycle", 0.6, VAN)]));
    }
    let both = vec![seen("motorcycle", 0.9, VAN), seen("bicycle", 0.2, VAN)];
    let tracks = tracker.update(&picture(3.0, both));
    let told = tracks.iter().map(|track| (track.class.as_str(), track.score));
    assert_eq!(told.collect::<Vec<_>>(), [("bicycle", 0.2)]);
    // Another name alone is all that is known of it.
    let tracks = tracker.update(&picture(4.0, vec![seen("motorcycle", 0.5, VAN)]));
    assert_eq!(
        tracks.first().map(|track| (track.class.as_str(), track.score)),
        Some(("bicycle", 0.5))
    );
}
