//! No bytes that claim to be a reference, and no look of any size, bring a watch to panic.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its input must fail")]

use proptest::prelude::*;
use scene::{BoundingBox, CaptureTime, Point, Polygon};
use standing::{Picture, Settings, Workbench, ZoneLook, ZoneWatch};

fn watch() -> ZoneWatch {
    let corners = [(0.1, 0.1), (0.9, 0.2), (0.8, 0.9)];
    let zone = Polygon::new(corners.map(|(x, y)| Point { x, y }).to_vec()).unwrap();
    ZoneWatch::new(zone, Settings { looks: 2, keeps_what_leaves: false })
}

proptest! {
    #[test]
    fn bytes_are_a_reference_or_an_error(mut bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(watch().restore(&bytes).is_err());
        bytes.splice(0..0, *b"GWST\x01\x00\x10\x00\x10\x00");
        prop_assert!(watch().restore(&bytes).is_err());
    }

    #[test]
    fn looks_of_any_size_and_content_are_judged(
        sizes in proptest::collection::vec((32_usize..90, 32_usize..90), 1..4),
        seed in any::<u64>(),
        person in (-2.0_f32..2.0, -2.0_f32..2.0, -2.0_f32..2.0, -2.0_f32..2.0),
    ) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut bench = Workbench::default();
        let mut watch = watch();
        let mut earlier: Option<Vec<u8>> = None;
        let moving = [BoundingBox { left: person.0, top: person.1, right: person.2, bottom: person.3 }];
        for (turn, (width, height)) in sizes.into_iter().enumerate() {
            let step = rng.usize(1..97);
            for look in 0..14 {
                let shown = if look < 10 { 0 } else { rng.usize(..255) };
                let pixels: Vec<u8> =
                    (0..3 * width * height).map(|i| u8::try_from((i * step + shown) % 256).unwrap()).collect();
                let time = i64::try_from(100 * turn + look).unwrap() * 1_000_000;
                let findings = watch.look(
                    &ZoneLook {
                        picture: Picture::new(width, height, &pixels).unwrap(),
                        time: CaptureTime::from_unix_micros(time),
                        moving: &moving,
                    },
                    &mut bench,
                );
                for thing in findings.standing {
                    prop_assert!((0.0..=1.0).contains(&thing.sure));
                    prop_assert!(thing.outline.iter().all(|p| (0.0..=1.0).contains(&p.x) && (0.0..=1.0).contains(&p.y)));
                }
                if let Some(saved) = watch.saved() {
                    prop_assert!(watch.clone().restore(&saved).is_ok());
                }
                // A sound reference of another size, between two looks.
                if look == 12 && let Some(earlier) = &earlier {
                    prop_assert!(watch.restore(earlier).is_ok());
                }
            }
            earlier = watch.saved().or(earlier);
        }
    }
}

fn look(watch: &mut ZoneWatch, (width, height): (usize, usize), shade: u8, secs: i64) {
    let pixels: Vec<u8> =
        (0..3 * width * height).map(|i| if i % 7 < 3 { shade } else { 90 }).collect();
    let picture = Picture::new(width, height, &pixels).unwrap();
    let time = CaptureTime::from_unix_micros(secs * 1_000_000);
    watch.look(&ZoneLook { picture, time, moving: &[] }, &mut Workbench::default());
}

#[test]
fn a_reference_of_another_size_is_restored_between_looks() {
    let mut small = watch();
    (0..14).for_each(|secs| look(&mut small, (320, 240), 200, secs));
    let saved = small.saved().unwrap();
    let mut watch = watch();
    (0..14).for_each(|secs| look(&mut watch, (480, 360), 200, secs));
    // The scene changes, so that a former reference is kept, before and after.
    (14..30).for_each(|secs| look(&mut watch, (480, 360), 10, secs));
    watch.restore(&saved).unwrap();
    (30..50).for_each(|secs| look(&mut watch, (480, 360), 200, secs));
    watch.restore(&saved).unwrap();
    (50..70).for_each(|secs| look(&mut watch, (320, 240), 10, secs));
    assert!(watch.saved().is_some());
}
