//! Masks on the recorded street, against heads and plates that a person has marked.

mod recorded;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use detector::{Detector, Precision, Runtime};

use super::*;
use crate::inference::LaneModels;
use crate::protocol::Masking;
use recorded::picture_at;

/// The clip's size in pixels.
const CLIP: (f32, f32) = (768.0, 576.0);

/// Middles of all heads and plates in view, in pixels of the clip; found by eye.
struct Marked {
    second: u64,
    heads: &'static [(f32, f32)],
    plates: &'static [(f32, f32)],
}

const PLATES: &[(f32, f32)] = &[(664.0, 83.0), (752.0, 76.0)];

const STREET: [Marked; 3] = [
    Marked {
        second: 13,
        heads: &[
            (141.0, 80.0),
            (393.0, 189.0),
            (603.0, 123.0),
            (628.0, 129.0),
            (694.0, 125.0),
            (608.0, 209.0),
            (617.0, 230.0),
        ],
        plates: PLATES,
    },
    Marked {
        second: 30,
        heads: &[
            (203.0, 164.0),
            (250.0, 164.0),
            (310.0, 164.0),
            (324.0, 215.0),
            (595.0, 164.0),
            (633.0, 166.0),
        ],
        plates: PLATES,
    },
    Marked {
        second: 72,
        heads: &[
            (141.0, 190.0),
            (70.0, 253.0),
            (276.0, 189.0),
            (313.0, 172.0),
            (481.0, 204.0),
            (508.0, 194.0),
            (571.0, 206.0),
            (568.0, 129.0),
            (728.0, 56.0),
        ],
        plates: PLATES,
    },
];

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn context() -> (MaskSearch, LaneContext) {
    let library = std::env::var_os("ORT_DYLIB_PATH").expect("set in .cargo/config.toml");
    let runtime = Runtime::load(Path::new(&library)).unwrap();
    let manifest = Manifest::load(&project().join("models/yolox-nano")).unwrap();
    let detector = Detector::load(&runtime, &manifest, Precision::Fp32).unwrap();
    (
        MaskSearch::of(&manifest),
        LaneContext::new(LaneModels { detector, second_look: None, cable: None }),
    )
}

/// Processor time of this thread: others on the machine do not count.
fn cpu_ms() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6
}

fn mask_of(search: &MaskSearch, context: &mut LaneContext, picture: &Picture) -> (Mask, Canvas) {
    let size = (picture.width(), picture.height());
    let canvas = Canvas::copy_of(context.scaler.scale(picture, size).unwrap());
    (search.mask((picture, &canvas), Vec::new(), context, &|| {}).unwrap(), canvas)
}

/// The whole head, not only its middle: 4 pixels to every side, in the street about its half.
fn is_hidden(
    hides: impl Fn(f32, f32) -> bool,
    (x, y): (f32, f32),
    (width, height): (f32, f32),
) -> bool {
    [(0.0, 0.0), (-4.0, 0.0), (4.0, 0.0), (0.0, -4.0), (0.0, 4.0)]
        .iter()
        .all(|(dx, dy)| hides((x + dx) / width, (y + dy) / height))
}

