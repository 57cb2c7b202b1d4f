//! Models as other programs export them: run, or refused in words that say what to do. The files are
//! written here, byte by byte.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::PathBuf;

use detector::{
    DetectSettings, Detector, Letterbox, Manifest, ManifestError, Precision, RgbPicture, Runtime,
};
use sha2::{Digest, Sha256};

/// A protobuf field of bytes.
fn bytes(number: u8, content: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        field.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    field.push(u8::try_from(length).unwrap());
    field.extend_from_slice(content);
    field
}

/// A protobuf field of a small number.
fn number(field: u8, value: u8) -> Vec<u8> {
    vec![field << 3, value]
}

fn pair(key: &str, value: &str) -> Vec<u8> {
    [bytes(1, key.as_bytes()), bytes(2, value.as_bytes())].concat()
}

/// A tensor of floats, as weights or as the shape of an input.
fn weights(name: &str, dims: &[u8], values: &[f32]) -> Vec<u8> {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut dims: Vec<u8> = dims.iter().flat_map(|dim| [1 << 3, *dim]).collect();
    dims.extend(number(2, 1));
    [dims, bytes(8, name.as_bytes()), bytes(9, &raw)].concat()
}

fn outlet(name: &str, dims: &[u8]) -> Vec<u8> {
    let dims: Vec<u8> = dims.iter().flat_map(|dim| bytes(1, &number(1, *dim))).collect();
    let tensor = [number(1, 1), bytes(2, &dims)].concat();
    [bytes(1, name.as_bytes()), bytes(2, &bytes(1, &tensor))].concat()
}

fn node(kind: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs: Vec<u8> = inputs.iter().flat_map(|name| bytes(1, name.as_bytes())).collect();
    [inputs, bytes(2, output.as_bytes()), bytes(4, kind.as_bytes())].concat()
}

/// A model that gives the same numbers for every picture.
struct Export {
    ir_version: u8,
    opset: u8,
    shape: Vec<u8>,
    output: Vec<f32>,
    notes: Vec<(&'static str, &'static str)>,
    weights_in: Option<&'static str>,
}

impl Export {
    fn of(shape: &[u8], output: Vec<f32>) -> Self {
        assert_eq!(shape.iter().map(|side| usize::from(*side)).product::<usize>(), output.len());
        let (shape, notes, weights_in) = (shape.to_vec(), Vec::new(), None);
        Self { ir_version: 8, opset: 13, shape, output, notes, weights_in }
    }

    /// Boxes of YOLOv8 for two classes, all alike.
    fn yolov8(column: [f32; 6]) -> Self {
        let rows = column.iter().flat_map(|value| [*value; 30]);
        Self::of(&[1, 6, 30], rows.collect())
    }

    fn noted(mut self, key: &'static str, value: &'static str) -> Self {
        self.notes.push((key, value));
        self
    }

    fn file(&self) -> Vec<u8> {
        let mut constant = weights("constant", &self.shape, &self.output);
        if let Some(location) = self.weights_in {
            constant.extend(bytes(13, &pair("location", location)));
            constant.extend(number(14, 1));
        }
        let graph = [
            bytes(1, &node("ReduceMean", &["images"], "mean")),
            bytes(1, &node("Mul", &["mean", "zero"], "nothing")),
            bytes(1, &node("Add", &["constant", "nothing"], "spread")),
            bytes(1, &node("Reshape", &["spread", "shape"], "output0")),
            bytes(2, b"made"),
            bytes(5, &constant),
            bytes(5, &weights("zero", &[], &[0.0])),
            bytes(5, &shape(&self.shape)),
            bytes(11, &outlet("images", &[1, 3, 32, 32])),
            bytes(12, &outlet("output0", &self.shape)),
        ];
        let notes = self.notes.iter().flat_map(|(key, value)| bytes(14, &pair(key, value)));
        [
            number(1, self.ir_version),
            bytes(2, b"the test"),
            bytes(7, &graph.concat()),
            bytes(8, &number(2, self.opset)),
            notes.collect(),
        ]
        .concat()
    }

    fn folder(&self, layout: &str) -> Folder {
        Folder::of(&self.file(), layout)
    }

