//! Looks round a two-wheeler, with a net that takes for a cable whatever has become much darker.

use std::convert::Infallible;
use std::time::Duration;

use scene::{BoundingBox, Cable, CableSight, CaptureTime};

use super::{Answer, Place, look};
use crate::area::{floor, pixels as pixels_of};
use crate::picture::Picture;
use crate::reference::Reference;
use crate::tiling::{MOST_TILES, TILE_PX};

const SIZE: (usize, usize) = (960, 720);
const START: CaptureTime = CaptureTime::from_unix_micros(1_795_309_800_000_000);
const BIKE: BoundingBox = BoundingBox { left: 0.45, top: 0.7, right: 0.55, bottom: 0.85 };

/// A wall of bricks, seen from so far to the right.
fn wall(right: usize) -> Vec<u8> {
    let pixel = |x: usize, y: usize| {
        let brick = (((x + right + 40) / 23 * 73_856_093) ^ (y / 11 * 19_349_663)) / 7 % 97;
        [100 + u8::try_from(brick).unwrap(); 3]
    };
    (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| pixel(x, y))).flatten().collect()
}

/// Blackens this part of the picture.
fn blacken(pixels: &mut [u8], bbox: &BoundingBox) {
    let (width, height) = (pixels_of(SIZE.0), pixels_of(SIZE.1));
    for y in floor(bbox.top * height)..floor(bbox.bottom * height) {
        let row = 3 * (y * SIZE.0 + floor(bbox.left * width));
        let end = 3 * (y * SIZE.0 + floor(bbox.right * width));
        pixels[row..end].fill(0);
    }
}

/// From above the bike upwards: 3 pixels wide, 216 long.
const CABLE: BoundingBox = BoundingBox { left: 0.5, top: 0.35, right: 0.503_5, bottom: 0.65 };

fn reference() -> Reference {
    let mut reference = Reference::default();
    let empty = wall(0);
    for secs in [0, 2] {
        let picture = Picture::new(SIZE, 3 * SIZE.0, &empty).unwrap();
        reference.follow(&picture, START.after(Duration::from_secs(secs)), &[], &[]);
    }
    reference
}

/// What a look at these pixels shows, and how many tiles it took.
fn seen(reference: &Reference, pixels: &[u8], others: &[BoundingBox]) -> (CableSight, usize) {
    let (sight, tiles, _) = asked(reference, pixels, others);
    (sight, tiles)
}

/// The same, and how many pixels the net saw darken.
fn asked(
    reference: &Reference,
    pixels: &[u8],
    others: &[BoundingBox],
) -> (CableSight, usize, usize) {
    let picture = Picture::new(SIZE, 3 * SIZE.0, pixels).unwrap();
    let bikes = [BIKE];
    let place = Place {
        bike: BIKE,
        two_wheelers: &bikes,
        others,
        map_threshold: 0.5,
        camera_width_px: 1920.0,
    };
    let (mut tiles, mut darker) = (0, 0);
    let mut net = |pair: &[f32]| {
        tiles += 1;
        let plane = TILE_PX * TILE_PX;
        let pairs = pair[..plane].iter().zip(&pair[3 * plane..4 * plane]);
        let map: Vec<f32> =
            pairs.map(|(before, now)| if before - now > 60.0 { 1.0 } else { 0.0 }).collect();
        darker += map.iter().filter(|value| **value > 0.5).count();
        let score = if map.iter().sum::<f32>() > 60.0 { 0.9 } else { 0.1 };
        Ok::<_, Infallible>(Answer { map, score })
    };
    let sight = look(reference, &picture, &place, &mut net).unwrap_or_else(|never| match never {});
    (sight, tiles, darker)
}

fn cables(sight: CableSight) -> Vec<Cable> {
    match sight {
        CableSight::Seen(cables) => cables,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_cable_is_told_with_its_length_in_the_cameras_pixels() {
    let mut now = wall(0);
    blacken(&mut now, &CABLE);
    let (sight, tiles) = seen(&reference(), &now, &[]);
    assert!((1..=MOST_TILES).contains(&tiles), "{tiles}");
    let cables = cables(sight);
    assert_eq!(cables.len(), 1);
    let bounds = cables[0].bounds();
    assert!((bounds.top - CABLE.top).abs() < 0.01 && (bounds.bottom - CABLE.bottom).abs() < 0.01);
    // The camera's picture is twice as wide.
    assert!((400..470).contains(&cables[0].length_px), "{}", cables[0].length_px);
    assert!((cables[0].score - 0.9).abs() < 1e-6);
}

#[test]
fn without_a_cable_nothing_is_told_and_the_bike_itself_is_none() {
    let mut now = wall(0);
    blacken(&mut now, &BIKE);
    assert_eq!(cables(seen(&reference(), &now, &[]).0), []);
}

#[test]
fn a_camera_that_swayed_changes_nothing() {
    let mut now = wall(5);
    let (sight, _, darker) = asked(&reference(), &now, &[]);
    assert_eq!((cables(sight), darker), (Vec::new(), 0), "both lie on each other");
    blacken(&mut now, &CABLE);
    assert_eq!(cables(seen(&reference(), &now, &[]).0).len(), 1);
}

#[test]
fn who_stands_there_is_covered_with_what_was_before() {
    let person = BoundingBox { left: 0.6, top: 0.5, right: 0.604, bottom: 0.8 };
    let mut now = wall(0);
    blacken(&mut now, &person);
    assert_eq!(cables(seen(&reference(), &now, &[]).0).len(), 1, "unmasked it is one");
    let (sight, _, darker) = asked(&reference(), &now, &[person]);
    assert_eq!((cables(sight), darker), (Vec::new(), 0), "the net does not see him either");
}

#[test]
fn where_nothing_can_be_told_no_tile_is_looked_at() {
    let now = wall(0);
    assert_eq!(seen(&Reference::default(), &now, &[]), (CableSight::NoReference, 0));
    for elsewhere in [23, 46, 140, 300, 513] {
        let there = wall(elsewhere);
        assert_eq!(seen(&reference(), &there, &[]), (CableSight::Unaligned, 0), "{elsewhere}");
    }
    let crowd = BoundingBox { left: 0.2, top: 0.1, right: 0.8, bottom: 1.0 };
    assert_eq!(seen(&reference(), &now, &[crowd]), (CableSight::Hidden, 0));
}
