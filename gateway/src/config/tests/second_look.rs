//! A model that looks at two-wheelers a second time: named, there or not, and what rules may ask then.

use std::fs;
use std::path::{Path, PathBuf};

use rule::kind::standing::StandingSettings;
use scene::Class;

use super::{CAMERA, GATEWAY, folder, load_here};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/efficientnet-lite0")
}

/// The configuration with this folder for the second look and with a rule for these classes.
fn written(second_look: Option<&Path>, classes: &str) -> tempfile::TempDir {
    let line = second_look.map(|it| format!("second_look_dir = \"{}\"\n", it.display()));
    let gateway = format!("{GATEWAY}{}", line.unwrap_or_default());
    let camera = CAMERA.replace("[\"car\", \"truck\"]", classes);
    folder(&gateway, &[("cam-01.toml", &camera)])
}

#[test]
fn with_the_model_a_rule_may_ask_for_e_bikes() {
    let dir = written(Some(&shipped()), "[\"e_bike\"]");
    let config = load_here(dir.path()).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(config.inference.second_look_dir.is_some());
    let kind = &config.cameras[0].rules[0].kind;
    let settings: &StandingSettings = kind.settings().unwrap();
    assert_eq!(settings.classes, [Class::new("e_bike")]);
}

#[test]
fn without_it_such_a_rule_is_refused_with_the_way_to_get_it() {
    let dir = written(None, "[\"car\", \"e_bike\"]");
    let Err(faults) = load_here(dir.path()) else { panic!("refused") };
    let told = faults.to_string();
    assert!(told.contains("`e_bike` is told by a second look"), "{told}");
    assert!(told.contains("make models-second-look"), "{told}");
}

#[test]
fn weights_that_were_not_fetched_cost_only_the_rules_that_need_them() {
    let model = tempfile::tempdir().unwrap();
    fs::copy(shipped().join("model.toml"), model.path().join("model.toml")).unwrap();
    let dir = written(Some(model.path()), "[\"car\"]");
    let config = load_here(dir.path()).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(config.inference.second_look_dir, None);
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    let about = warnings.iter().find(|it| it.contains("efficientnet-lite0.onnx"));
    assert!(about.is_some_and(|it| it.contains("`make models-second-look`")), "{warnings:?}");
    let dir = written(Some(model.path()), "[\"e_bike\"]");
    assert!(load_here(dir.path()).is_err());
}
