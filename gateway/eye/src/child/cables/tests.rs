//! A drawn wall with and without a drawn cable, looked at by the real net.

use std::path::Path;
use std::time::Duration;

use camera::Picture;
use detector::{CableFiles, CableNet, DetectSettings, Detector, Manifest, Precision, Runtime};
use scene::{BoundingBox, CableSight, CaptureTime, Class, Clock, ClockSource, Detection};

use super::CableWatch;
use crate::child::onlooker::Onlooker;
use crate::protocol::{CableDemand, Crops, Watch};

const SIZE: (u32, u32) = (960, 720);
const START: CaptureTime = CaptureTime::from_unix_micros(1_795_309_800_000_000);
const BIKE: BoundingBox = BoundingBox { left: 0.45, top: 0.7, right: 0.55, bottom: 0.85 };
/// Over which the cable hangs to the window.
const WINDOW: (i32, i32) = (560, 270);

fn models() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

fn onlooker() -> (Onlooker, Watch) {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.ort/libonnxruntime.so");
    let library = std::env::var_os("ORT_DYLIB_PATH").map_or(beside, Into::into);
    let runtime = Runtime::load(&library).unwrap();
    let manifest = Manifest::load(&models().join("yolox-nano")).unwrap();
    let detector = Detector::load(&runtime, &manifest, Precision::Fp32).unwrap();
    let files = CableFiles::read(&models().join("charging-wire")).unwrap();
    let net = CableNet::of(&runtime, &files).unwrap();
    let watch = Watch {
        interval: Duration::from_secs(1),
        detect: DetectSettings::of(&manifest),
        wants_appearance: false,
        standing: Vec::new(),
        second_look: Vec::new(),
        crops: Crops::default(),
        cables: CableDemand::of(true, &[]),
        quiet: None,
    };
    (Onlooker::new(detector).with_cable_net(net), watch)
}

/// What hangs before the wall.
#[derive(Clone, Copy, PartialEq)]
enum Hangs {
    Nothing,
    Cable,
    /// A board: new, but no cable.
    Board,
}

/// A wall of bricks with grain and a window, a bike before it, and what hangs there.
fn drawn(seed: u32, has_bike: bool, hangs: Hangs) -> Vec<u8> {
    let mut state = seed;
    let mut grain = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i32::try_from((state >> 24) % 9).unwrap() - 4
    };
    let (width, height) = (SIZE.0 as i32, SIZE.1 as i32);
    let mut pixels = Vec::with_capacity(3 * SIZE.0 as usize * SIZE.1 as usize);
    for y in 0..height {
        for x in 0..width {
            let brick = ((x / 23 * 7_919) ^ (y / 11 * 5_087)) / 7 % 40;
            let mut colour = [130 + brick, 110 + brick, 95 + brick];
            if (520..640).contains(&x) && (160..260).contains(&y) {
                colour = [60, 65, 70];
            }
            // From the window down to the bike, bent.
            let along = (y - WINDOW.1) as f32 / 225.0;
            let middle = WINDOW.0 as f32 - 70.0 * along * along;
            let is_cable = (0.0..=1.0).contains(&along) && (x as f32 - middle).abs() <= 2.0;
            let is_board = (500..600).contains(&x) && (300..420).contains(&y);
            match hangs {
                Hangs::Cable if is_cable => colour = [22, 20, 20],
                Hangs::Board if is_board => colour = [210, 205, 190],
                _ => {}
            }
            let is_bike = (432..528).contains(&x) && (504..612).contains(&y);
            if has_bike && is_bike && (x + y) % 17 < 5 {
                colour = [30, 30, 40];
            }
            let grain = grain();
            pixels.extend(colour.map(|it| u8::try_from((it + grain).clamp(0, 255)).unwrap()));
        }
    }
    pixels
}

fn shown(
    onlooker: &mut Onlooker,
    watch: &Watch,
    (secs, pixels): (u64, &[u8]),
    bike: bool,
) -> Option<CableSight> {
    let rows = pixels.chunks_exact(3 * SIZE.0 as usize);
    let picture = Picture::of_rgb(SIZE, rows, START.after(Duration::from_secs(secs)));
    let clock = Clock { source: ClockSource::Arrival, error_ms: None };
    let found = Detection { class: Class::new("motorcycle"), score: 0.7, bbox: BIKE };
    let detections = if bike { vec![found] } else { Vec::new() };
    let seen = onlooker.look((picture, clock), detections, watch);
    seen.cables.into_iter().next().map(|look| look.sight)
}

