//! A drawn passage in which something is put down.

use scene::{Point, StandingThing};

use super::*;

const SIZE: (u32, u32) = (320, 240);
const START: CaptureTime = CaptureTime::from_unix_micros(1_790_000_000_000_000);

/// Where the box is put, in pixels.
const BOX: [usize; 4] = [150, 100, 190, 140];

/// What a pixel of the ground or of the box looks like, by its place.
fn speckle(x: usize, y: usize, seed: usize) -> u8 {
    let mixed = (x / 6 * 73 + y / 6 * 151 + seed * 977).wrapping_mul(2_654_435_761) >> 7;
    u8::try_from(mixed % 60).unwrap()
}

/// The street `second` seconds after the start, with some noise of a sensor.
fn picture(second: u32, with_box: bool) -> Picture {
    let (width, height) = (usize::try_from(SIZE.0).unwrap(), usize::try_from(SIZE.1).unwrap());
    let [left, top, right, bottom] = BOX;
    let rows: Vec<Vec<u8>> = (0..height)
        .map(|y| {
            let pixel = |x: usize| {
                let is_box = with_box && (left..right).contains(&x) && (top..bottom).contains(&y);
                let noise = speckle(6 * x, 6 * y, usize::try_from(second).unwrap() + 2) / 20;
                let grey = if is_box { 40 + speckle(x, y, 1) * 2 } else { 90 + speckle(x, y, 0) };
                [grey + noise, grey + noise, if is_box { grey / 2 } else { grey }]
            };
            (0..width).flat_map(pixel).collect()
        })
        .collect();
    let at = START.after(Duration::from_secs(second.into()));
    Picture::of_rgb(SIZE, rows.iter().map(Vec::as_slice), at)
}

fn passage() -> StandingZone {
    let corner = |x, y| Point { x, y };
    let corners =
        vec![corner(0.25, 0.25), corner(0.75, 0.25), corner(0.75, 0.875), corner(0.25, 0.875)];
    StandingZone::new("cam-01.passage", &Polygon::new(corners).unwrap())
}

struct Eye {
    zones: StandingZones,
    scaler: Scaler,
    bench: Workbench,
}

impl Eye {
    fn new() -> Self {
        let (zones, scaler, bench) =
            (StandingZones::default(), Scaler::default(), Workbench::default());
        Self { zones, scaler, bench }
    }

    fn look(&mut self, second: u32, with_box: bool, detections: &[Detection]) -> Found {
        let tools = Tools { camera: "cam-01", scaler: &mut self.scaler, bench: &mut self.bench };
        let picture = picture(second, with_box);
        self.zones.look(&[passage()], (&picture, detections), tools, &|| ()).unwrap()
    }

    fn things(&mut self, seconds: std::ops::Range<u32>, with_box: bool) -> Vec<StandingThing> {
        let looks = seconds.map(|second| self.look(second, with_box, &[]));
        looks.last().unwrap().looks[0].things.clone()
    }
}

#[test]
fn a_box_that_is_put_down_is_told_where_it_stands_and_its_going_is_seen() {
    let mut eye = Eye::new();
    assert!(eye.things(0..40, false).is_empty());
    let thing = eye.things(40..60, true).pop().unwrap();
    let bounds = thing.bounds;
    let edges =
        [bounds.left * 320.0, bounds.top * 240.0, bounds.right * 320.0, bounds.bottom * 240.0];
    for (found, put) in edges.into_iter().zip(BOX) {
        assert!((found - put as f32).abs() <= 12.0, "{edges:?}");
    }
    // Its ends are cut in blocks, so their foot is not exact.
    let on_the_ground = thing.foot.iter().filter(|y| (*y * 240.0 - 140.0).abs() <= 12.0);
    assert!(3 * on_the_ground.count() >= 2 * thing.foot.len(), "{:?}", thing.foot);
    // Its outline is what evidence shows.
    let outlines = eye.look(60, true, &[]).outlines;
    let corners = &outlines[0].corners;
    assert!(outlines.len() == 1 && corners.len() >= 4, "{outlines:?}");
    let edges = |of: fn(&Point) -> f32| {
        let along: Vec<f32> = corners.iter().map(of).collect();
        (along.iter().copied().fold(1.0, f32::min), along.iter().copied().fold(0.0, f32::max))
    };
    let bounds = outlines[0].bounds;
    assert_eq!(
        (edges(|it| it.x), edges(|it| it.y)),
        ((bounds.left, bounds.right), (bounds.top, bounds.bottom))
    );
    let since = thing.since.since(START).as_secs();
    assert!((40..46).contains(&since), "{since}");
    assert_eq!(thing.looks, 8);
    assert!(eye.things(60..90, false).is_empty());
}

