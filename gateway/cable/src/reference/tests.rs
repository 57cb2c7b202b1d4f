//! What a reference learns, keeps and forgets.

use std::time::Duration;

use scene::{BoundingBox, CaptureTime};

use super::Reference;
use crate::picture::Picture;

const SIZE: (usize, usize) = (640, 480);
const START: CaptureTime = CaptureTime::from_unix_micros(1_795_309_800_000_000);
const BIKE: BoundingBox = BoundingBox { left: 0.45, top: 0.6, right: 0.55, bottom: 0.8 };

/// A wall of bricks, seen from so far to the right, so bright.
fn wall(right: usize, level: u8) -> Vec<u8> {
    let pixel = |x: usize, y: usize| {
        let brick = (((x + right) / 23) * 31 + (y / 11) * 17) % 97;
        [level + u8::try_from(brick).unwrap(); 3]
    };
    (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| pixel(x, y))).flatten().collect()
}

/// A reference and the time of its camera.
struct Learning(Reference, CaptureTime);

impl Learning {
    /// Shows a picture twice, two seconds apart, and then lets time pass.
    fn show(&mut self, pixels: &[u8], bikes: &[BoundingBox], secs: u64) {
        for _ in 0..2 {
            let picture = Picture::new(SIZE, 3 * SIZE.0, pixels).unwrap();
            self.0.follow(&picture, self.1, bikes, &[]);
            self.1 = self.1.after(Duration::from_secs(2));
        }
        self.1 = self.1.after(Duration::from_secs(secs));
    }

    fn value(&self, x: usize, y: usize) -> Option<u8> {
        self.0.is_known(x, y).then(|| self.0.picture().unwrap().at(x, y)[0])
    }
}

fn begun() -> Learning {
    Learning(Reference::default(), START)
}

#[test]
fn what_two_pictures_show_alike_is_learned_and_what_differs_is_not() {
    let mut learning = begun();
    let (before, mut now) = (wall(0, 40), wall(0, 40));
    for x in 96..128 {
        now[3 * (100 * SIZE.0 + x)..][..3].fill(255);
    }
    let picture = |pixels| Picture::new(SIZE, 3 * SIZE.0, pixels).unwrap();
    assert!(learning.0.wants(START));
    learning.0.follow(&picture(&before), START, &[], &[]);
    assert!(!learning.0.wants(START.after(Duration::from_millis(500))), "too early to compare");
    let later = START.after(Duration::from_secs(2));
    assert!(learning.0.wants(later));
    learning.0.follow(&picture(&now), later, &[], &[]);
    assert_eq!(learning.value(10, 10), Some(before[3 * (10 * SIZE.0 + 10)]));
    assert_eq!(learning.value(100, 100), None, "a passer-by was there");
    assert!(learning.0.wants(later.after(Duration::from_secs(6))), "that block is tried again");
}

#[test]
fn under_a_two_wheeler_nothing_is_learned_and_round_a_new_one_nothing_changes() {
    let mut learning = begun();
    learning.show(&wall(0, 40), &[BIKE], 0);
    assert_eq!(learning.value(320, 340), None, "the bike stands here");
    let beside = learning.value(200, 340).unwrap();
    // It has gone: now the place is learned.
    learning.show(&wall(0, 40), &[], 700);
    assert!(learning.value(320, 340).is_some());
    // It is back with a cable, which makes everything around it brighter. Far away the picture follows.
    learning.show(&wall(0, 90), &[BIKE], 700);
    assert_eq!(learning.value(200, 340), Some(beside));
    assert_eq!(
        learning.value(320, 60),
        Some(wall(0, 40)[3 * (60 * SIZE.0 + 320)]),
        "above it, too"
    );
    assert_eq!(learning.value(8, 470), Some(wall(0, 90)[3 * (470 * SIZE.0 + 8)]));
}

#[test]
fn a_camera_that_was_turned_is_learned_anew_and_not_at_once() {
    let mut learning = begun();
    learning.show(&wall(0, 40), &[], 700);
    let before = learning.value(10, 10);
    for _ in 0..2 {
        learning.show(&wall(140, 40), &[], 700);
        assert_eq!(learning.value(10, 10), before, "somebody may only have touched it");
    }
    learning.show(&wall(140, 40), &[], 10);
    learning.show(&wall(140, 40), &[], 10);
    let turned = wall(140, 40)[3 * (10 * SIZE.0 + 10)];
    assert_eq!(learning.value(10, 10), Some(turned));
    assert_ne!(Some(turned), before);
}

#[test]
fn a_picture_of_another_size_begins_anew() {
    let mut learning = begun();
    learning.show(&wall(0, 40), &[], 10);
    let small = vec![7; 3 * 300 * 300];
    let picture = Picture::new((300, 300), 900, &small).unwrap();
    learning.0.follow(&picture, learning.1, &[], &[]);
    assert_eq!(learning.value(10, 10), None);
}