/// What the net says of this scene, after it has learned the wall.
fn judged(hangs: Hangs) -> CableSight {
    let (mut onlooker, mut watch) = taught();
    watch.cables = CableDemand::of(true, &[BIKE]);
    let now = drawn(99, true, hangs);
    shown(&mut onlooker, &watch, (30, &now), true).unwrap()
}

#[test]
fn a_cable_from_a_window_to_a_bike_is_seen_with_its_ends() {
    let CableSight::Seen(cables) = judged(Hangs::Cable) else { panic!("seen") };
    let cable = cables.first().expect("the cable");
    assert!(cable.score > 0.95, "{}", cable.score);
    assert!((180..320).contains(&cable.length_px), "{}", cable.length_px);
    let bounds = cable.bounds();
    // 270 to 495 of 720 pixels.
    assert!(
        (bounds.top - 0.375).abs() < 0.03 && (bounds.bottom - 0.6875).abs() < 0.03,
        "{bounds:?}"
    );
}

#[test]
fn without_a_cable_none_is_seen() {
    for hangs in [Hangs::Nothing, Hangs::Board] {
        let CableSight::Seen(cables) = judged(hangs) else { panic!("seen") };
        let sure: Vec<_> =
            cables.iter().filter(|it| it.score > 0.95 && it.length_px >= 100).collect();
        assert!(sure.is_empty(), "{sure:?}");
    }
}

#[test]
fn who_has_no_picture_from_before_says_so() {
    let (mut onlooker, mut watch) = onlooker();
    onlooker.turn_to("cam-01", standing::Workbench::default());
    watch.cables = CableDemand::of(true, &[BIKE]);
    let now = drawn(99, true, Hangs::Cable);
    let sight = shown(&mut onlooker, &watch, (30, &now), true);
    assert_eq!(sight, Some(CableSight::NoReference));
}

/// The onlooker and its watch after it has learned the empty wall.
fn taught() -> (Onlooker, Watch) {
    let (mut onlooker, watch) = onlooker();
    onlooker.turn_to("cam-01", standing::Workbench::default());
    for secs in [0, 2, 8, 10] {
        let empty = drawn(u32::try_from(secs).unwrap() + 1, false, Hangs::Nothing);
        assert_eq!(shown(&mut onlooker, &watch, (secs, &empty), false), None, "nobody asked");
    }
    (onlooker, watch)
}

#[test]
fn when_no_rule_may_ask_any_more_the_place_is_forgotten() {
    let (mut onlooker, mut watch) = taught();
    let now = drawn(99, true, Hangs::Cable);
    watch.cables = CableDemand::default();
    assert_eq!(shown(&mut onlooker, &watch, (30, &now), true), None);
    watch.cables = CableDemand::of(true, &[BIKE]);
    let sight = shown(&mut onlooker, &watch, (32, &now), true);
    assert_eq!(sight, Some(CableSight::NoReference));
}

#[test]
fn the_ways_of_the_latest_looks_are_drawn_until_a_look_shows_none() {
    use scene::{Cable, CableLook, Point};
    let path = vec![Point { x: 0.5, y: 0.6 }, Point { x: 0.6, y: 0.1 }];
    let look = |sight| CableLook { place: BIKE, sight };
    let mut watch = CableWatch::default();
    let cable = Cable { score: 0.97, length_px: 412, path: path.clone() };
    watch.remember(&look(CableSight::Seen(vec![cable.clone()])));
    let ways: Vec<_> = watch.outlines().collect();
    assert!(ways.len() == 1 && ways[0].fills(&cable.bounds()) && ways[0].corners == path);
    watch.remember(&look(CableSight::Hidden));
    assert_eq!(watch.outlines().count(), 1, "it was only hidden");
    watch.remember(&look(CableSight::Seen(Vec::new())));
    assert_eq!(watch.outlines().count(), 0);
}