#[test]
fn what_is_not_told_is_not_gone_before_the_zone_has_been_known_for_a_while() {
    let mut eye = Eye::new();
    let place = BoundingBox { left: 0.5, top: 0.5, right: 0.6, bottom: 0.6 };
    let mut tells = |seconds: std::ops::Range<u32>, person: &[Detection]| -> Vec<bool> {
        let looks = seconds.map(|s| eye.look(s, false, person).looks[0].clone());
        looks.map(|look| look.tells_of(&place, START.after(Duration::from_secs(30)))).collect()
    };
    // Somebody stands before the place from the tenth second on.
    let bbox = BoundingBox { left: 0.45, top: 0.3, right: 0.65, bottom: 0.7 };
    let person = Detection { class: scene::Class::new("person"), score: 0.9, bbox };
    assert_eq!(tells(0..10, &[]), [false; 10]);
    assert_eq!(tells(10..60, &[person]), [false; 50], "it may stand behind");
    let after = tells(60..120, &[]);
    let from = after.iter().position(|tells| *tells).unwrap();
    assert!((8..20).contains(&from), "{from}");
    assert!(after[from..].iter().all(|tells| *tells));
}

#[test]
fn a_zone_that_is_learned_says_nothing_of_what_came_before() {
    let mut eye = Eye::new();
    let place = BoundingBox { left: 0.5, top: 0.5, right: 0.6, bottom: 0.6 };
    let look = (0..60).map(|s| eye.look(s, false, &[]).looks[0].clone()).last().unwrap();
    let tells = |second| look.tells_of(&place, START.after(Duration::from_secs(second)));
    assert!(tells(10) && !tells(3));
}

#[test]
fn the_next_eye_goes_on_with_the_reference_and_finds_what_stands() {
    let mut eye = Eye::new();
    let mut references = Vec::new();
    for second in 0..40 {
        references.extend(eye.look(second, false, &[]).references);
    }
    let reference = references.pop().unwrap();
    assert!(references.is_empty() && reference.is_sound());
    assert_eq!(reference.zone, passage());
    // The box comes, and the eye dies with what it learned.
    let mut next = Eye::new();
    assert!(next.things(50..70, true).is_empty(), "it was there from the first look");
    let mut next = Eye::new();
    next.zones.refer(reference.clone());
    assert_eq!(next.things(50..70, true).len(), 1);
    // The zone was drawn anew meanwhile: the reference says nothing of it.
    let mut moved = reference;
    moved.zone = StandingZone::new(
        "cam-01.passage",
        &Polygon::new(vec![
            Point { x: 0.0, y: 0.0 },
            Point { x: 0.5, y: 0.0 },
            Point { x: 0.5, y: 0.625 },
            Point { x: 0.0, y: 0.625 },
        ])
        .unwrap(),
    );
    let mut next = Eye::new();
    next.zones.refer(moved);
    assert!(next.things(50..70, true).is_empty());
}

#[test]
fn what_an_operator_lets_stand_is_no_thing_and_its_going_is_none_either() {
    let mut eye = Eye::new();
    eye.things(0..40, false);
    assert_eq!(eye.things(40..60, true).len(), 1);
    eye.zones.mark_free("cam-01.passage".to_owned());
    let told = eye.look(60, true, &[]);
    assert!(told.looks[0].things.is_empty() && told.references.len() == 1);
    assert!(eye.things(61..90, true).is_empty());
    assert!(eye.things(90..120, false).is_empty(), "where it stood nothing stands");
    // There from the first look: known once the passage was cleared and called free.
    let mut eye = Eye::new();
    assert!(eye.things(0..40, true).is_empty());
    eye.things(40..60, false);
    eye.zones.mark_free("cam-01.passage".to_owned());
    eye.things(60..70, false);
    assert_eq!(eye.things(70..90, true).len(), 1);
}

#[test]
fn who_stands_in_the_way_hides_it_and_the_place_itself_hides_nothing() {
    let bbox = |class: &str, score, [left, top, right, bottom]: [f32; 4]| Detection {
        class: scene::Class::new(class),
        score,
        bbox: BoundingBox { left, top, right, bottom },
    };
    let before_the_box = [0.4, 0.3, 0.65, 0.7];
    let all = [0.2, 0.2, 0.8, 1.0];
    let table = [
        (bbox("person", 0.3, before_the_box), 0),
        (bbox("car", 0.5, before_the_box), 0),
        (bbox("car", 0.3, before_the_box), 1),
        (bbox("bird", 0.9, before_the_box), 1),
        (bbox("train", 0.9, all), 1),
    ];
    for (detection, things) in table {
        let mut eye = Eye::new();
        eye.things(0..30, false);
        let shown = std::slice::from_ref(&detection);
        let looks = (30..50).map(|second| eye.look(second, true, shown));
        assert_eq!(looks.last().unwrap().looks[0].things.len(), things, "{detection:?}");
    }
}

#[test]
fn between_two_looks_the_latest_holds_and_other_zones_end_it() {
    let mut eye = Eye::new();
    eye.things(0..30, false);
    let told = eye.things(30..50, true);
    let tools = Tools { camera: "cam-01", scaler: &mut eye.scaler, bench: &mut eye.bench };
    let mut soon = picture(49, false);
    soon.captured_at = soon.captured_at.after(Duration::from_millis(200));
    let found = eye.zones.look(&[passage()], (&soon, &[]), tools, &|| ()).unwrap();
    assert_eq!(found.looks[0].things, told);
    let tools = Tools { camera: "cam-01", scaler: &mut eye.scaler, bench: &mut eye.bench };
    assert!(eye.zones.look(&[], (&soon, &[]), tools, &|| ()).unwrap().looks.is_empty());
}

