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
    street.looks(200, |_, _, g| grey(g));
    street.watch.mark_free();
    let freed = street.look(|_, _, g| grey(g));
    assert!(freed.reference_is_free && freed.gone.is_empty(), "{freed:?}");
    let (_, last) = street.looks(PATIENCE, |_, _, g| grey(g));
    assert!(last.gone.is_empty(), "{last:?}");
}

/// Something of which every part has structure: a barrier, a hydrant, a board.
fn striped(place: Rect, x: usize, y: usize, ground: f32) -> [f32; 3] {
    let (left, top, width, height) = place;
    let is_it = (left..left + width).contains(&x) && (top..top + height).contains(&y);
    if is_it {
        grey(if ((x + y) / 9).is_multiple_of(2) { 60.0 } else { 190.0 })
    } else {
        grey(ground)
    }
}

#[test]
fn it_may_be_half_of_the_zone_on_any_ground() {
    for (width, height) in [(144, 108), (186, 140), (226, 170)] {
        let place = ((WIDTH - width) / 2, (HEIGHT - height) / 2, width, height);
        for rough in [0.0, 0.3, 1.0] {
            let ground = |g: f32| 105.0 + rough * (g - 105.0);
            let settings = Settings { keeps_what_leaves: true, ..Settings::default() };
            let mut street = Street::with(settings, 2.0);
            street.looks(20, |x, y, g| striped(place, x, y, ground(g)));
            for looks in [PATIENCE, 100] {
                let (_, last) = street.looks(looks, |_, _, g| grey(ground(g)));
                let gone: f32 = last
                    .gone
                    .iter()
                    .chain(last.standing.iter().map(|it| &it.bounds))
                    .map(|it| it.iou(&share(place)))
                    .fold(0.0, f32::max);
                assert!(gone > 0.5, "{width}x{height}, {rough}, {looks}: {last:?}");
            }
        }
    }
}

#[test]
fn a_camera_that_turns_learns_the_zone_anew() {
    let mut street = learned();
    street.turn(9);
    let (_, last) = street.looks(40, |x, y, g| carton(PLACE, x, y, g));
    assert!(last.state == State::Ready && last.gone.is_empty(), "{last:?}");
    assert!(last.reference_since.is_some_and(|since| since.unix_micros() > 20_000_000));
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
