//! People who walk: alone, past the van, past each other.

use expect_test::expect;

use super::script::{VAN, check, moved, person, picture, seconds, seen, shaken, tracker};
use crate::track::object::TrackId;

#[test]
fn a_walker_crosses_in_front_of_the_van() {
    let mut tracker = tracker();
    let mut still_for: f64 = 0.0;
    for n in 0..100_u32 {
        let time = f64::from(n) / 5.0;
        // 0.06 a second: a little more than a body's width.
        let walker = person(0.012 * n as f32);
        let detections =
            vec![seen("car", 0.6, shaken(VAN, n)), seen("person", 0.8, shaken(walker, n + 1000))];
        for t in tracker.update(&picture(time, detections)) {
            if t.class.as_str() == "person" && time > 1.0 {
                still_for = still_for.max(seconds(t.last_seen_at) - seconds(t.still_since));
            }
        }
    }
    assert!(still_for * 0.06 < 1.2 * 0.05, "{still_for} s: more than a body's width");
    check(
        &tracker,
        expect![[r#"
            #1 person Confirmed, seen 0.0 to 19.8 s in 100, still since 19.0 s
            #2 car Confirmed, seen 0.0 to 19.8 s in 100, still since 0.0 s
        "#]],
    );
}

#[test]
fn two_walkers_cross_and_keep_their_names() {
    let mut tracker = tracker();
    for n in 0..100_u32 {
        let x = 0.2 + 0.006 * n as f32;
        let there = person(x);
        let back = moved(person(1.0 - x), 0.0);
        // For half a second the one behind is hidden.
        let mut detections = vec![seen("person", 0.8, there)];
        if (x - 0.5).abs() > 0.018 {
            detections.push(seen("person", 0.7, back));
        }
        tracker.update(&picture(f64::from(n) / 10.0, detections));
    }
    let right = tracker.tracks().iter().find(|t| t.id == TrackId(1)).unwrap();
    assert!(right.bbox.centre().x > 0.7);
    check(
        &tracker,
        expect![[r#"
            #1 person Confirmed, seen 0.0 to 9.9 s in 99, still since 9.7 s
            #2 person Confirmed, seen 0.0 to 9.9 s in 96, still since 9.8 s
        "#]],
    );
}

#[test]
fn a_walker_is_followed_though_his_boxes_do_not_overlap() {
    let mut tracker = tracker();
    for n in 0..10 {
        // Two pictures a second; from one to the next he goes nine tenths of his width.
        let walker = person(0.1 + 0.045 * n as f32);
        tracker.update(&picture(f64::from(n) / 2.0, vec![seen("person", 0.8, walker)]));
    }
    check(
        &tracker,
        expect![[r#"
        #1 person Confirmed, seen 0.0 to 4.5 s in 10, still since 4.0 s
    "#]],
    );
}

#[test]
fn who_walked_out_of_sight_is_not_the_next_to_come_by() {
    let mut tracker = tracker();
    for n in 0..30 {
        let walker = person(0.1 + 0.01 * n as f32);
        tracker.update(&picture(f64::from(n) / 10.0, vec![seen("person", 0.8, walker)]));
    }
    for n in 30..60 {
        tracker.update(&picture(f64::from(n) / 10.0, vec![]));
    }
    tracker.update(&picture(6.0, vec![seen("person", 0.8, person(0.39))]));
    check(
        &tracker,
        expect![[r#"
        #2 person Tentative, seen 6.0 to 6.0 s in 1, still since 6.0 s
    "#]],
    );
}
