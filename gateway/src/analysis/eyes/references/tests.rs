//! What is kept of what eyes tell of zones, and what is not.

use scene::{Point, Polygon};

use super::*;

fn zone(id: &str, right: f32) -> StandingZone {
    let corner = |x, y| Point { x, y };
    let outline = vec![corner(0.0, 0.0), corner(right, 0.0), corner(right, 1.0)];
    StandingZone::new(id, &Polygon::new(outline).unwrap())
}

fn reference(zone: &StandingZone, number: u8) -> Reference {
    Reference { zone: zone.clone(), saved: vec![number; 10], is_anew: false }
}

fn numbers(kept: &References, watched: &[StandingZone]) -> Vec<u8> {
    kept.of(watched).map(|it| it.saved[0]).collect()
}

#[test]
fn only_zones_that_are_watched_as_they_were_have_one() {
    let (lane, door, lane_drawn_anew) = (zone("lane", 0.5), zone("door", 0.5), zone("lane", 0.6));
    let (watched, now) = ([lane.clone(), door.clone()], Instant::now());
    let mut kept = References::of_earlier_run(vec![reference(&lane, 1)]);
    assert_eq!(kept.keep(reference(&door, 2), &watched, now), Answer::Kept);
    let stranger = reference(&zone("window", 0.5), 3);
    assert_eq!(kept.keep(stranger, &watched, now), Answer::PassedOver);
    assert_eq!(numbers(&kept, &watched), [2, 1]);
    assert_eq!(numbers(&kept, &[lane_drawn_anew.clone(), door.clone()]), [2]);
    // A zone that is not watched for a while has its reference when it returns.
    kept.keep(reference(&door, 5), std::slice::from_ref(&door), now + PROBATION);
    assert_eq!(numbers(&kept, &watched), [5, 1]);
    kept.keep(reference(&door, 6), &[lane_drawn_anew, door.clone()], now + 2 * PROBATION);
    assert_eq!(kept.last(), Some(vec![reference(&door, 6)]));
}

#[test]
fn however_many_zones_come_and_go_no_more_are_kept_than_a_camera_has() {
    let mut kept = References::default();
    for number in 0..100 {
        let it = zone(&format!("zone-{number}"), 0.5);
        kept.keep(reference(&it, number), std::slice::from_ref(&it), Instant::now());
        assert_eq!(numbers(&kept, &[it]), [number]);
    }
    assert_eq!(kept.last().unwrap().len(), MOST_STANDING_ZONES);
}

#[test]
fn they_go_to_disk_when_they_are_believed_and_then_now_and_then() {
    let (lane, now) = (zone("lane", 0.5), Instant::now());
    let watched = std::slice::from_ref(&lane);
    let mut kept = References::default();
    assert_eq!((kept.due(now), kept.last()), (None, None));
    kept.keep(reference(&lane, 1), watched, now);
    assert_eq!((kept.due(now), kept.last()), (None, Some(vec![reference(&lane, 1)])));
    assert_eq!(kept.at_hand_over(), kept.last());
    let later = now + PROBATION;
    kept.keep(reference(&lane, 2), watched, later);
    assert_eq!(kept.due(later), Some(vec![reference(&lane, 1)]));
    let begins_with = kept.at_hand_over();
    assert_eq!(
        (begins_with, kept.last()),
        (Some(vec![reference(&lane, 1)]), Some(vec![reference(&lane, 2)]))
    );
    assert!(kept.due(later + WRITE_EVERY / 2).is_none() && kept.last().is_some());
    assert!(kept.due(later + WRITE_EVERY).is_some());
}

#[test]
fn what_an_eye_told_shortly_before_its_death_is_not_believed() {
    let (lane, now) = (zone("lane", 0.5), Instant::now());
    let watched = std::slice::from_ref(&lane);
    let mut kept = References::default();
    kept.keep(reference(&lane, 1), watched, now);
    // However often it tells, it gets no more in than one.
    for second in 1..60 {
        let at = now + PROBATION + Duration::from_secs(second);
        let answer = kept.keep(reference(&lane, 66), watched, at);
        assert_eq!(answer, if second == 1 { Answer::Kept } else { Answer::PassedOver });
    }
    kept.distrust(now + PROBATION + Duration::from_mins(1));
    assert_eq!(numbers(&kept, watched), [1]);
    kept.keep(reference(&lane, 66), watched, now + 2 * PROBATION);
    kept.distrust(now + 3 * PROBATION);
    assert_eq!(numbers(&kept, watched), [66], "the eye has lived on: it was well");
    let mut kept = References::default();
    kept.keep(reference(&lane, 66), watched, now);
    kept.distrust(now);
    assert_eq!(kept.last(), None);
}

#[test]
fn one_that_was_learned_anew_replaces_a_good_one_only_if_that_does_not_fit() {
    let (lane, now) = (zone("lane", 0.5), Instant::now());
    let watched = std::slice::from_ref(&lane);
    let mut kept = References::of_earlier_run(vec![reference(&lane, 1)]);
    let anew = Reference { is_anew: true, ..reference(&lane, 2) };
    let known = Answer::GoOnWith(Box::new(reference(&lane, 1)));
    // However often the eye loses what it knew.
    for minute in 0..60 {
        let at = now + Duration::from_mins(minute);
        assert_eq!(kept.keep(anew.clone(), watched, at), known);
        assert_eq!(numbers(&kept, watched), [1]);
    }
    // It has learned the zone with the good one in hand: the zone is another.
    let learned = reference(&lane, 2);
    assert_eq!(kept.keep(learned, watched, now + Duration::from_hours(1)), Answer::Kept);
    assert_eq!(numbers(&kept, watched), [2]);
}

#[test]
fn what_an_operator_has_called_free_counts_at_once() {
    let (lane, now) = (zone("lane", 0.5), Instant::now());
    let watched = std::slice::from_ref(&lane);
    let mut kept = References::of_earlier_run(vec![reference(&lane, 1)]);
    kept.keep(reference(&lane, 2), watched, now);
    kept.free("lane", now);
    let freed = Reference { is_anew: true, ..reference(&lane, 3) };
    assert_eq!(kept.keep(freed, watched, now + Duration::from_secs(2)), Answer::Kept);
    assert_eq!(numbers(&kept, watched), [3]);
    kept.distrust(now + Duration::from_secs(3));
    assert_eq!(numbers(&kept, watched), [3], "a person stands for it");
    assert_eq!(kept.keep(reference(&lane, 4), watched, now + FREED_FOR), Answer::Kept);
    kept.distrust(now + FREED_FOR);
    assert_eq!(numbers(&kept, watched), [3]);
}

#[test]
fn the_next_eye_is_told_of_a_zone_that_was_called_free_a_moment_ago() {
    let (lane, door, now) = (zone("lane", 0.5), zone("door", 0.5), Instant::now());
    let mut kept = References::default();
    // Nothing is known of it yet.
    kept.free("lane", now);
    let freed = |kept: &References, watched: &[StandingZone], at| {
        kept.freed(watched, at).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(freed(&kept, std::slice::from_ref(&lane), now), ["lane"]);
    kept.distrust(now);
    assert_eq!(freed(&kept, &[lane.clone(), door.clone()], now), ["lane"]);
    assert!(freed(&kept, &[door], now).is_empty());
    assert!(freed(&kept, &[lane], now + FREED_FOR).is_empty());
}
