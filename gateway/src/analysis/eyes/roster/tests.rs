//! Seats, blame and quarantine.

use super::*;

const SECOND: Duration = Duration::from_secs(1);
/// Too short to be of use.
const MOMENT: Duration = Duration::from_millis(500);

fn camera(number: u32) -> CameraNumber {
    CameraNumber(number)
}

/// A roster of two places and four cameras, whose eyes are at work.
fn roster(now: Instant) -> Roster {
    let mut roster = Roster::new(2);
    for number in 0..4 {
        roster.take_in(camera(number), now);
    }
    roster.born(Place(0), now);
    roster.born(Place(1), now);
    roster
}

#[test]
fn there_is_an_eye_for_each_thread_or_64_cameras() {
    let places = |cameras, threads| Roster::places_for(cameras, threads);
    assert_eq!([places(0, 4), places(1, 4), places(3, 4), places(100, 4)], [1, 1, 3, 4]);
    assert_eq!([places(257, 4), places(847, 4), places(64, 1), places(65, 1)], [5, 14, 1, 2]);
}

#[test]
fn cameras_are_spread_evenly() {
    let roster = roster(Instant::now());
    assert_eq!(roster.cameras_of(Place(0)), [camera(0), camera(2)]);
    assert_eq!(roster.cameras_of(Place(1)), [camera(1), camera(3)]);
}

#[test]
fn the_next_eye_starts_at_once_and_blames_nobody_after_one_death() {
    let now = Instant::now();
    let mut roster = roster(now);
    let later = now + SECOND * 60;
    let consequence = roster.died(Place(0), (&[camera(2)], None), later);
    assert_eq!(consequence, Consequence::default());
    assert_eq!(roster.due(later), [Place(0)]);
    assert!(roster.due(later).is_empty(), "it starts once");
    assert_eq!(roster.place_of(camera(2)), Some(Place(0)));
}

#[test]
fn a_camera_that_killed_two_eyes_gets_one_of_its_own() {
    let now = Instant::now();
    let mut roster = roster(now);
    roster.died(Place(0), (&[camera(2)], None), now + SECOND * 60);
    roster.due(now + SECOND * 60);
    roster.born(Place(0), now + SECOND * 61);
    let consequence = roster.died(Place(0), (&[camera(2)], None), now + SECOND * 90);
    assert_eq!(consequence.quarantined, [camera(2)]);
    let place = roster.place_of(camera(2)).unwrap();
    assert!(roster.is_quarantine(place));
    assert_eq!(roster.due(now + SECOND * 90), [Place(0), place]);
    assert_eq!(roster.cameras_of(Place(0)), [camera(0)], "its neighbour stays");
}

#[test]
fn alone_it_waits_longer_and_longer() {
    let mut now = Instant::now();
    let mut roster = roster(now);
    roster.died(Place(0), (&[camera(0)], None), now);
    roster.died(Place(0), (&[camera(0)], None), now);
    let place = roster.place_of(camera(0)).unwrap();
    let mut pauses = Vec::new();
    for _ in 0..7 {
        now += MOMENT;
        pauses.push(roster.died(place, (&[camera(0)], None), now).pause.as_secs());
        assert!(!roster.due(now).contains(&place), "not at once");
        now += SECOND * 300;
        assert!(roster.due(now).contains(&place));
        roster.born(place, now);
    }
    assert_eq!(pauses, [15, 30, 60, 120, 300, 300, 300]);
    assert_eq!(roster.place_of(camera(0)), Some(place), "and stays alone");
}

#[test]
fn the_alert_of_a_camera_that_harms_at_any_pace_stays() {
    // Two deaths within the memory put it apart; this happens twice within twice that time.
    assert!(incident::BACK_AFTER >= MEMORY * 2 && incident::BACK_AFTER > PROBATION);
}

#[test]
fn a_camera_that_does_no_harm_goes_back() {
    let now = Instant::now();
    let mut roster = roster(now);
    roster.died(Place(1), (&[camera(1), camera(3)], None), now);
    let consequence = roster.died(Place(1), (&[camera(1), camera(3)], None), now);
    assert_eq!(consequence.quarantined, [camera(1), camera(3)]);
    let place = roster.place_of(camera(3)).unwrap();
    roster.born(place, now);
    assert!(roster.pardon(now + PROBATION - SECOND).is_empty());
    assert_eq!(roster.pardon(now + PROBATION), [(camera(3), place)]);
    assert!(!roster.is_quarantine(roster.place_of(camera(3)).unwrap()));
    assert!(roster.is_quarantine(roster.place_of(camera(1)).unwrap()));
    assert!(roster.died(Place(1), (&[camera(3)], None), now + PROBATION).quarantined.is_empty());
}

#[test]
fn deaths_that_lie_far_apart_are_forgiven() {
    let now = Instant::now();
    let mut roster = roster(now);
    for hours in 0..10 {
        let consequence = roster.died(Place(0), (&[camera(0)], None), now + SECOND * 3600 * hours);
        assert!(consequence.quarantined.is_empty());
    }
}

#[test]
fn a_place_whose_eyes_die_young_pauses() {
    let now = Instant::now();
    let mut roster = roster(now);
    let pauses = [(); 7].map(|()| {
        let pause = roster.died(Place(0), (&[], None), now).pause.as_secs();
        roster.born(Place(0), now);
        pause
    });
    assert_eq!(pauses, [0, 1, 2, 5, 15, 15, 15]);
    roster.born(Place(0), now);
    assert_eq!(roster.died(Place(0), (&[], None), now + GOOD_LIFE).pause, Duration::ZERO);
}

#[test]
fn there_are_only_so_many_eyes_for_single_cameras_and_more_must_share() {
    let now = Instant::now();
    let mut roster = Roster::new(1);
    let cameras: Vec<_> = (0..20).map(camera).collect();
    for camera in &cameras {
        roster.take_in(*camera, now);
    }
    roster.died(Place(0), (&cameras, None), now);
    assert_eq!(roster.died(Place(0), (&cameras, None), now).quarantined, cameras);
    let places: std::collections::BTreeSet<_> =
        cameras.iter().map(|camera| roster.place_of(*camera).unwrap()).collect();
    assert_eq!(places.len(), MOST_QUARANTINED);
    assert!(!places.contains(&Place(0)), "none stays with cameras that do no harm");
    let place = roster.place_of(camera(3)).unwrap();
    let others = roster.cameras_of(place);
    let left = others.iter().map(|camera| roster.take_out(*camera)).collect::<Vec<_>>();
    assert_eq!(left.last(), Some(&Some(place)), "the place is given up with the last");
    assert!(left.iter().rev().skip(1).all(Option::is_none));
}

#[test]
fn cameras_that_come_later_get_another_eye_once_all_are_full() {
    let now = Instant::now();
    let mut roster = Roster::new(1);
    for number in 0..CAMERAS_PER_EYE {
        assert_eq!(roster.take_in(camera(u32::try_from(number).unwrap()), now), Place(0));
    }
    let place = roster.take_in(camera(1000), now);
    assert_eq!((roster.due(now), roster.is_quarantine(place)), (vec![place], false));
}

#[test]
fn an_eye_blames_no_camera_of_another() {
    let now = Instant::now();
    let mut roster = roster(now);
    for _ in 0..5 {
        assert!(roster.died(Place(0), (&[camera(1)], None), now).quarantined.is_empty());
    }
    assert_eq!(roster.place_of(camera(1)), Some(Place(1)));
}
