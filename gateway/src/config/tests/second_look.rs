//! A model that looks at two-wheelers a second time: named, there or not, and what rules may ask then.

use std::fs;
use std::path::{Path, PathBuf};

use rule::kind::prohibited::ProhibitedSettings;
use rule::kind::standing::StandingSettings;
use scene::Class;

use super::{CAMERA, Config, Faults, GATEWAY, folder, load_knowing};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/efficientnet-lite0")
}

/// The configuration with this folder for the second look and with this rule.
fn written(second_look: Option<&Path>, rule: &str) -> tempfile::TempDir {
    let line = second_look.map(|it| format!("second_look_dir = \"{}\"\n", it.display()));
    let gateway = format!("{GATEWAY}{}", line.unwrap_or_default());
    let (before, _) = CAMERA.split_once("[[rule]]").unwrap();
    let camera = format!("{before}[[rule]]\nzone = \"shutter\"\n{rule}\n");
    folder(&gateway, &[("cam-01.toml", &camera)])
}

fn standing(classes: &str) -> String {
    format!("type = \"fire_passage_blocked\"\nkind = \"standing\"\nclasses = {classes}")
}

fn load(dir: &tempfile::TempDir) -> Result<Config, Faults> {
    load_knowing(dir.path(), &["person", "car", "bicycle", "motorcycle"])
}

fn sound(dir: &tempfile::TempDir) -> Config {
    load(dir).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn with_the_model_a_rule_may_ask_for_e_bikes() {
    let dir = written(Some(&shipped()), &standing("[\"e_bike\"]"));
    let config = sound(&dir);
    assert!(config.inference.second_look_dir.is_some());
    let kind = &config.cameras[0].rules[0].kind;
    let settings: &StandingSettings = kind.settings().unwrap();
    assert_eq!(settings.classes, [Class::new("e_bike")]);
    // A detector that finds no two-wheelers leaves nothing to look at.
    assert!(load_knowing(dir.path(), &["person", "car"]).is_err());
}

#[test]
fn without_it_such_a_rule_is_refused_with_the_way_to_get_it() {
    let Err(faults) = load(&written(None, &standing("[\"car\", \"e_bike\"]"))) else {
        panic!("refused")
    };
    let told = faults.to_string();
    assert!(told.contains("`e_bike` is told by a second look"), "{told}");
    assert!(told.contains("make models-second-look"), "{told}");
}

/// A detector may know e-bikes by itself.
#[test]
fn a_detector_that_tells_e_bikes_needs_no_second_look() {
    let dir = written(None, &standing("[\"e_bike\"]"));
    let config = load_knowing(dir.path(), &["person", "e_bike"]);
    assert!(config.is_ok());
}

#[test]
fn weights_that_were_not_fetched_cost_only_the_rules_that_need_them() {
    let model = tempfile::tempdir().unwrap();
    fs::copy(shipped().join("model.toml"), model.path().join("model.toml")).unwrap();
    let config = sound(&written(Some(model.path()), &standing("[\"car\"]")));
    assert_eq!(config.inference.second_look_dir, None);
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    let about = warnings.iter().find(|it| it.contains("efficientnet-lite0.onnx"));
    assert!(about.is_some_and(|it| it.contains("`make models-second-look`")), "{warnings:?}");
    assert!(load(&written(Some(model.path()), &standing("[\"e_bike\"]"))).is_err());
}

/// What is seen from above may be a weak box only if the second look is sure of it.
#[test]
fn in_lifts_and_on_stairs_a_weak_box_counts_if_a_second_look_is_sure() {
    for code in ["ebike_in_elevator", "ebike_upstairs"] {
        let begins = |second_look: Option<&Path>| {
            let config = sound(&written(second_look, &format!("type = \"{code}\"")));
            let kind = &config.cameras[0].rules[0].kind;
            let settings: &ProhibitedSettings = kind.settings().unwrap();
            let begins = |class: &Class| settings.min_score.begins(class);
            let told = settings.classes.iter().map(|it| format!("{it} {}", begins(it)));
            told.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(begins(Some(&shipped())), "e_bike 0.2, motorcycle 0.4, bicycle 0.4");
        assert_eq!(begins(None), "motorcycle 0.4, bicycle 0.4");
    }
}

/// The configuration with these heads, and with the model if it is to be there.
fn with_heads(second_look: bool, heads: &[&Path]) -> tempfile::TempDir {
    let dir = written(second_look.then(shipped).as_deref(), &standing("[\"car\"]"));
    let named: Vec<String> = heads.iter().map(|head| format!("\"{}\"", head.display())).collect();
    let path = dir.path().join("gateway.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}second_look_heads = [{}]\n", named.join(", "))).unwrap();
    dir
}

fn made_up_head() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("detector/src/second_look/tests/head")
}

#[test]
fn heads_are_read_beside_the_model_and_refused_without_it() {
    let head = made_up_head();
    assert_eq!(sound(&with_heads(true, &[&head])).inference.second_look_heads, [made_up_head()]);
    let refused = |dir: &tempfile::TempDir| load(dir).err().map(|faults| faults.to_string());
    let told = [
        refused(&with_heads(false, &[&head])),
        refused(&with_heads(true, &[&head, &head])),
        refused(&with_heads(true, &[Path::new("nowhere")])),
        refused(&with_heads(true, &[&shipped()])),
    ];
    for (told, part) in told.iter().flatten().zip([
        "there is none to be used",
        "tell the same of a crop",
        "there is no such folder",
        "model.toml",
    ]) {
        assert!(told.contains("gateway.toml:") && told.contains(part), "{told}");
    }
    assert_eq!(told.iter().flatten().count(), 4);
}

#[test]
fn a_likelihood_can_be_asked_for_only_where_somebody_tells_it() {
    let rule = "type = \"vendor_unlicensed\"\nclasses = [\"car\"]\nmin_stall_likelihood = 0.5";
    sound(&written(Some(&shipped()), rule));
    let told = load(&written(None, rule)).err().unwrap().to_string();
    assert!(told.contains("`min_stall_likelihood` judges what a second look"), "{told}");
    assert!(told.contains("make models-second-look"), "{told}");
    let above = rule.replace("0.5", "1.5");
    assert!(load(&written(Some(&shipped()), &above)).is_err());
}
