//! What stands is told, and what is only light, noise, sway or a passer-by is not: on drawn looks,
//! where the truth is known.

use crate::street::{HEIGHT, PATIENCE, Street, WIDTH, carton, grey, share};
use standing::{LONGEST_SAVED_BYTES, SavedError, State};

const PLACE: crate::street::Rect = (120, 100, 56, 56);

#[test]
fn a_thing_that_stands_is_told_with_its_place_and_since_when() {
    let mut street = Street::learned(2.0);
    let came = 15;
    let (_, last) = street.looks(PATIENCE, |x, y, g| carton(PLACE, x, y, g));
    assert_eq!(last.standing.len(), 1, "{last:?}");
    let thing = &last.standing[0];
    assert!(thing.bounds.iou(&share(PLACE)) > 0.6, "{:?}", thing.bounds);
    let since = thing.since.unix_micros() / 1_000_000;
    assert!((came..=came + 5).contains(&since), "since second {since}, it came at {came}");
    assert!(thing.sure > 0.6, "{}", thing.sure);
    let lowest = thing.foot.iter().map(|point| point.y).fold(0.0, f32::max);
    assert!((lowest - share(PLACE).bottom).abs() < 0.05, "foot at {lowest}");
    assert!(thing.outline.len() >= 4);
}

#[test]
fn it_keeps_its_number_while_it_stands_and_leaves_no_ghost_when_it_goes() {
    let mut street = Street::learned(2.0);
    let (_, first) = street.looks(PATIENCE, |x, y, g| carton(PLACE, x, y, g));
    let (told, later) = street.looks(60, |x, y, g| carton(PLACE, x, y, g));
    assert_eq!(told, 60, "it is told in every look");
    assert_eq!(first.standing[0].id, later.standing[0].id);
    street.looks(10, |_, _, g| grey(g));
    let (told, _) = street.looks(40, |_, _, g| grey(g));
    assert_eq!(told, 0, "where it stood nothing stands");
}

#[test]
fn what_leaves_the_reference_is_no_new_thing() {
    let mut street = Street::new(2.0);
    let (told, _) = street.looks(14, |x, y, g| carton(PLACE, x, y, g));
    assert_eq!(told, 0, "what was there from the first look cannot be seen by difference");
    let (told, _) = street.looks(60, |_, _, g| grey(g));
    assert_eq!(told, 0, "the ground that shows is not a thing");
    let (_, last) = street.looks(PATIENCE, |x, y, g| carton(PLACE, x, y, g));
    assert_eq!(last.standing.len(), 1, "when it comes back it is new");
}

#[test]
fn noise_and_night_tell_nothing_and_hide_nothing_large() {
    for (noise, light) in [(1.0, 1.0), (6.0, 0.6), (10.0, 0.45)] {
        let mut street = Street::new(noise);
        let (told, last) = street.looks(40, |_, _, g| grey(g * light));
        assert_eq!(told, 0, "noise {noise}");
        assert_eq!(last.state, State::Ready);
        let box_now = |x, y, g| carton(PLACE, x, y, g).map(|v| v * light);
        let (_, last) = street.looks(PATIENCE, box_now);
        assert_eq!(last.standing.len(), 1, "noise {noise} light {light}: {last:?}");
    }
}

#[test]
fn darkness_is_said_and_not_taken_for_an_empty_street() {
    let mut street = Street::learned(2.0);
    let (told, last) = street.looks(12, |_, _, g| grey(g * 0.02));
    assert_eq!(told, 0);
    assert_eq!(last.state, State::Blind);
}

#[test]
fn a_light_step_a_swing_and_a_slow_day_tell_nothing() {
    let mut street = Street::learned(2.0);
    for light in [0.7, 1.3, 1.0] {
        let (told, _) = street.looks(20, |_, _, g| grey(g * light));
        assert_eq!(told, 0, "light {light}");
    }
    for look in 0..120 {
        let light = 1.0 - 0.5 * look as f32 / 120.0;
        assert!(street.look(|_, _, g| grey(g * light)).standing.is_empty(), "look {look}");
    }
    let (_, last) = street.looks(PATIENCE, |x, y, g| carton(PLACE, x, y, g).map(|v| v * 0.5));
    assert_eq!(last.standing.len(), 1, "a thing in the evening: {last:?}");
}

#[test]
fn shadows_tell_nothing_whether_they_stand_or_wander_hard_or_soft() {
    let mut street = Street::learned(2.0);
    let hard = |x: usize, y: usize, g: f32| grey(if x + y / 3 < 150 { 0.55 * g } else { g });
    let (told, _) = street.looks(40, hard);
    assert_eq!(told, 0, "a hard shadow that stands");
    let mut street = Street::learned(2.0);
    for look in 0..80_u8 {
        let soft = |x: usize, _: usize, g: f32| {
            let from_middle = (x as f32 - 4.0 * f32::from(look)) / 40.0;
            grey(g * (1.0 - 0.5 / (1.0 + from_middle.powi(4))))
        };
        assert!(street.look(soft).standing.is_empty(), "a soft shadow at look {look}");
    }
}

