//! Small things and slow rules get a larger input, large things and fast rules do not.

use std::path::Path;

use incident::{IncidentTypes, LifecycleSettings};
use rule::kind::standing::StandingSettings;
use rule::schedule::Schedule;
use rule::{Slug, Zone};

use super::*;

const SLOW: Duration = Duration::from_secs(5);

fn manifest() -> Manifest {
    let text = format!(
        "name = \"made\"\nversion = \"1\"\nlayout = \"yolox\"\nscore_threshold = 0.4\nnms_iou = 0.5\n\
         classes = [\"person\", \"car\"]\nlicence = \"MIT\"\nsource = \"made\"\n[fp32]\n\
         file = \"m.onnx\"\nsha256 = \"{:064}\"\n[input]\nwidth_px = 736\nheight_px = 416\n\
         channels = \"rgb\"\nrange = 1.0\npad = 114\nlarger_px = [[960, 544], [1280, 736]]\n",
        0
    );
    Manifest::parse(Path::new("model.toml"), &text).unwrap()
}

/// A rule for this class in a square zone that begins here and is as wide as this.
fn rule(class: &str, top: f32, width: f32) -> RuleSettings {
    let corner = |x, y| Point { x, y };
    let (right, bottom) = (0.4 + width, top + 0.3);
    let corners = vec![corner(0.4, top), corner(right, top), corner(right, bottom)];
    let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    let classes = vec![Class::new(class)];
    RuleSettings {
        id: Slug::new("rule").unwrap(),
        zone: Zone { id: Slug::new("zone").unwrap(), polygon: Polygon::new(corners).unwrap() },
        incident: types.get("other").unwrap().clone(),
        kind: StandingSettings::new(classes, Duration::from_mins(5)).into(),
        lifecycle: LifecycleSettings::default(),
        schedule: Schedule::default(),
    }
}

/// Seen from above: the picture is this many metres wide.
fn from_above(metres: f64) -> GroundPlane {
    let north_up = [metres, 0.0, 0.0, 0.0, -metres, metres, 0.0, 0.0, 1.0];
    GroundPlane::from_homography(north_up)
}

#[track_caller]
fn check(rules: &[RuleSettings], ground: Option<f64>, every: Duration, expected: &str) {
    let ground = ground.map(from_above);
    let choice = InputChoice::of(rules, ground.as_ref(), every, &manifest());
    assert_eq!(choice.to_string(), expected);
}

#[test]
fn the_smallest_thing_decides() {
    // 20 m of street: a person of half a metre is a fortieth of the picture.
    check(
        &[rule("car", 0.3, 0.2)],
        Some(20.0),
        SLOW,
        "looked at in 736 x 416 px, where the smallest object of its rules is about 63 px wide",
    );
    check(
        &[rule("car", 0.3, 0.2), rule("person", 0.3, 0.2)],
        Some(20.0),
        SLOW,
        "looked at in 960 x 544 px, where the smallest object of its rules is about 24 px wide",
    );
    check(
        &[rule("person", 0.3, 0.2)],
        Some(40.0),
        SLOW,
        "looked at in 1280 x 736 px, where the smallest object of its rules is about 16 px wide and is \
         often missed below 24",
    );
}

#[test]
fn a_rule_that_looks_often_does_not_get_what_costs_too_much() {
    let far = [rule("person", 0.3, 0.2)];
    check(
        &far,
        Some(40.0),
        Duration::from_secs(2),
        "looked at in 960 x 544 px, where the smallest object of its rules is about 12 px wide and is \
         often missed below 24; a larger input would cost too much at the pace of its rules",
    );
    check(
        &far,
        Some(20.0),
        Duration::from_millis(500),
        "looked at in 736 x 416 px, where the smallest object of its rules is about 18 px wide and is \
         often missed below 24; a larger input would cost too much at the pace of its rules",
    );
}

#[test]
fn without_calibration_the_zone_tells() {
    let choice =
        |width| InputChoice::of(&[rule("car", 0.3, width)], None, SLOW, &manifest()).number;
    assert_eq!([0.2, 0.03, 0.02].map(choice), [0, 1, 2]);
    assert_eq!(InputChoice::of(&[], None, SLOW, &manifest()).number, 0);
}

#[test]
fn a_model_of_one_size_is_used_at_that() {
    let one = Manifest { larger: Vec::new(), ..manifest() };
    let choice = InputChoice::of(&[rule("car", 0.3, 0.02)], None, SLOW, &one);
    assert_eq!((choice.number, choice.held_back), (0, false));
}

#[test]
fn a_zone_that_reaches_the_horizon_is_measured_below_it() {
    // The horizon lies at 0.2. At 0.6 a tenth of the picture is half a metre.
    let street = GroundPlane::from_homography([2.0, 0.0, -1.0, 0.0, 0.0, 2.0, 0.0, 1.0, -0.2]);
    let choice = |top, bottom: f32| {
        let mut rule = rule("car", top, 0.2);
        let corners = [(0.4, top), (0.6, top), (0.6, bottom), (0.4, bottom)];
        let corners = corners.map(|(x, y)| Point { x, y }).to_vec();
        rule.zone.polygon = Polygon::new(corners).unwrap();
        InputChoice::of(&[rule], Some(&street), SLOW, &manifest())
    };
    let told = choice(0.1, 0.21).to_string();
    assert!(told.starts_with("looked at in 1280 x 736 px, where the smallest"), "{told}");
    assert_eq!(choice(0.1, 0.6).to_string(), choice(0.6, 0.7).to_string());
    // Wholly above it nothing tells how small it is: as large as may be.
    assert_eq!(choice(0.05, 0.15).to_string(), "looked at in 1280 x 736 px");
}
