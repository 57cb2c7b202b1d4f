//! The shipped model on a recorded street: the parked van must be found.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::process::Command;

use detector::{DetectSettings, Detector, Letterbox, Manifest, Precision, RgbPicture, Runtime};
use scene::{BoundingBox, Detection};

/// The clip's size in pixels.
const CLIP: (u32, u32) = (768, 576);

/// The white van before the red shutter, in pixels of the clip: it stands there all the time.
const VAN_PX: [f32; 4] = [652.0, 45.0, 724.0, 101.0];

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn runtime() -> Runtime {
    let library = std::env::var_os("ORT_DYLIB_PATH").expect("set in .cargo/config.toml");
    Runtime::load(Path::new(&library)).unwrap()
}

/// The picture `second` seconds into the street clip, scaled for `letterbox`, as packed RGB.
fn picture(second: u32, letterbox: &Letterbox) -> Vec<u8> {
    let clip = project().join(".media/street-h264.mp4");
    assert!(clip.exists(), "{} is missing: run `make setup`", clip.display());
    let (width, height) = (letterbox.inner_width(), letterbox.inner_height());
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-ss", &second.to_string(), "-i"])
        .arg(clip)
        .args(["-frames:v", "1", "-vf", &format!("scale={width}:{height}:flags=area")])
        .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
        .output()
        .expect("ffmpeg runs; run `make setup`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout.len(), width * height * 3);
    output.stdout
}

fn detections_at(
    second: u32,
    detector: &mut Detector,
    manifest: &Manifest,
    input: usize,
) -> Vec<Detection> {
    let settings = DetectSettings { input, ..DetectSettings::of(manifest) };
    let letterbox = Letterbox::fit(CLIP.0, CLIP.1, detector.input_for(&settings));
    let (width, height) = (letterbox.inner_width(), letterbox.inner_height());
    let pixels = picture(second, &letterbox);
    let picture = RgbPicture { width, height, stride: width * 3, pixels: &pixels };
    detector.detect(&picture, &letterbox, &settings).unwrap()
}

fn van() -> BoundingBox {
    let (width, height) = (CLIP.0 as f32, CLIP.1 as f32);
    let [left, top, right, bottom] = VAN_PX;
    BoundingBox {
        left: left / width,
        top: top / height,
        right: right / width,
        bottom: bottom / height,
    }
}

#[test]
fn the_van_is_found() {
    let manifest = Manifest::load(&project().join("models/yolox-nano")).unwrap();
    let mut detector = Detector::load(&runtime(), &manifest, Precision::Auto).unwrap();
    assert_eq!(manifest.inputs().count(), 3);
    // Each input at each second, in turn: one does not disturb another.
    for (second, input) in [0, 20, 40].into_iter().flat_map(|it| [(it, 0), (it, 1), (it, 2)]) {
        let detections = detections_at(second, &mut detector, &manifest, input);
        let on_van: Vec<&Detection> = detections
            .iter()
            .filter(|d| {
                d.bbox.iou(&van()) > 0.4 && ["car", "truck", "bus"].contains(&d.class.as_str())
            })
            .collect();
        assert_eq!(on_van.len(), 1, "second {second}, input {input}: one van in {detections:#?}");
        assert!(on_van[0].score >= 0.4, "second {second}: {:?}", on_van[0]);
        let people = detections.iter().filter(|d| d.class.as_str() == "person" && d.score >= 0.4);
        assert!(people.count() >= 2, "second {second}: people in {detections:#?}");
    }
}