    /// Why it is not run.
    fn refusal(&self, layout: &str) -> String {
        self.folder(layout).load().expect_err("it does not fit").to_string()
    }
}

/// The shape as weights of 64-bit integers: the spread sum has more dimensions than the output.
fn shape(dims: &[u8]) -> Vec<u8> {
    let raw: Vec<u8> = dims.iter().flat_map(|dim| i64::from(*dim).to_le_bytes()).collect();
    let count = u8::try_from(dims.len()).unwrap();
    [number(1, count), number(2, 7), bytes(8, b"shape"), bytes(9, &raw)].concat()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn of(model: &[u8], layout: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sha256 = hex::encode(Sha256::digest(model));
        let text = format!(
            "name = \"made\"\nversion = \"1\"\nlayout = \"{layout}\"\nscore_threshold = 0.4\n\
             nms_iou = 0.5\nclasses = [\"person\", \"car\"]\nlicence = \"MIT\"\nsource = \"made\"\n\
             [fp32]\nfile = \"model.onnx\"\nsha256 = \"{sha256}\"\n\
             [input]\nwidth_px = 32\nheight_px = 32\nchannels = \"rgb\"\nrange = 1.0\npad = 114\n"
        );
        fs::write(folder.path().join("model.onnx"), model).unwrap();
        fs::write(folder.path().join("model.toml"), text).unwrap();
        Self(folder)
    }

    fn load(&self) -> Result<Detector, detector::LoadError> {
        let library: PathBuf =
            std::env::var_os("ORT_DYLIB_PATH").expect("set in .cargo/config.toml").into();
        let manifest = Manifest::load(self.0.path()).unwrap();
        Detector::load(&Runtime::load(&library).unwrap(), &manifest, Precision::Auto)
    }

    fn detections(&self) -> Vec<String> {
        let manifest = Manifest::load(self.0.path()).unwrap();
        let mut detector = self.load().unwrap();
        let letterbox = Letterbox::fit(32, 32, &manifest.input);
        let picture = RgbPicture { width: 32, height: 32, stride: 96, pixels: &[0; 32 * 32 * 3] };
        let found = detector.detect(&picture, &letterbox, &DetectSettings::of(&manifest)).unwrap();
        let told = found.iter().map(|found| {
            let b = found.bbox;
            format!(
                "{} {:.2} [{:.3} {:.3} {:.3} {:.3}]",
                found.class, found.score, b.left, b.top, b.right, b.bottom
            )
        });
        told.collect()
    }
}

fn check(told: &str, words: &[&str]) {
    for word in words {
        assert!(told.contains(word), "no {word:?} in {told}");
    }
}

#[test]
fn a_plain_export_runs() {
    let plain = Export::yolov8([16.0, 16.0, 16.0, 8.0, 0.125, 0.75]);
    assert_eq!(plain.folder("yolov8").detections(), ["car 0.75 [0.250 0.375 0.750 0.625]"]);
    let noted = plain
        .noted("task", "detect")
        .noted("names", "{0: 'person', 1: '轿车'}")
        .noted("imgsz", "[32, 32]");
    assert_eq!(noted.folder("yolov8").detections().len(), 1, "a class may have another name");
}

#[test]
fn a_model_with_nms_in_its_graph_runs_with_its_layout_and_is_named_without() {
    let mut rows = vec![0.0; 300 * 6];
    rows[..6].copy_from_slice(&[8.0, 4.0, 24.0, 28.0, 0.9, 1.0]);
    rows[6..12].copy_from_slice(&[0.0, 0.0, 16.0, 16.0, 0.1, 0.0]);
    // 300 has two bytes; 100 boxes will do.
    let export = Export::of(&[1, 100, 6], rows[..600].to_vec());
    assert_eq!(export.folder("nms").detections(), ["car 0.90 [0.250 0.125 0.750 0.875]"]);
    check(&export.refusal("yolov8"), &["write layout = \"nms\" in model.toml"]);
    rows[5] = 7.0;
    let told = Export::of(&[1, 100, 6], rows[..600].to_vec()).refusal("nms");
    check(&told, &["a box has the class 7", "model.toml lists 2 classes"]);
}

