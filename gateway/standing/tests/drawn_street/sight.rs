//! What a look cannot tell is said: of what is hidden, of what is not known yet, and of the dark.

use crate::street::{PATIENCE, Rect, Street, carton, grey, share};
use scene::BoundingBox;
use standing::{Findings, State};

const PLACE: Rect = (120, 100, 56, 56);

/// Share of the place of which the findings say that they cannot tell.
fn unsure(findings: &Findings) -> f32 {
    let place = share(PLACE);
    let common = |it: &BoundingBox| it.common_area(&place);
    findings.unsure.iter().map(common).sum::<f32>() / place.area()
}

/// Longer than it takes to be sure of all that is shown.
const LONG: usize = 40;

#[test]
fn a_place_is_sure_once_it_was_shown_for_long_enough() {
    let mut street = Street::new(2.0);
    street.moving = vec![share(PLACE)];
    let (_, last) = street.looks(LONG, |_, _, g| grey(g));
    assert!(unsure(&last) > 0.9, "{last:?}");
    let all: f32 = last.unsure.iter().map(BoundingBox::area).sum();
    assert!(all < 0.4, "elsewhere it is sure: {last:?}");
    street.moving.clear();
    let (_, last) = street.looks(LONG, |_, _, g| grey(g));
    assert!(last.unsure.is_empty(), "{last:?}");
    // Who passes now hides nothing that stood there: it would have been told before.
    street.moving = vec![share(PLACE)];
    let (_, last) = street.looks(1, |_, _, g| grey(g));
    assert!(last.unsure.is_empty(), "{last:?}");
}

#[test]
fn a_thing_that_somebody_hides_is_not_seen_and_its_place_is_unsure() {
    let mut street = Street::learned(2.0);
    street.looks(LONG, |_, _, g| grey(g));
    let (_, before) = street.looks(PATIENCE, |x, y, g| carton(PLACE, x, y, g));
    assert!(before.standing[0].is_seen && before.unsure.is_empty(), "{before:?}");
    street.moving = vec![share((100, 60, 90, 120))];
    let (_, hidden) = street.looks(20, |_, _, g| grey(g));
    assert_eq!(hidden.standing[0].id, before.standing[0].id);
    assert!(!hidden.standing[0].is_seen && unsure(&hidden) > 0.9, "{hidden:?}");
}

#[test]
fn who_stands_before_a_part_of_a_thing_makes_it_no_smaller_and_no_younger() {
    let mut street = Street::learned(2.0);
    street.looks(LONG, |_, _, g| grey(g));
    let (_, before) = street.looks(PATIENCE, |x, y, g| carton(PLACE, x, y, g));
    let (left, top, width, height) = PLACE;
    for share_hidden in [2, 3] {
        // A half or three quarters of it, from the left.
        let hidden = (left - 40, top - 40, 40 + share_hidden * width / 4, height + 80);
        street.moving = vec![share(hidden)];
        let (_, meanwhile) = street.looks(30, |x, y, g| {
            let is_person = (hidden.0..hidden.0 + hidden.2).contains(&x)
                && (hidden.1..hidden.1 + hidden.3).contains(&y);
            if is_person { grey(y as f32) } else { carton(PLACE, x, y, g) }
        });
        street.moving.clear();
        let (_, after) = street.looks(30, |x, y, g| carton(PLACE, x, y, g));
        for later in [&meanwhile, &after] {
            let (was, is) = (&before.standing[0], &later.standing[0]);
            assert_eq!((was.id, was.since), (is.id, is.since), "{share_hidden}: {later:?}");
            assert!(was.bounds.iou(&is.bounds) > 0.8, "{share_hidden}: {was:?} {is:?}");
        }
    }
}

#[test]
fn a_thing_that_grows_is_not_gone_meanwhile() {
    let mut street = Street::learned(2.0);
    street.looks(LONG, |_, _, g| grey(g));
    street.looks(PATIENCE, |x, y, g| carton(PLACE, x, y, g));
    let heap = (90, 70, 110, 100);
    for _ in 0..PATIENCE {
        let (_, now) = street.looks(1, |x, y, g| carton(heap, x, y, g));
        let is_told =
            now.standing.iter().any(|it| it.is_seen && it.bounds.iou(&share(PLACE)) > 0.2);
        assert!(is_told || unsure(&now) > 0.5, "{now:?}");
    }
}

#[test]
fn the_dark_ends_no_thing_and_a_flash_neither() {
    let mut street = Street::learned(2.0);
    street.looks(LONG, |_, _, g| grey(g));
    let (_, day) = street.looks(PATIENCE, |x, y, g| carton(PLACE, x, y, g));
    for _ in 0..4 {
        let (_, night) = street.looks(6, |x, y, g| carton(PLACE, x, y, g).map(|v| v * 0.02));
        assert_eq!((night.state, night.standing.len()), (State::Blind, 0));
        let (_, dawn) = street.looks(12, |x, y, g| carton(PLACE, x, y, g));
        assert_eq!(dawn.state, State::Ready);
        let seen: Vec<u32> = dawn.standing.iter().map(|it| it.id).collect();
        assert_eq!(seen, [day.standing[0].id], "{dawn:?}");
    }
}

#[test]
fn a_reference_says_since_when_it_holds_also_after_a_restart() {
    let mut street = Street::new(2.0);
    let (_, last) = street.looks(5, |_, _, g| grey(g));
    assert_eq!(last.reference_since, None);
    let (_, last) = street.looks(30, |_, _, g| grey(g));
    let since = last.reference_since.expect("the zone is known");
    assert_eq!(since.unix_micros() / 1_000_000, 9);
    let saved = street.watch.saved().expect("there is a reference");
    let mut restarted = Street::new(2.0);
    restarted.looks(3, |_, _, g| grey(g));
    restarted.watch.restore(&saved).expect("whole");
    let (_, last) = restarted.looks(1, |_, _, g| grey(g));
    assert_eq!(last.reference_since, Some(since));
    restarted.watch.mark_free();
    let (_, last) = restarted.looks(5, |_, _, g| grey(g));
    let since = last.reference_since.expect("the zone is known");
    assert_eq!(since.unix_micros(), 0, "what an operator calls free holds nothing");
}