#[test]
fn a_zone_of_a_few_pixels_is_not_looked_at() {
    let corner = |x, y| Point { x, y };
    let corners = vec![corner(0.5, 0.5), corner(0.52, 0.5), corner(0.52, 0.52)];
    let zone = StandingZone::new("cam-01.crack", &Polygon::new(corners).unwrap());
    let mut eye = Eye::new();
    let mut look = |second| {
        let tools = Tools { camera: "cam-01", scaler: &mut eye.scaler, bench: &mut eye.bench };
        let shown = (&picture(second, false), [].as_slice());
        eye.zones.look(std::slice::from_ref(&zone), shown, tools, &|| ()).unwrap()
    };
    let found = look(0);
    assert!(found.looks.is_empty() && found.references.is_empty());
    assert_eq!(found.too_small, [SmallZone { zone: zone.clone(), size_px: (6, 5) }]);
    assert!(look(1).too_small.is_empty(), "it is said once");
}

#[test]
fn a_reference_that_is_given_back_shows_what_was_learned_with_the_zone() {
    let mut before = Eye::new();
    let empty =
        (0..40).find_map(|second| before.look(second, false, &[]).references.pop()).unwrap();
    assert!(empty.is_anew, "nothing was known before");
    // A lane lost what it knew, and the box was there.
    let mut eye = Eye::new();
    let mut told = Vec::new();
    for second in 50..90 {
        told.extend(eye.look(second, true, &[]).references);
    }
    assert_eq!(told.iter().map(|it| it.is_anew).collect::<Vec<_>>(), [true]);
    eye.zones.refer(empty);
    assert_eq!(eye.things(90..110, true).len(), 1);
    let later = eye.look(1000, true, &[]).references.pop().unwrap();
    assert!(!later.is_anew);
}

#[test]
fn a_look_that_fails_leaves_no_old_one_in_its_place() {
    let mut eye = Eye::new();
    eye.things(0..40, false);
    assert_eq!(eye.things(40..60, true).len(), 1);
    eye.zones.fail("cannot scale");
    let mut soon = picture(59, true);
    soon.captured_at = soon.captured_at.after(Duration::from_millis(200));
    let tools = Tools { camera: "cam-01", scaler: &mut eye.scaler, bench: &mut eye.bench };
    assert!(eye.zones.look(&[passage()], (&soon, &[]), tools, &|| ()).unwrap().looks.is_empty());
    assert_eq!(eye.look(60, true, &[]).looks[0].things.len(), 1, "the next one goes on");
}

#[test]
fn a_lane_cuts_the_zones_of_all_its_cameras_from_pictures_of_few_sizes() {
    let mut sizes = std::collections::BTreeSet::new();
    let large = Picture::of_rgb((2560, 1440), std::iter::empty(), START);
    for side in 1..100 {
        let side = side as f32 / 100.0;
        let corner = |x, y| Point { x, y };
        let corners = vec![corner(0.0, 0.0), corner(side, 0.0), corner(side, side)];
        let zone = StandingZone::new("cam-01.a", &Polygon::new(corners).unwrap());
        let mut zones = StandingZones::default();
        zones.watch(&[zone]);
        let (width, height) = zones.sheet_size(&large);
        assert!(side * width as f32 >= 479.0 || width == 1920, "{side}: {width}");
        sizes.insert((width, height));
    }
    assert_eq!(
        sizes.into_iter().collect::<Vec<_>>(),
        [(640, 360), (960, 540), (1280, 720), (1920, 1080)]
    );
}

#[test]
fn what_must_be_there_is_told_as_gone_and_outlined() {
    let mut eye = Eye::new();
    let mut zone = passage();
    zone.keeps_what_leaves = true;
    let mut look = |second, with_box| {
        let tools = Tools { camera: "cam-01", scaler: &mut eye.scaler, bench: &mut eye.bench };
        let seen = picture(second, with_box);
        eye.zones.look(std::slice::from_ref(&zone), (&seen, &[]), tools, &|| ()).unwrap()
    };
    assert!((0..40).map(|second| look(second, true)).all(|found| found.looks[0].gone.is_empty()));
    let found = (40..140).map(|second| look(second, false)).last().unwrap();
    let [left, top, right, bottom] = BOX.map(|edge| edge as f32);
    let place = BoundingBox {
        left: left / 320.0,
        top: top / 240.0,
        right: right / 320.0,
        bottom: bottom / 240.0,
    };
    let gone = &found.looks[0].gone;
    assert!(gone.len() == 1 && gone[0].iou(&place) > 0.5, "{gone:?}");
    assert_eq!((found.outlines[0].bounds, found.outlines[0].corners.len()), (gone[0], 4));
}
