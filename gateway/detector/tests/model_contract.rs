//! Models that fit their manifest run; models that do not are refused in words that help.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

use detector::{
    DetectSettings, Detector, Letterbox, LoadError, Manifest, ManifestError, Precision, RgbPicture,
    Runtime, RuntimeError,
};
use expect_test::{Expect, expect};
use sha2::{Digest, Sha256};

fn library() -> PathBuf {
    std::env::var_os("ORT_DYLIB_PATH").expect("set in .cargo/config.toml").into()
}

/// A folder with a fixture (made by `fixtures/make_fixtures.py`) and a manifest that fits it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn of(fixture: &str, layout: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
        Self::with(&fs::read(path).unwrap(), layout)
    }

    fn with(model: &[u8], layout: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sha256 = hex::encode(Sha256::digest(model));
        let text = format!(
            "name = \"fixture\"\nversion = \"1\"\nlayout = \"{layout}\"\nscore_threshold = 0.4\n\
             nms_iou = 0.5\nclasses = [\"person\", \"car\"]\nlicence = \"MIT\"\nsource = \"made\"\n\
             [fp32]\nfile = \"model.onnx\"\nsha256 = \"{sha256}\"\n\
             [input]\nwidth_px = 32\nheight_px = 32\nchannels = \"rgb\"\nrange = 1.0\npad = 114\n"
        );
        fs::write(folder.path().join("model.onnx"), model).unwrap();
        fs::write(folder.path().join("model.toml"), text).unwrap();
        Self(folder)
    }

    fn manifest(&self) -> Manifest {
        Manifest::load(self.0.path()).unwrap()
    }

    fn load(&self) -> Result<Detector, LoadError> {
        Detector::load(&Runtime::load(&library()).unwrap(), &self.manifest(), Precision::Auto)
    }

    /// What a dark picture of 32 x 16 shows, a line per detection.
    fn detections(&self) -> String {
        let manifest = self.manifest();
        let mut detector = self.load().unwrap();
        let letterbox = Letterbox::fit(640, 320, &manifest.input);
        let picture = RgbPicture { width: 32, height: 16, stride: 96, pixels: &[0; 32 * 16 * 3] };
        let settings = DetectSettings::of(&manifest);
        let mut text = String::new();
        for found in detector.detect(&picture, &letterbox, &settings).unwrap() {
            let b = found.bbox;
            text += &format!(
                "{} {:.2} [{:.3} {:.3} {:.3} {:.3}]\n",
                found.class, found.score, b.left, b.top, b.right, b.bottom
            );
        }
        text
    }

    fn check_refusal(&self, expected: &Expect) {
        let message = self.load().expect_err("the model does not fit").to_string();
        let folder = fs::canonicalize(self.0.path()).unwrap();
        let message = message.replace(folder.to_str().unwrap(), "FOLDER");
        // One part a line, for the reader of this file.
        expected.assert_eq(&message.replace("; ", ";\n"));
    }
}

