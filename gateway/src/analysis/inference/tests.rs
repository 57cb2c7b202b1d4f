//! What the detector and the tracker are asked for follows from the rules.

use std::path::Path;
use std::time::Duration;

use incident::{IncidentTypes, LifecycleSettings};
use rule::kind::obstruction::{ObstructionLimit, ObstructionSettings};
use rule::kind::standing::StandingSettings;
use rule::schedule::Schedule;
use rule::{RuleKind, Slug, Zone};
use scene::{Point, Polygon};

use super::*;

fn manifest(least: &str) -> Manifest {
    let text = format!(
        "name = \"made\"\nversion = \"1\"\nlayout = \"yolox\"\nscore_threshold = 0.4\n{least}\
         nms_iou = 0.5\nclasses = [\"person\", \"bicycle\", \"car\"]\nlicence = \"MIT\"\n\
         source = \"made\"\n[fp32]\nfile = \"m.onnx\"\nsha256 = \"{:064}\"\n[input]\nwidth_px = 32\n\
         height_px = 32\nchannels = \"rgb\"\nrange = 1.0\npad = 114\n",
        0
    );
    Manifest::parse(Path::new("model.toml"), &text).unwrap()
}

fn rule(kind: impl Into<RuleKind>) -> RuleSettings {
    let corner = |x, y| Point { x, y };
    let polygon = vec![corner(0.0, 0.0), corner(1.0, 0.0), corner(1.0, 1.0)];
    let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    RuleSettings {
        id: Slug::new("rule").unwrap(),
        zone: Zone { id: Slug::new("zone").unwrap(), polygon: Polygon::new(polygon).unwrap() },
        incident: types.get("other").unwrap().clone(),
        kind: kind.into(),
        lifecycle: LifecycleSettings::default(),
        schedule: Schedule::default(),
    }
}

fn standing(class: &str, min_score: f32) -> RuleSettings {
    let usual = StandingSettings::new(vec![Class::new(class)], Duration::from_mins(1));
    rule(StandingSettings { min_score: Thresholds::of(min_score), ..usual })
}

/// Lowest score of the detector, and from where on the tracker follows a person, bicycle and car.
fn asked(rules: &[RuleSettings], manifest: &Manifest) -> (f32, [f32; 3]) {
    let Search { detect, tracking, .. } = search(rules, manifest).unwrap();
    let begins = |class| tracking.strong.begins(&Class::new(class));
    assert_eq!(tracking.check(), Ok(()));
    (detect.min_score, ["person", "bicycle", "car"].map(begins))
}

#[test]
fn the_lowest_rule_of_each_class_decides() {
    let manifest = manifest("");
    assert_eq!(asked(&[standing("car", 0.4)], &manifest), (0.25, [0.4; 3]));
    let both = [standing("bicycle", 0.16), standing("bicycle", 0.5), standing("car", 0.6)];
    assert_eq!(asked(&both, &manifest), (0.1, [0.4, 0.16, 0.6]));
    // A rule for whatever the model knows asks for every class.
    let limit = ObstructionLimit::Share(0.3);
    let any = ObstructionSettings::new(limit, Duration::from_mins(1));
    let any = rule(ObstructionSettings { min_score: Thresholds::of(0.3), ..any });
    assert_eq!(asked(&[any, standing("car", 0.2)], &manifest), (0.13, [0.3, 0.3, 0.2]));
}

/// What a two-wheeler is called only later, the detector must find under its own names, from the lowest
/// score on that any rule has for one of them.
#[test]
fn a_rule_for_e_bikes_asks_for_bicycles_and_a_second_look_in_its_zone() {
    let manifest = manifest("");
    let e_bikes = standing("e_bike", 0.2);
    let found = search(&[standing("bicycle", 0.5), e_bikes, standing("car", 0.4)], &manifest);
    let Search { detect, tracking, second_look, .. } = found.unwrap();
    let begins = |class| tracking.strong.begins(&Class::new(class)).to_string();
    let names = ["e_bike", "pedal_bicycle", "bicycle", "car"];
    assert_eq!(names.map(begins), ["0.2", "0.2", "0.2", "0.4"]);
    assert_eq!(detect.classes, manifest.class_filter(["bicycle", "car"]).unwrap());
    let zones: Vec<&str> = second_look.iter().map(|zone| zone.id.as_str()).collect();
    assert_eq!(zones, ["zone"]);
}

#[test]
fn a_detector_that_knows_e_bikes_is_asked_for_them() {
    let mut manifest = manifest("");
    manifest.classes.push(Class::new("e_bike"));
    let found = search(&[standing("e_bike", 0.5)], &manifest).unwrap();
    assert_eq!(found.detect.classes, manifest.class_filter(["e_bike", "bicycle"]).unwrap());
}

#[test]
fn nobody_looks_twice_for_rules_that_do_not_ask_for_it() {
    let manifest = manifest("");
    let limit = ObstructionLimit::Share(0.3);
    let any = rule(ObstructionSettings::new(limit, Duration::from_mins(1)));
    let found = search(&[standing("bicycle", 0.2), any], &manifest).unwrap();
    assert!(found.second_look.is_empty());
    assert_eq!(found.tracking.strong.begins(&Class::new("e_bike")).to_string(), "0.4");
}

#[test]
fn nothing_is_asked_below_what_the_model_gives() {
    let cut_in_its_graph = manifest("least_score = 0.25\n");
    assert_eq!(asked(&[standing("car", 0.25)], &cut_in_its_graph), (0.25, [0.4, 0.4, 0.25]));
}

#[test]
fn what_hides_a_thing_of_no_class_is_looked_for_in_its_zone() {
    let manifest = manifest("");
    let limit = ObstructionLimit::Share(0.3);
    let settings = ObstructionSettings::new(limit, Duration::from_mins(1));
    let of_bicycles = |unknown_things| {
        let classes = Some(vec![Class::new("bicycle")]);
        rule(ObstructionSettings { classes, unknown_things, ..settings.clone() })
    };
    let classes = |search: &Search| search.detect.classes.clone();
    let with = search(&[of_bicycles(true)], &manifest).unwrap();
    let without = search(&[of_bicycles(false)], &manifest).unwrap();
    let every = search(&[rule(settings.clone())], &manifest).unwrap();
    assert!(without.standing.is_empty() && classes(&without) != classes(&with));
    // The manifest knows person, bicycle and car.
    assert_eq!(classes(&with), classes(&every));
    // Two rules for one zone watch it once.
    let both = search(&[of_bicycles(true), rule(settings)], &manifest).unwrap();
    assert_eq!((both.standing.len(), &both.standing), (1, &with.standing));
    assert_eq!(both.standing[0].id, "zone");
}
