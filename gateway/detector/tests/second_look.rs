//! The shipped second look on a recorded street.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sides of crops are small"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use detector::{RgbPicture, Runtime, SecondLook, SecondLookFiles, TwoWheeler, square_around};
use scene::BoundingBox;

/// The clip's size in pixels.
const CLIP: (u32, u32) = (768, 576);

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn model() -> SecondLook {
    let library = std::env::var_os("ORT_DYLIB_PATH").expect("set in .cargo/config.toml");
    let runtime = Runtime::load(Path::new(&library)).unwrap();
    let files = SecondLookFiles::read(&project().join("models/efficientnet-lite0"));
    let files = files.expect("fetched by `make setup` or `make models-second-look`");
    SecondLook::of(&runtime, &files).unwrap()
}

/// The first picture of the street clip.
fn street() -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(project().join(".media/street-h264.mp4"))
        .args(["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .expect("ffmpeg runs; run `make setup`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn bbox([left, top, right, bottom]: [f32; 4]) -> BoundingBox {
    let (width, height) = (CLIP.0 as f32, CLIP.1 as f32);
    BoundingBox {
        left: left / width,
        top: top / height,
        right: right / width,
        bottom: bottom / height,
    }
}

#[test]
fn a_street_without_either_is_taken_for_neither_a_two_wheeler_nor_a_stall() {
    let mut model = model();
    let pixels = street();
    let (width, height) = (CLIP.0 as usize, CLIP.1 as usize);
    assert_eq!(pixels.len(), width * height * 3);
    let picture = RgbPicture { width, height, stride: width * 3, pixels: &pixels };
    // The parked van, and four parts of the street.
    let places = [
        [652.0, 45.0, 724.0, 101.0],
        [0.0, 288.0, 192.0, 480.0],
        [192.0, 288.0, 384.0, 480.0],
        [384.0, 288.0, 576.0, 480.0],
        [576.0, 384.0, 768.0, 576.0],
    ];
    for place in places {
        let square = square_around(&bbox(place), CLIP);
        let answer = model.look(&picture, &square, square.side as u32).unwrap();
        assert_eq!(answer.two_wheeler, TwoWheeler::Unsure, "{place:?} {answer:?}");
        // The van's crop is smaller than what is asked of a stall's.
        let stall = answer.stall;
        assert_eq!(stall.is_some(), answer.side_px >= 128, "{place:?} {answer:?}");
        assert!(stall.is_none_or(|chance| chance < 0.5), "{place:?} {answer:?}");
        // The same crop gives the same answer, whatever was looked at before.
        assert_eq!(model.look(&picture, &square, square.side as u32).unwrap(), answer);
    }
}

#[test]
fn weights_that_are_not_there_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = project().join("models/efficientnet-lite0/model.toml");
    std::fs::copy(shipped, folder.path().join("model.toml")).unwrap();
    let error = SecondLookFiles::read(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("efficientnet-lite0.onnx") && error.contains("cannot be read"),
        "{error}"
    );
}