#[test]
fn models_of_both_layouts_run() {
    let centre = expect![[r#"
        car 0.75 [0.250 0.250 0.750 0.750]
    "#]];
    centre.assert_eq(&Folder::of("yolov8.onnx", "yolov8").detections());
    centre.assert_eq(&Folder::of("yolov8_dynamic.onnx", "yolov8").detections());
    // Centre (24, 8), 16 x 8 px of the input, of which rows 8 to 24 are the picture.
    expect![[r#"
        person 0.72 [0.500 0.000 1.000 0.250]
    "#]]
    .assert_eq(&Folder::of("yolox.onnx", "yolox").detections());
}

#[test]
fn tensors_of_another_shape_are_refused() {
    Folder::of("yolov8_transposed.onnx", "yolov8").check_refusal(&expect![[r#"
        FOLDER/model.onnx: found inputs "images" f32 [1, 3, 32, 32], outputs "output0" f32 [1, 3, 6];
        expected one input f32 [1, 3, 32, 32] (such as "images"), one output f32 [1, 6, any] (such as "output0");
        the output's last two dimensions are swapped: export the model without the transpose. Or overlaps are removed in its graph: then write layout = "nms" in model.toml"#]]);
    Folder::of("yolov8_three_classes.onnx", "yolov8").check_refusal(&expect![[r#"
        FOLDER/model.onnx: found inputs "images" f32 [1, 3, 32, 32], outputs "output0" f32 [1, 7, 3];
        expected one input f32 [1, 3, 32, 32] (such as "images"), one output f32 [1, 6, any] (such as "output0");
        compare layout, classes and [input] in model.toml with how the model was exported"#]]);
    Folder::of("yolov8_two_inputs.onnx", "yolov8").check_refusal(&expect![[r#"
        FOLDER/model.onnx: found inputs "images" f32 [1, 3, 32, 32], "image_size" f32 [1], outputs "output0" f32 [1, 6, 3];
        expected one input f32 [1, 3, 32, 32] (such as "images"), one output f32 [1, 6, any] (such as "output0");
        export the model with one picture in and one output, without NMS or with one output [1, boxes, 6] (layout = "nms")"#]]);
    Folder::of("yolov8.onnx", "yolox").check_refusal(&expect![[r#"
        FOLDER/model.onnx: found inputs "images" f32 [1, 3, 32, 32], outputs "output0" f32 [1, 6, 3];
        expected one input f32 [1, 3, 32, 32] (such as "images"), one output f32 [1, 21, 7] (such as "output0");
        compare layout, classes and [input] in model.toml with how the model was exported"#]]);
    Folder::of("yolox.onnx", "yolov8").check_refusal(&expect![[r#"
        FOLDER/model.onnx: found inputs "images" f32 [1, 3, 32, 32], outputs "output0" f32 [1, 21, 7];
        expected one input f32 [1, 3, 32, 32] (such as "images"), one output f32 [1, 6, any] (such as "output0");
        compare layout, classes and [input] in model.toml with how the model was exported"#]]);
}

#[test]
fn a_model_that_gives_no_numbers_is_refused() {
    Folder::of("yolov8_not_a_number.onnx", "yolov8").check_refusal(&expect![[r#"FOLDER/model.onnx: the test on a grey picture failed: 1 of 18 values of "output0" are not finite"#]]);
}

#[test]
fn a_damaged_model_is_refused() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/yolov8.onnx");
    let whole = fs::read(path).unwrap();
    Folder::with(&whole[..whole.len() / 2], "yolov8").check_refusal(&expect![[r#"
        FOLDER/model.onnx: it is cut off: it has 151 bytes and needs 297 at least;
        fetch or export it again"#]]);
    Folder::with(b"", "yolov8").check_refusal(&expect!["FOLDER/model.onnx: it is empty"]);
    Folder::with(b"<html>404</html>", "yolov8").check_refusal(&expect![[r#"
        FOLDER/model.onnx: it is not an ONNX model;
        fetch or export it again"#]]);

    let replaced = Folder::with(&whole, "yolov8");
    fs::write(replaced.0.path().join("model.onnx"), &whole[..100]).unwrap();
    let error = Manifest::load(replaced.0.path()).unwrap_err();
    assert!(matches!(error, ManifestError::WrongSum { bytes: 100, .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("model.onnx: sha256 is "), "{message}");
    assert!(message.contains("the file is damaged or was replaced"), "{message}");
}

#[test]
fn bytes_are_not_run_where_there_are_none() {
    let folder = Folder::of("yolov8.onnx", "yolov8");
    let runtime = Runtime::load(&library()).unwrap();
    let error = Detector::load(&runtime, &folder.manifest(), Precision::Int8).unwrap_err();
    assert!(matches!(error, LoadError::NoInt8 { .. }), "{error}");
}

#[test]
fn the_second_weights_are_run_where_they_are_asked_for() {
    let folder = Folder::of("yolov8_not_a_number.onnx", "yolov8");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let weights = fs::read(fixtures.join("yolov8.onnx")).unwrap();
    let sha256 = hex::encode(Sha256::digest(&weights));
    fs::write(folder.0.path().join("int8.onnx"), weights).unwrap();
    let file = folder.0.path().join("model.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, format!("{text}[int8]\nfile = \"int8.onnx\"\nsha256 = \"{sha256}\"\n"))
        .unwrap();
    let (runtime, manifest) = (Runtime::load(&library()).unwrap(), folder.manifest());
    let detector = Detector::load(&runtime, &manifest, Precision::Int8).unwrap();
    assert_eq!(detector.precision(), Precision::Int8);
    assert!(Detector::load(&runtime, &manifest, Precision::Fp32).is_err(), "the other weights");
}

#[test]
fn a_larger_input_needs_a_model_of_free_sides() {
    let folder = Folder::of("yolov8.onnx", "yolov8");
    let file = folder.0.path().join("model.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("pad = 114", "pad = 114\nlarger_px = [[64, 64]]")).unwrap();
    let error = folder.load().unwrap().prove_larger().unwrap_err().to_string();
    assert!(error.contains("at 64 x 64 px: found inputs"), "{error}");
}

#[test]
fn a_picture_that_does_not_fit_is_an_error_and_the_next_one_passes() {
    let folder = Folder::of("yolov8.onnx", "yolov8");
    let manifest = folder.manifest();
    let mut detector = folder.load().unwrap();
    let letterbox = Letterbox::fit(640, 320, &manifest.input);
    let settings = DetectSettings::of(&manifest);
    let pixels = [0; 32 * 32 * 3];
    for (width, height, stride, len) in
        [(32, 32, 96, 3072), (32, 16, 95, 3072), (32, 16, 96, 1535), (0, 0, 0, 0)]
    {
        let picture = RgbPicture { width, height, stride, pixels: &pixels[..len] };
        let error = detector.detect(&picture, &letterbox, &settings).unwrap_err().to_string();
        assert!(error.contains("expected 32x16 px"), "{error}");
    }
    let picture = RgbPicture { width: 32, height: 16, stride: 100, pixels: &pixels };
    assert_eq!(detector.detect(&picture, &letterbox, &settings).unwrap().len(), 1);
}

/// In one test, because the process has one library: what fails before must not spoil it.
#[test]
fn the_library_itself_may_be_missing_or_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.so");
    let error = Runtime::load(&absent).unwrap_err();
    assert!(matches!(error, RuntimeError::Missing { .. }), "{error}");
    assert!(error.to_string().contains("make setup"), "{error}");

    Runtime::load(&library()).unwrap();
    Runtime::load(&library()).unwrap();
    let other = folder.path().join("other.so");
    fs::write(&other, "no library").unwrap();
    let error = Runtime::load(&other).unwrap_err();
    assert!(matches!(error, RuntimeError::AlreadyLoaded { .. }), "{error}");
}