#[test]
fn a_mast_that_sways_tells_nothing_and_hides_nothing() {
    let mut street = Street::learned(2.0);
    let ground: Vec<f32> = street_ground(&mut street);
    let swayed = |look: usize, x: usize, y: usize| {
        let (dx, dy) = [(0, 0), (4, 1), (6, -2), (3, 3), (-5, 0), (-2, -4)][look % 6];
        let x = x.saturating_add_signed(dx).min(WIDTH - 1);
        let y = y.saturating_add_signed(dy).min(HEIGHT - 1);
        (x, y, ground[y * WIDTH + x])
    };
    for look in 0..40 {
        let findings = street.look(|x, y, _| grey(swayed(look, x, y).2));
        assert!(findings.standing.is_empty(), "look {look}");
    }
    let mut told = 0;
    for look in 0..PATIENCE {
        let findings = street.look(|x, y, _| {
            let (x, y, g) = swayed(look, x, y);
            carton(PLACE, x, y, g)
        });
        told += findings.standing.len();
    }
    assert!(told > 0, "the thing sways with the street");
}

/// The ground as it is painted.
fn street_ground(street: &mut Street) -> Vec<f32> {
    let ground = std::cell::RefCell::new(Vec::new());
    street.look(|_, _, g| {
        ground.borrow_mut().push(g);
        grey(g)
    });
    ground.into_inner()
}

#[test]
fn who_stands_there_is_no_thing_and_who_passes_ends_none() {
    let mut street = Street::learned(2.0);
    street.moving = vec![share(PLACE)];
    let (told, _) = street.looks(40, |x, y, g| carton(PLACE, x, y, g));
    assert_eq!(told, 0, "what lies under a person's box");
    street.moving.clear();
    let (_, before) = street.looks(PATIENCE + 8, |x, y, g| carton(PLACE, x, y, g));
    assert_eq!(before.standing.len(), 1, "the person is gone, the thing is left");
    street.moving = vec![share((100, 60, 90, 120))];
    street.looks(20, |x, y, g| {
        let person = (100..190).contains(&x) && (60..180).contains(&y);
        if person { grey(if x % 7 < 3 { 30.0 } else { y as f32 }) } else { grey(g) }
    });
    street.moving.clear();
    let (_, after) = street.looks(8, |x, y, g| carton(PLACE, x, y, g));
    let ids = |findings: &standing::Findings| -> Vec<u32> {
        findings.standing.iter().map(|thing| thing.id).collect()
    };
    assert_eq!(ids(&before), ids(&after), "the same thing, hidden for a while");
}

#[test]
fn a_camera_that_turns_unannounced_is_noticed_and_its_way_back_too() {
    let mut street = Street::learned(2.0);
    street.turn(9);
    let (told, last) = street.looks(40, |_, _, g| grey(g));
    assert_eq!((told, last.state), (0, State::Ready), "the new view is learned");
    street.turn(3);
    let (told, last) = street.looks(14, |_, _, g| grey(g));
    assert_eq!((told, last.state), (0, State::Ready), "the old view is still known");
}

#[test]
fn who_stands_there_when_an_operator_calls_the_zone_free_is_no_part_of_it() {
    let mut street = Street::learned(2.0);
    let person = (100, 60, 60, 120);
    street.moving = vec![share(person)];
    let is_person = move |x: usize, y: usize| {
        (person.0..person.0 + person.2).contains(&x) && (person.1..person.1 + person.3).contains(&y)
    };
    street.looks(10, |x, y, g| if is_person(x, y) { grey(30.0) } else { grey(g) });
    street.watch.mark_free();
    street.looks(10, |x, y, g| if is_person(x, y) { grey(30.0) } else { grey(g) });
    street.moving.clear();
    let (told, last) = street.looks(40, |_, _, g| grey(g));
    assert_eq!((told, last.state, last.unsure.len()), (0, State::Ready, 0), "{last:?}");
    let (_, last) = street.looks(PATIENCE, |x, y, g| carton(PLACE, x, y, g));
    assert_eq!(last.standing.len(), 1, "{last:?}");
}

#[test]
fn with_a_reference_called_free_a_thing_is_told_from_the_first_look() {
    let mut street = Street::learned(2.0);
    street.watch.mark_free();
    let findings = street.look(|_, _, g| grey(g));
    assert!(findings.reference_is_free);
    let saved = street.watch.saved().expect("there is a reference");
    assert!(saved.len() <= LONGEST_SAVED_BYTES);
    let mut restarted = Street::new(2.0);
    restarted.watch.restore(&saved).expect("whole");
    let (_, last) = restarted.looks(PATIENCE, |x, y, g| carton(PLACE, x, y, g));
    assert!(last.reference_is_free);
    assert_eq!(last.standing.len(), 1, "it was there before the first look");
}

#[test]
fn a_damaged_reference_is_refused_and_the_zone_learns_anew() {
    let mut street = Street::learned(2.0);
    let saved = street.watch.saved().expect("there is a reference");
    let mut damaged = saved.clone();
    damaged[1000] ^= 4;
    assert_eq!(street.watch.restore(&damaged), Err(SavedError::Damaged));
    assert_eq!(street.watch.restore(&saved[..500]), Err(SavedError::Damaged));
    assert_eq!(street.watch.restore(b"GWS"), Err(SavedError::NotAReference));
    let mut newer = saved.clone();
    newer[4] = 9;
    assert_eq!(street.watch.restore(&newer), Err(SavedError::OtherVersion(9)));
    let mut fresh = Street::new(2.0);
    assert!(fresh.watch.restore(&damaged).is_err());
    let (_, last) = fresh.looks(14, |_, _, g| grey(g));
    assert_eq!(last.state, State::Ready);
}
