//! Manifests that are right, and what is said of those that are not.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use proptest::sample::Index;

use super::error::ManifestError;
use super::model::Manifest;

const GOOD: &str = r#"name = "nanodet-g"
version = "1.0.0"
layout = "yolov8"
score_threshold = 0.40
nms_iou = 0.50
classes = ["person", "bicycle", "car", "motorcycle", "bus", "truck"]
confusable = [["car", "truck", "bus"], ["bicycle", "motorcycle"]]
licence = "Apache-2.0"
source = "somewhere"

[fp32]
file = "x.onnx"
sha256 = "BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

[int8]
file = "y.onnx"
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

[input]
width_px = 736
height_px = 416
channels = "rgb"
range = 1.0
pad = 114
"#;

fn parse(text: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse(Path::new("m/model.toml"), text)
}

/// The faults of the good text after replacing each first text by the second.
fn check_faults(changes: &[(&str, &str)], expected: &Expect) {
    let mut text = GOOD.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    expected.assert_eq(&parse(&text).unwrap_err().to_string());
}

#[test]
fn a_good_manifest_is_read() {
    let manifest = parse(GOOD).unwrap();
    assert_eq!(manifest.kinds, [0, 1, 2, 1, 2, 2]);
    assert_eq!(manifest.fp32.path, Path::new("m/x.onnx"));
    assert_eq!(manifest.fp32.sha256, manifest.int8.unwrap().sha256);
    assert_eq!((manifest.input.width_px, manifest.input.height_px), (736, 416));
    let plain = GOOD
        .replace("confusable = [[\"car\", \"truck\", \"bus\"], [\"bicycle\", \"motorcycle\"]]", "");
    assert_eq!(parse(&plain).unwrap().kinds, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn classes_are_chosen_by_name() {
    let manifest = parse(GOOD).unwrap();
    assert_eq!(manifest.class_filter(["truck", "person", "truck"]).unwrap().indices(), [0, 5]);
    assert_eq!(manifest.every_class().indices(), [0, 1, 2, 3, 4, 5]);
    expect![[r#"model nanodet-g has no class "van"; it knows person, bicycle, car, motorcycle, bus, truck"#]]
        .assert_eq(&manifest.class_filter(["car", "van"]).unwrap_err().to_string());
}

#[test]
fn all_wrong_values_are_named_at_once() {
    check_faults(
        &[
            ("name = \"nanodet-g\"", "name = \" \""),
            ("score_threshold = 0.40", "score_threshold = 40.0\nleast_score = 41.0"),
            ("nms_iou = 0.50", "nms_iou = nan"),
            ("\"motorcycle\", \"bus\"", "\"car\", \"bus\""),
            ("\"x.onnx\"", "\"../x.onnx\""),
            ("BA7816", ""),
            ("width_px = 736", "width_px = 730"),
            ("height_px = 416", "height_px = 0"),
            ("range = 1.0", "range = 2.0"),
        ],
        &expect![[r#"
            m/model.toml:1:8: name is empty, expected a text
            m/model.toml:4:19: score_threshold = 40, expected 0.0 to 1.0
            m/model.toml:5:15: least_score = 41, expected 0.0 to 1.0
            m/model.toml:5:15: least_score = 41, expected no more than score_threshold
            m/model.toml:6:11: nms_iou = NaN, expected 0.0 to 1.0
            m/model.toml:7:40: class "car" is listed twice
            m/model.toml:8:52: confusable names "motorcycle", which is not in classes
            m/model.toml:13:8: file = "../x.onnx", expected the name of a file beside model.toml
            m/model.toml:14:10: sha256 = "bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", expected 64 hex digits (sha256sum FILE)
            m/model.toml:21:12: width_px = 730, expected a multiple of 32 from 32 to 4096
            m/model.toml:22:13: height_px = 0, expected a multiple of 32 from 32 to 4096
            m/model.toml:24:9: range = 2, expected 1.0 (pixels as 0..1) or 255.0 (0..255)"#]],
    );
    check_faults(
        &[("classes = [\"person\", \"bicycle\", ", "classes = [")],
        &expect![[r#"m/model.toml:7:41: confusable names "bicycle", which is not in classes"#]],
    );
    check_faults(
        &[("\"truck\"]", "\"unknown_object\"]")],
        &expect![[r#"
            m/model.toml:6:61: class "unknown_object" is what no model has a class for
            m/model.toml:7:23: confusable names "truck", which is not in classes"#]],
    );
    check_faults(
        &[("[\"bicycle\", \"motorcycle\"]", "[\"bicycle\", \"car\"]")],
        &expect![[r#"m/model.toml:7:52: "car" is in confusable twice, expected once"#]],
    );
}

#[test]
fn a_wrong_text_is_named_by_its_place() {
    check_faults(
        &[("layout = \"yolov8\"", "layout = \"ssd\"")],
        &expect![
            "m/model.toml:3:10: unknown variant `ssd`, expected one of `yolov8`, `yolox`, `nms`"
        ],
    );
    check_faults(
        &[("nms_iou", "nms_iuo")],
        &expect![
            "m/model.toml:5:1: unknown field `nms_iuo`, expected one of `name`, `version`, `layout`, `score_threshold`, `least_score`, `nms_iou`, `classes`, `confusable`, `licence`, `source`, `fp32`, `int8`, `input`"
        ],
    );
    check_faults(
        &[("pad = 114", "pad = 300")],
        &expect!["m/model.toml:24:7: pad = 300, expected 0 to 255"],
    );
    check_faults(&[("pad = 114", "")], &expect!["m/model.toml:19:1: missing field `pad`"]);
    check_faults(
        &[("[int8]", "[int8")],
        &expect!["m/model.toml:15:6: unclosed table, expected `]`"],
    );
}

#[test]
fn files_that_are_not_there_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let message = |folder: &Path| Manifest::load(folder).unwrap_err().to_string();
    assert!(message(folder.path()).contains("model.toml: cannot be read: No such file"));
    fs::write(folder.path().join("model.toml"), GOOD).unwrap();
    assert!(message(folder.path()).contains("x.onnx: cannot be read: No such file"));
    fs::write(folder.path().join("x.onnx"), "abc").unwrap();
    assert!(message(folder.path()).contains("y.onnx: cannot be read: No such file"));
    fs::write(folder.path().join("y.onnx"), "abd").unwrap();
    let wrong = message(folder.path());
    assert!(wrong.contains("y.onnx: sha256 is a52d159f"), "{wrong}");
    assert!(wrong.contains("model.toml says ba7816bf"), "{wrong}");
    fs::write(folder.path().join("y.onnx"), "abc").unwrap();
    Manifest::load(folder.path()).unwrap();
}

/// Any text is a manifest, or faults with a place in the text each.
fn check_any_text(text: &str) -> Result<(), TestCaseError> {
    let Err(error) = parse(text) else { return Ok(()) };
    let ManifestError::Faults { faults } = error else {
        return Err(TestCaseError::fail("no place"));
    };
    prop_assert!(!faults.is_empty());
    for fault in faults {
        let place = fault.strip_prefix("m/model.toml:").and_then(|rest| rest.split_once(':'));
        let line: usize = place.unwrap().0.parse().unwrap();
        prop_assert!((1..=text.lines().count() + 1).contains(&line), "{}", fault);
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_safe(text in any::<String>()) {
        check_any_text(&text)?;
    }

    #[test]
    fn a_spoilt_manifest_is_safe(
        edits in prop::collection::vec((any::<Index>(), 0..40_usize, "[\\PC\n\"\\[\\]=]{0,6}"), 1..5),
    ) {
        let mut text: Vec<char> = GOOD.chars().collect();
        for (index, cut, new) in edits {
            let from = index.index(text.len() + 1);
            let to = (from + cut).min(text.len());
            text.splice(from..to, new.chars());
        }
        check_any_text(&text.into_iter().collect::<String>())?;
    }
}

#[test]
fn larger_inputs_grow() {
    let larger = |sizes: &str| {
        let text = GOOD.replace("pad = 114", &format!("pad = 114\nlarger_px = {sizes}"));
        match Manifest::parse(Path::new("m/model.toml"), &text) {
            Ok(manifest) => manifest.inputs().map(|it| format!("{} ", it.width_px)).collect(),
            Err(error) => error.to_string(),
        }
    };
    expect!["736 960 1280 "].assert_eq(&larger("[[960, 544], [1280, 736]]"));
    expect![[r#"
        m/model.toml:25:26: larger_px has 960 x 736, expected width and height larger than 960 x 544, multiples of 32 up to 4096
        m/model.toml:25:38: larger_px has 1000 x 768, expected width and height larger than 960 x 736, multiples of 32 up to 4096"#]].assert_eq(&larger("[[960, 544], [960, 736], [1000, 768]]"));
}