#[test]
fn boxes_and_scores_of_another_meaning_are_named() {
    let told = Export::yolov8([0.5, 0.5, 0.5, 0.25, 0.125, 0.75]).refusal("yolov8");
    check(&told, &["all boxes lie between 0 and 0.5", "without scaling its boxes to 0..1"]);
    let told = Export::yolov8([16.0, 16.0, 16.0, 8.0, -3.5, 2.5]).refusal("yolov8");
    check(&told, &["a score is -3.5, expected 0 to 1", "sigmoid"]);
    let decoded: Vec<f32> = [16.0, 8.0, 16.0, 20.0, 0.9, 0.8, 0.1].repeat(21);
    let told = Export::of(&[1, 21, 7], decoded).refusal("yolox");
    check(&told, &["the boxes are decoded already", "without --decode_in_inference"]);
}

#[test]
fn what_the_export_noted_is_held_against_the_manifest() {
    let plain = || Export::yolov8([16.0, 16.0, 16.0, 8.0, 0.125, 0.75]);
    let told = plain().noted("names", "{0: 'car', 1: 'person'}").refusal("yolov8");
    check(&told, &["in another order than in the model", "\"car\", \"person\""]);
    let told = plain().noted("names", "{0: 'person', 1: 'car', 2: \"dog\"}").refusal("yolov8");
    check(&told, &["the model knows 3 classes, model.toml lists 2"]);
    let told = plain().noted("imgsz", "[640, 384]").refusal("yolov8");
    check(&told, &["384 x 640 px", "write width_px = 384 and height_px = 640"]);
    let told = plain().noted("task", "segment").refusal("yolov8");
    check(&told, &["the task \"segment\"", "export a detector"]);
    let odd = plain().noted("names", "['person', 'car']").noted("imgsz", "32");
    assert_eq!(odd.folder("yolov8").detections().len(), 1, "notes of another form say nothing");
}

#[test]
fn a_format_of_the_future_is_named() {
    let mut export = Export::yolov8([16.0, 16.0, 16.0, 8.0, 0.125, 0.75]);
    export.ir_version = 99;
    check(&export.refusal("yolov8"), &["IR version 99", "older opset", "onnxruntime_file"]);
    export.ir_version = 8;
    export.opset = 99;
    check(&export.refusal("yolov8"), &["opset 99", "opset=17"]);
}

#[test]
fn weights_in_another_file_are_named() {
    let mut export = Export::yolov8([16.0, 16.0, 16.0, 8.0, 0.125, 0.75]);
    export.weights_in = Some("model.onnx.data");
    check(&export.refusal("yolov8"), &["other files (model.onnx.data)", "onnx.save(onnx.load("]);
}

#[test]
fn a_file_that_is_cut_off_or_no_model_is_named_at_any_length() {
    let whole = Export::yolov8([16.0, 16.0, 16.0, 8.0, 0.125, 0.75]).file();
    for length in [1, 2, 3, 12, 40, whole.len() / 2, whole.len() - 8] {
        let told = Folder::of(&whole[..length], "yolov8").load().unwrap_err().to_string();
        let is_named = ["cut off", "not an ONNX model", "empty"].iter().any(|it| told.contains(it));
        assert!(is_named, "{length}: {told}");
    }
    let told = Folder::of(&whole[..whole.len() / 2], "yolov8").load().unwrap_err().to_string();
    check(&told, &["it is cut off: it has", "fetch or export it again"]);
    let told = Folder::of(b"<html>404</html>", "yolov8").load().unwrap_err().to_string();
    check(&told, &["not an ONNX model"]);
}

#[test]
fn what_is_no_file_is_named_and_not_waited_for() {
    let folder = Export::yolov8([16.0, 16.0, 16.0, 8.0, 0.125, 0.75]).folder("yolov8");
    let model = folder.0.path().join("model.onnx");
    fs::remove_file(&model).unwrap();
    fs::create_dir(&model).unwrap();
    let error = Manifest::load(folder.0.path()).unwrap_err();
    assert!(matches!(error, ManifestError::NoFile { .. }), "{error}");
    check(&error.to_string(), &["model.onnx: not a file", "must name the ONNX file itself"]);
    fs::remove_dir(&model).unwrap();
    check(&Manifest::load(folder.0.path()).unwrap_err().to_string(), &["No such file"]);
}
