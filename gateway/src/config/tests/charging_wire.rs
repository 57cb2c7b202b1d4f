//! A net that finds new cables: named, there or not, and which rules there may be then.

use std::fs;
use std::path::{Path, PathBuf};

use rule::kind::wire::WireSettings;

use super::{CAMERA, Config, Faults, GATEWAY, folder, load_knowing};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/charging-wire")
}

/// The configuration with this folder for the net and with a rule that needs it.
fn written(net: Option<&Path>, terms: &str) -> tempfile::TempDir {
    let line = net.map(|it| format!("charging_wire_dir = \"{}\"\n", it.display()));
    let gateway = format!("{GATEWAY}{}", line.unwrap_or_default());
    let (before, _) = CAMERA.split_once("[[rule]]").unwrap();
    let rule = format!("type = \"ebike_flying_wire\"\nkind = \"wire\"\n{terms}");
    let camera = format!("{before}[[rule]]\nzone = \"shutter\"\n{rule}\n");
    folder(&gateway, &[("cam-01.toml", &camera)])
}

fn load(dir: &tempfile::TempDir) -> Result<Config, Faults> {
    load_knowing(dir.path(), &["person", "car", "truck", "bicycle", "motorcycle"])
}

/// What the rule of this configuration says.
fn settings(dir: &tempfile::TempDir) -> WireSettings {
    let config = load(dir).unwrap_or_else(|faults| panic!("{faults}"));
    config.cameras[0].rules[0].kind.settings::<WireSettings>().unwrap().clone()
}

#[test]
fn with_the_net_there_may_be_rules_for_wires_at_its_threshold_in_hundredths() {
    let usual = settings(&written(Some(&shipped()), ""));
    assert_eq!((usual.min_cable_score.to_string(), usual.min_length_px), ("0.95".to_owned(), 100));
    let own = settings(&written(Some(&shipped()), "min_cable_score = 0.9\nmin_length_px = 150"));
    assert_eq!((own.min_cable_score.to_string(), own.min_length_px), ("0.9".to_owned(), 150));
    assert!(
        load(&written(Some(&shipped()), "min_cable_score = 0.3")).is_err(),
        "nothing is told of such"
    );
}

#[test]
fn without_it_such_a_rule_is_refused_with_the_way_to_name_it() {
    let Err(faults) = load(&written(None, "")) else { panic!("refused") };
    let told = faults.to_string();
    assert!(told.contains("kind `wire` compares two pictures with a net"), "{told}");
    assert!(told.contains("charging_wire_dir"), "{told}");
}

#[test]
fn a_fault_elsewhere_in_the_gateways_file_is_not_taken_for_a_net_that_is_lacking() {
    let dir = written(Some(&shipped()), "");
    let path = dir.path().join("gateway.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("mqtt://localhost", "localhost")).unwrap();
    let Err(faults) = load(&dir) else { panic!("refused") };
    let told = faults.to_string();
    assert!(told.contains("url") && !told.contains("with a net"), "{told}");
}

/// A folder with this `model.toml` and these weights, if any.
fn net_of(text: &str, weights: Option<&[u8]>) -> tempfile::TempDir {
    let net = tempfile::tempdir().unwrap();
    fs::write(net.path().join("model.toml"), text).unwrap();
    if let Some(weights) = weights {
        fs::write(net.path().join("charging-wire.onnx"), weights).unwrap();
    }
    net
}

#[test]
fn a_net_that_is_missing_old_or_bad_is_told_and_costs_only_the_rules_that_need_it() {
    let text = fs::read_to_string(shipped().join("model.toml")).unwrap();
    let weights = fs::read(shipped().join("charging-wire.onnx")).unwrap();
    let (old, _) = text.split_once("made_up_with").unwrap();
    let bad = weights.split_at(weights.len() / 2).0;
    for (net, told) in [
        (net_of(&text, None), "charging-wire.onnx"),
        (net_of(old, Some(&weights)), "made_up_with"),
        (net_of(&text, Some(bad)), "charging-wire.onnx"),
    ] {
        let line = format!("charging_wire_dir = \"{}\"\n", net.path().display());
        let dir = folder(&format!("{GATEWAY}{line}"), &[("cam-01.toml", CAMERA)]);
        let config = load(&dir).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(config.inference.charging_wire_dir, None);
        let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
        let says = |it: &String| {
            it.contains("gateway.toml:")
                && it.contains(told)
                && it.contains("nobody looks for charging wires")
        };
        assert!(warnings.iter().any(says), "{told}: {warnings:?}");
        assert!(load(&written(Some(net.path()), "")).is_err(), "a rule that needs it");
    }
}
