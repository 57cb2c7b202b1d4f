//! The shipped model and its crops against other code: see `reference.py` beside the model.

use std::path::{Path, PathBuf};
use std::process::Command;

use scene::BoundingBox;

use super::answer::TwoWheeler;
use super::crop::square_around;
use super::files::{HeadFiles, SecondLookFiles};
use super::session::SecondLook;
use crate::input_tensor::RgbPicture;
use crate::runtime::Runtime;

/// The photograph's size in pixels.
const SIZE: (u32, u32) = (751, 563);

const REFERENCE: &str = include_str!("tests/reference.csv");

/// What no score differs by more than: scores lie between about -4 and 10.
const LARGEST: f32 = 0.005;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn model() -> SecondLook {
    let library = std::env::var_os("ORT_DYLIB_PATH").unwrap();
    let runtime = Runtime::load(Path::new(&library)).unwrap();
    let files = SecondLookFiles::read(&project().join("models/efficientnet-lite0")).unwrap();
    SecondLook::of(&runtime, &files).unwrap()
}

/// A street in Leuven with a bicycle that leans on a wall.
fn photograph() -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(project().join(".media/leuvenB.jpg"))
        .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A box in pixels, and what other code scores its crop.
type Crop = ([f32; 4], Vec<f32>);

/// The classes of the reference, and its crops.
fn reference() -> (Vec<usize>, Vec<Crop>) {
    let mut lines = REFERENCE.lines().map(|line| line.split(','));
    let classes = lines.next().unwrap().skip(4).map(|class| class.parse().unwrap());
    let classes = classes.collect();
    let crops = lines.map(|line| {
        let numbers: Vec<f32> = line.map(|number| number.parse().unwrap()).collect();
        let (bbox, scores) = numbers.split_at(4);
        (bbox.try_into().unwrap(), scores.to_vec())
    });
    (classes, crops.collect())
}

fn picture(pixels: &[u8]) -> RgbPicture<'_> {
    let [width, height] = [SIZE.0, SIZE.1].map(|side| side as usize);
    RgbPicture { width, height, stride: 3 * width, pixels }
}

fn bbox([left, top, right, bottom]: [f32; 4]) -> BoundingBox {
    let [width, height] = [SIZE.0, SIZE.1].map(|side| side as f32);
    BoundingBox {
        left: left / width,
        top: top / height,
        right: right / width,
        bottom: bottom / height,
    }
}

#[test]
fn crops_score_as_other_code_says() {
    let (mut model, pixels) = (model(), photograph());
    let picture = picture(&pixels);
    let (classes, crops) = reference();
    assert!(crops.len() >= 20 && classes.len() == 62, "{} {}", crops.len(), classes.len());
    let mut differences = Vec::new();
    for (edges, expected) in &crops {
        let scores = model.see(&picture, &square_around(&bbox(*edges), SIZE)).unwrap().scores;
        let pairs = classes.iter().map(|class| scores[*class]).zip(expected);
        let largest = pairs.map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f32::max);
        differences.push((largest, edges.map(|edge| edge.to_string())));
    }
    differences.sort_by(|a, b| b.0.total_cmp(&a.0));
    assert!(differences[0].0 <= LARGEST, "{differences:?}");
    println!("largest differences of a score: {:?}", &differences[..5]);
}

#[test]
fn a_bicycle_that_leans_on_a_wall_has_pedals() {
    let (mut model, pixels) = (model(), photograph());
    let (_, crops) = reference();
    let (picture, square) = (picture(&pixels), square_around(&bbox(crops[0].0), SIZE));
    assert_eq!(model.look(&picture, &square, 91).unwrap().two_wheeler, TwoWheeler::Pedal);
    // A camera that shows it this small cannot tell.
    assert_eq!(model.look(&picture, &square, 47).unwrap().two_wheeler, TwoWheeler::Unsure);
}

/// The folder of a made-up head (`source` in its `model.toml` says how), changed there.
fn head(from: &str, to: &str) -> tempfile::TempDir {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/second_look/tests/head");
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(shipped.join("model.toml")).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(folder.path().join("model.toml"), text.replacen(from, to, 1)).unwrap();
    std::fs::copy(shipped.join("head.onnx"), folder.path().join("head.onnx")).unwrap();
    folder
}

/// The model with these heads, or what is said against them.
fn with_heads(heads: &[tempfile::TempDir]) -> Result<SecondLook, String> {
    let library = std::env::var_os("ORT_DYLIB_PATH").unwrap();
    let runtime = Runtime::load(Path::new(&library)).unwrap();
    let files = SecondLookFiles::read(&project().join("models/efficientnet-lite0")).unwrap();
    let heads = heads.iter().map(|folder| HeadFiles::read(folder.path()));
    let heads = heads.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let files = files.with_heads(heads).map_err(|error| error.to_string())?;
    SecondLook::of(&runtime, &files).map_err(|error| error.to_string())
}

#[test]
fn a_head_tells_instead_of_the_classes_what_it_was_trained_for() {
    let pixels = photograph();
    let (_, crops) = reference();
    let (picture, square) = (picture(&pixels), square_around(&bbox(crops[0].0), SIZE));
    let by_classes = model().look(&picture, &square, 200).unwrap();
    let mut headed = with_heads(&[head("", "")]).unwrap();
    let by_head = headed.look(&picture, &square, 200).unwrap();
    assert_eq!(by_head.two_wheeler, by_classes.two_wheeler);
    let (by_head, by_classes) = (by_head.stall.unwrap(), by_classes.stall.unwrap());
    assert!((by_head - by_classes).abs() > 0.05, "{by_head} {by_classes}");
    assert_eq!(headed.look(&picture, &square, 127).unwrap().stall, None);
}

#[test]
fn a_head_that_is_not_what_it_says_is_refused_in_plain_words() {
    let other = "41093bd45a55ea094f87e4fecb3ba81fc526805d96774b27e32d2d53d842236c\"\nsize";
    let refused = |heads: &[tempfile::TempDir]| with_heads(heads).unwrap_err();
    let told = [
        refused(&[head("chances = [0.", "chances = [0.9")]),
        refused(&[head(other, &other.replacen('4', "5", 1))]),
        refused(&[head("size = 1280", "size = 1279")]),
        refused(&[head("", ""), head("", "")]),
        refused(&[head("sha256 = \"", "sha256 = \"0")]),
        refused(&[head("\"head.onnx\"", "\"none.onnx\"")]),
    ];
    for (told, part) in told.iter().zip([
        "the self-test with seed 1 gives 0.",
        "train it again (make train-head)",
        "ONNX Runtime cannot use this model",
        "tell the same of a crop: name one of them",
        "expected 64 hex digits",
        "cannot be read",
    ]) {
        assert!(told.contains(part), "{told}");
    }
}
