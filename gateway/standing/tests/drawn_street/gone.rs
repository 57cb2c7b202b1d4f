//! What must be there is told for as long as it is gone, if somebody asks for that.

use crate::street::{HEIGHT, PATIENCE, Rect, Street, WIDTH, carton, grey, share};
use scene::BoundingBox;
use standing::{Findings, Settings, State};

/// What must be there: a hydrant, a bollard, a cover.
const PLACE: Rect = (120, 90, 70, 80);

/// A street that was learned with it in its place.
fn learned() -> Street {
    let settings = Settings { keeps_what_leaves: true, ..Settings::default() };
    let mut street = Street::with(settings, 2.0);
    street.looks(14, |x, y, g| carton(PLACE, x, y, g));
    street
}

/// How well what is gone covers its place.
fn found(findings: &Findings) -> f32 {
    findings.gone.iter().map(|it| it.iou(&share(PLACE))).fold(0.0, f32::max)
}

#[test]
fn it_is_told_until_it_is_back_however_long_that_takes() {
    let mut street = learned();
    let (_, last) = street.looks(20, |x, y, g| carton(PLACE, x, y, g));
    assert!(last.gone.is_empty(), "{last:?}");
    let (_, last) = street.looks(PATIENCE, |_, _, g| grey(g));
    assert!(last.state == State::Ready && found(&last) > 0.5, "{last:?}");
    let (_, last) = street.looks(200, |_, _, g| grey(g));
    assert!(found(&last) > 0.5, "{last:?}");
    let (_, last) = street.looks(2 * PATIENCE, |x, y, g| carton(PLACE, x, y, g));
    assert!(last.gone.is_empty() && last.standing.is_empty(), "{last:?}");
}

#[test]
fn a_restart_finds_it_gone_and_an_operator_may_say_that_it_belongs_so() {
    let saved = learned().watch.saved().expect("there is a reference");
    let settings = Settings { keeps_what_leaves: true, ..Settings::default() };
    let mut street = Street::with(settings, 2.0);
    street.watch.restore(&saved).expect("whole");
    let (_, last) = street.looks(PATIENCE, |_, _, g| grey(g));
    assert!(found(&last) > 0.5, "{last:?}");
    street.watch.mark_free();
    let (_, last) = street.looks(PATIENCE, |_, _, g| grey(g));
    assert!(last.gone.is_empty(), "{last:?}");
}

#[test]
fn who_stands_before_it_takes_nothing_away_and_brings_nothing_back() {
    let person = (100, 40, 110, 160);
    let covered = |x: usize, y: usize| {
        (person.0..person.0 + person.2).contains(&x) && (person.1..person.1 + person.3).contains(&y)
    };
    let mut street = learned();
    street.moving = vec![share(person)];
    let (_, last) =
        street.looks(60, |x, y, g| if covered(x, y) { grey(40.0) } else { carton(PLACE, x, y, g) });
    assert!(last.gone.is_empty(), "{last:?}");
    street.moving.clear();
    street.looks(PATIENCE, |_, _, g| grey(g));
    street.moving = vec![share(person)];
    let (_, last) = street.looks(60, |x, y, g| if covered(x, y) { grey(40.0) } else { grey(g) });
    assert!(found(&last) > 0.5, "{last:?}");
}

#[test]
fn light_takes_nothing_away() {
    let mut street = learned();
    // A lamp goes on, and the shadow of a house creeps over half of the zone.
    for lamp in [1.0, 1.25, 0.8] {
        let (_, last) =
            street.looks(30, |x, y, g| carton(PLACE, x, y, g).map(|value| value * lamp));
        assert!(last.gone.is_empty(), "{lamp}: {last:?}");
    }
    for edge in (0..WIDTH).step_by(8) {
        let (_, last) = street.looks(2, |x, y, g| {
            let light = if x < edge && y < HEIGHT { 0.6 } else { 1.0 };
            carton(PLACE, x, y, g).map(|value| value * light)
        });
        assert!(last.gone.is_empty(), "{edge}: {:?}", last.gone);
    }
}

#[test]
fn where_nobody_asks_the_place_becomes_a_part_of_the_zone() {
    let mut street = Street::new(2.0);
    street.looks(14, |x, y, g| carton(PLACE, x, y, g));
    let (told, last) = street.looks(60, |_, _, g| grey(g));
    assert_eq!((told, last.gone), (0, Vec::<BoundingBox>::new()));
}