#[test]
fn heads_and_plates_of_a_street_are_hidden() {
    let (search, mut context) = context();
    let clip = project().join(".media/street-h264.mp4");
    let (mut heads, mut hidden_heads, mut plates, mut hidden_plates) = (0, 0, 0, 0);
    let mut cpu = 0.0;
    for marked in &STREET {
        let picture = picture_at(&clip, Duration::from_secs(marked.second));
        let before = cpu_ms();
        let (mask, canvas) = mask_of(&search, &mut context, &picture);
        let summary = mask.summary();
        let jpeg = mask_and_encode(canvas, &mask, (&[], &[])).unwrap();
        cpu += cpu_ms() - before;
        if let Some(folder) = std::env::var_os("MASKED_PICTURES") {
            fs::write(Path::new(&folder).join(format!("{}.jpg", marked.second)), &jpeg).unwrap();
        }
        assert_eq!((summary.faces, summary.plates), (Masking::Blurred, Masking::Blurred));
        let hidden = |points: &[(f32, f32)], hides: &dyn Fn(f32, f32) -> bool| {
            points.iter().filter(|point| is_hidden(hides, **point, CLIP)).count()
        };
        heads += marked.heads.len();
        hidden_heads += hidden(marked.heads, &|x, y| mask.hides_head(x, y));
        plates += marked.plates.len();
        hidden_plates += hidden(marked.plates, &|x, y| mask.hides_plate(x, y));
    }
    println!(
        "hidden: {hidden_heads} of {heads} heads, {hidden_plates} of {plates} plates; {:.0} ms of CPU a picture",
        cpu / STREET.len() as f64
    );
    assert!(hidden_heads * 100 >= heads * 90 && hidden_plates == plates);
}

#[test]
fn a_mask_shows_no_more_of_a_head_than_two_tiles() {
    let (search, mut context) = context();
    let picture = picture_at(&project().join(".media/street-h264.mp4"), Duration::from_secs(30));
    let (mask, mut canvas) = mask_of(&search, &mut context, &picture);
    let (x, y) = (324_usize, 215_usize);
    let colours = |canvas: &Canvas| {
        let area = PixelArea { columns: x - 4..x + 4, rows: y - 4..y + 4 };
        let pixels = canvas.rows_of(&area).flat_map(|row| row.chunks_exact(3).map(<[u8]>::to_vec));
        pixels.collect::<std::collections::BTreeSet<_>>().len()
    };
    assert!(colours(&canvas) > 30, "a head has many colours: {}", colours(&canvas));
    mask.apply(&mut canvas);
    assert!(colours(&canvas) <= 6, "{}", colours(&canvas));
}

#[test]
fn a_privacy_zone_is_filled_and_told() {
    let (search, mut context) = context();
    let picture = picture_at(&project().join(".media/street-h264.mp4"), Duration::from_secs(30));
    let corner = |x, y| scene::Point { x, y };
    let window = vec![corner(0.4, 0.0), corner(0.6, 0.0), corner(0.6, 0.15), corner(0.4, 0.15)];
    let zones = vec![Polygon::new(window).unwrap()];
    let canvas = Canvas::copy_of(context.scaler.scale(&picture, (768, 576)).unwrap());
    let mask = search.mask((&picture, &canvas), zones.clone(), &mut context, &|| {}).unwrap();
    let mut masked = canvas;
    mask.apply(&mut masked);
    let area = PixelArea { columns: 320..440, rows: 10..80 };
    let colours: std::collections::BTreeSet<&[u8]> =
        masked.rows_of(&area).flat_map(|row| row.chunks_exact(3)).collect();
    assert_eq!((colours.len(), mask.summary().zones), (1, true));
    let request = ShotRequest::new(&[], &zones, false);
    let made = search.make((&picture, &[]), &request, &mut context, &|| {}).unwrap();
    assert!(made.masked.zones && made.original.is_none());
}

#[test]
fn tiles_cover_every_pixel_and_are_few() {
    let (_, context) = context();
    for size in [(352, 288), (768, 576), (1280, 720), (1920, 1080), (3840, 2160), (5000, 300)] {
        let tiles = tiles(size, context.detector.input());
        assert!(tiles.len() <= MOST_TILES, "{size:?}: {}", tiles.len());
        if tiles.is_empty() {
            continue;
        }
        let covered = |x: usize, y: usize| {
            tiles.iter().any(|tile| tile.columns.contains(&x) && tile.rows.contains(&y))
        };
        for x in (0..size.0).step_by(7).chain([size.0 - 1]) {
            for y in (0..size.1).step_by(7).chain([size.1 - 1]) {
                assert!(covered(x, y), "{size:?}: nobody looks at {x}, {y}");
            }
        }
        assert!(tiles.iter().all(|tile| tile.columns.end <= size.0 && tile.rows.end <= size.1));
    }
}
