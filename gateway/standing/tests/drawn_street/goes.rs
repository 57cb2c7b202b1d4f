//! What was put down is seen to go: whatever it is, however long it stood, and in whatever light.

use crate::street::{Rect, Street, carton, grey, share};
use scene::{BoundingBox, CaptureTime, StandingLook};
use standing::{Findings, State};

/// What stands there.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Carton,
    Bricks,
    Striped,
    Black,
    White,
    Tarpaulin,
    /// As grey as the ground, as dark as a shadow.
    Dull,
    Leaves,
}

const KINDS: [Kind; 8] = [
    Kind::Carton,
    Kind::Bricks,
    Kind::Striped,
    Kind::Black,
    Kind::White,
    Kind::Tarpaulin,
    Kind::Dull,
    Kind::Leaves,
];

/// A bag, a pallet, a quarter of the zone.
const PLACES: [Rect; 3] = [(130, 110, 36, 36), (120, 90, 64, 64), (80, 60, 160, 120)];

/// How light it is when the thing comes and when it goes, and the camera's noise.
#[derive(Debug, Clone, Copy)]
struct Light {
    noise: f32,
    from: f32,
    to: f32,
}

const DAY: Light = Light { noise: 1.5, from: 1.0, to: 1.0 };
const NIGHT: Light = Light { noise: 8.0, from: 0.6, to: 0.6 };
const DUSK: Light = Light { noise: 1.5, from: 1.0, to: 0.6 };
const DAWN: Light = Light { noise: 1.5, from: 0.8, to: 1.2 };

/// How often it is looked at while it stands, and every so many seconds.
type Stay = (usize, i64);

/// Half of the looks whose median is the picture: until then it still shows the thing.
fn latest(light: Light) -> usize {
    if light.noise > 5.0 { 4 } else { 2 }
}

fn paint(
    kind: Kind,
    (left, top, width, height): Rect,
    at: (usize, usize),
    ground: f32,
) -> [f32; 3] {
    let (x, y) = at;
    if !(left..left + width).contains(&x) || !(top..top + height).contains(&y) {
        return grey(ground);
    }
    match kind {
        Kind::Carton => carton((left, top, width, height), x, y, ground),
        Kind::Bricks => {
            let row = (y - top) / 6;
            let is_joint = (y - top).is_multiple_of(6) || (x + 5 * (row % 2)).is_multiple_of(11);
            if is_joint { [92.0, 84.0, 80.0] } else { [74.0, 46.0, 38.0] }
        }
        Kind::Striped => grey(if ((x + y) / 9).is_multiple_of(2) { 60.0 } else { 190.0 }),
        Kind::Black => grey(28.0),
        Kind::White => grey(205.0),
        Kind::Tarpaulin => [45.0, 75.0, 150.0],
        Kind::Dull => grey(66.0 + 0.06 * (x as f32 - 152.0) - 0.08 * (y as f32 - 122.0)),
        Kind::Leaves => {
            let dice = (x / 3).wrapping_mul(73_856_093) ^ (y / 3).wrapping_mul(19_349_663);
            let light = 0.4 + (dice % 97) as f32 / 80.0;
            [60.0 * light, 95.0 * light, 45.0 * light]
        }
    }
}

/// Whether a look says that nothing stands in the place.
fn says_free(findings: &Findings, place: &BoundingBox, since: CaptureTime) -> bool {
    let look = StandingLook {
        zone: "zone".into(),
        known_since: findings.reference_since.filter(|_| findings.state == State::Ready),
        unsure: findings.unsure.clone(),
        things: Vec::new(),
        gone: Vec::new(),
    };
    let is_shown = |it: &standing::Standing| it.is_seen && it.bounds.common_area(place) > 0.0;
    look.tells_of(place, since) && !findings.standing.iter().any(is_shown)
}

/// How the going of a thing was told.
#[derive(Debug, PartialEq)]
struct Going {
    /// The last look after it that does not say so.
    last_doubt: usize,
    /// Looks that said so while it stood.
    too_early: usize,
}

/// None if it was never told.
fn going(kind: Kind, place: Rect, light: Light, (looks, every): Stay) -> Option<Going> {
    let mut street = Street::new(light.noise);
    street.looks(32, |_, _, g| grey(g * light.from));
    street.every_secs = every;
    let mut told: Option<standing::Standing> = None;
    let mut too_early = 0;
    for look in 1..=looks {
        let now = light.from + (light.to - light.from) * look as f32 / looks as f32;
        let findings = street.look(|x, y, g| paint(kind, place, (x, y), g).map(|v| v * now));
        let is_it = |it: &&standing::Standing| it.is_seen && it.bounds.iou(&share(place)) > 0.3;
        told = findings.standing.iter().find(is_it).cloned().or(told);
        let says = |it: &standing::Standing| says_free(&findings, &it.bounds, it.since);
        too_early += usize::from(told.as_ref().is_some_and(says));
    }
    let told = told?;
    street.every_secs = 1;
    let doubts = (1..=14).filter(|_| {
        let findings = street.look(|_, _, g| grey(g * light.to));
        !says_free(&findings, &told.bounds, told.since)
    });
    Some(Going { last_doubt: doubts.last().unwrap_or(0), too_early })
}

fn check(kind: Kind, place: Rect, light: Light, stay: Stay) {
    let wanted = Going { last_doubt: latest(light), too_early: 0 };
    let found = going(kind, place, light, stay);
    assert_eq!(found, Some(wanted), "{kind:?} at {place:?}, {light:?}, {stay:?}");
}

#[test]
fn whatever_it_is_the_first_picture_without_it_says_that_it_has_gone() {
    for (of_kind, kind) in KINDS.into_iter().enumerate() {
        for (of_light, light) in [DAY, NIGHT, DUSK, DAWN].into_iter().enumerate() {
            // What is grey and no darker than a shadow is lost when the night falls on much of it.
            if !matches!((kind, of_light), (Kind::Dull, 2)) {
                check(kind, PLACES[(of_kind + of_light) % PLACES.len()], light, (22, 1));
            }
        }
    }
}

#[test]
fn what_stood_for_minutes_or_an_hour_is_seen_to_go_as_soon() {
    let (minutes, hour) = ((150, 2), (720, 5));
    check(Kind::Carton, PLACES[1], DUSK, minutes);
    check(Kind::Bricks, PLACES[1], DAWN, minutes);
    check(Kind::Leaves, PLACES[0], NIGHT, minutes);
    check(Kind::Tarpaulin, PLACES[1], DAY, hour);
}

#[test]
fn what_has_gone_does_not_come_back_when_the_light_flickers_or_night_falls() {
    let place = PLACES[1];
    for (kind, shown) in [(Kind::Bricks, 3), (Kind::Black, 4), (Kind::Carton, 5), (Kind::Black, 6)]
    {
        for flickers in [false, true] {
            let mut street = Street::new(1.5);
            street.looks(32, |_, _, g| grey(g));
            let (_, last) = street.looks(22, |x, y, g| paint(kind, place, (x, y), g));
            let told = last.standing.first().expect("it is told").clone();
            street.looks(shown, |_, _, g| grey(g));
            if !flickers {
                street.set_noise(9.0);
            }
            for look in 1..=10 {
                let light = if flickers && look % 2 == 1 { 0.93 } else { 1.0 };
                let findings = street.look(|_, _, g| grey(g * light));
                let is_free = says_free(&findings, &told.bounds, told.since);
                assert!(is_free, "{kind:?}, {shown} looks, then {look}: {findings:?}");
            }
        }
    }
}
