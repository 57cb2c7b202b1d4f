//! Tests of scenario files: the shipped ones load, and bad ones are named line by line.

use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};

use super::*;
use crate::door::What;

fn check(text: &str, faults: Expect) {
    let error = Scenario::parse(text, Path::new("bad.toml")).unwrap_err();
    faults.assert_eq(&error.to_string());
}

#[test]
fn shipped_scenarios_load() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for name in ["street.toml", "street-short.toml"] {
        let scenario = Scenario::load(&folder.join(name)).unwrap();
        let vans = scenario.truths.iter().filter(|truth| truth.event == "fire_passage_blocked");
        assert_eq!(vans.count(), scenario.cameras.len(), "{name}: one van on every camera");
        assert!(scenario.truths.iter().all(|truth| truth.dwell < scenario.duration));
    }
}

/// Every scenario file.
fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect()
}

#[test]
fn every_shipped_scenario_is_sound_and_lasts_until_its_alerts_are_due() {
    assert!(shipped().len() >= 9, "{:?}", shipped());
    for path in shipped() {
        let scenario = Scenario::load(&path).unwrap_or_else(|error| panic!("{error}"));
        for truth in &scenario.truths {
            let due = truth.stands.map_or(truth.dwell, |stands| {
                assert!(stands.from + truth.dwell < stands.to, "{}: {truth:?}", path.display());
                truth.dwell
            });
            assert!(due + truth.tolerance < scenario.duration, "{}: {truth:?}", path.display());
        }
    }
}

#[test]
fn composed_scenes_say_so_in_the_title_of_their_scenario() {
    for path in shipped() {
        let scenario = Scenario::load(&path).unwrap_or_else(|error| panic!("{error}"));
        let is_composed = |camera: &Camera| matches!(camera.clip, ClipSource::Composed(_));
        let composed = scenario.cameras.iter().any(is_composed);
        assert_eq!(scenario.title.ends_with("(composed)"), composed, "{}", path.display());
    }
}

#[test]
fn mistakes_in_a_composed_clip_are_named_with_the_scenario() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lane.toml"), "title = 3\n").unwrap();
    let text = "title = \"a\"\nduration_secs = 1\n[[camera]]\nid = \"cam-01\"\nclip = \"lane.toml\"\n\
                playback = \"once\"\nstart_offset_secs = 0\n";
    let path = folder.path().join("bad.toml");
    let error = Scenario::parse(text, &path).unwrap_err().to_string();
    let error = error.replace(&format!("{}/", folder.path().display()), "");
    expect![[r#"
        bad.toml:5: the composed clip cannot be made:
        lane.toml:1: invalid type: integer `3`, expected a string"#]]
    .assert_eq(&error);
}

#[test]
fn every_mistake_is_named_with_its_line() {
    check(
        r#"title = "three mistakes and one more"
duration_secs = 30
[[camera]]
id = "cam-01"
clip = "a.mp4"
playback = "loop"
start_offset_secs = -1
[[camera]]
id = "cam-02"
clip = "a.mp4"
playback = "loop"
start_offset_secs = 0
user = "someone"
[[zone]]
name = "gate"
cameras = ["cam-02", "cam-03"]
polygon_px = [[0, 0], [1, 1]]
[[truth]]
what = "a car"
event = "fire_lane_blocked"
zone = "door"
cameras = ["cam-02"]
from_secs = 5
to_secs = 4
dwell_secs = 1
tolerance_secs = 1
"#,
        expect![[r#"
            bad.toml:7: `start_offset_secs` must be 0 seconds or more, not -1
            bad.toml:13: `user` needs `password_file` beside it
            bad.toml:16: no [[camera]] is called `cam-03`
            bad.toml:17: zone `gate` needs at least three corners
            bad.toml:21: cam-02 has no [[zone]] `door`
            bad.toml:24: `to_secs` must be later than `from_secs`"#]],
    );
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    check(
        "title = \"a\"\nduration_secs = 1\nloops = true\ncamera = []\n",
        expect![
            "bad.toml:3: unknown field `loops`, expected one of `title`, `duration_secs`, `camera`, `zone`, `truth`, `centre`, `begins_at`, `in_step_with`, `device`, `happening`, `incident`"
        ],
    );
}

#[test]
fn mistakes_in_a_story_are_named_with_their_lines() {
    check(
        r#"title = "doors"
duration_secs = 30
begins_at = "noon"
in_step_with = "cam-01"
[[device]]
id = "gate"
kind = "dahua"
port = 18601
[[device]]
id = "gate"
kind = "door"
[[device]]
id = "panel"
kind = "gb26875"
[[happening]]
device = "gate"
what = "tailgated"
at_secs = [1]
[[happening]]
device = "side"
what = "passes"
at_secs = [1]
[[incident]]
what = "a leak"
event = "residual_current_high"
device = "cabinet"
from_secs = 5
to_secs = 4
dwell_secs = 1
tolerance_secs = 1
"#,
        expect![[r#"
            bad.toml:3: `begins_at` must be an hour such as 12:00, not noon
            bad.toml:4: no [[camera]] is called `cam-01`
            bad.toml:10: two devices or cameras are called `gate`
            bad.toml:11: `kind` must be one of isapi, dahua, onvif, modbus, gb26875, mqtt, checkpoint
            bad.toml:13: `port` is missing: where it listens on 127.0.0.1, or where the gateway listens for a fire transmitter
            bad.toml:17: `tailgated` cannot happen to this kind of device
            bad.toml:20: no [[device]] is called `side`
            bad.toml:26: no [[device]] is called `cabinet`
            bad.toml:28: `to_secs` must be later than `from_secs`"#]],
    );
}

#[test]
fn a_person_who_passes_is_let_in_opens_and_closes() {
    let text = r#"title = "doors"
duration_secs = 30
device = [{ id = "gate", kind = "isapi", port = 18601 }]
happening = [{ device = "gate", what = "passes", at_secs = [7, 2] }]
"#;
    let story = Scenario::parse(text, Path::new("doors.toml")).unwrap().story;
    let told: Vec<(u64, Act)> =
        story.steps.into_iter().map(|step| (step.at.as_secs(), step.act)).collect();
    let at_gate = |secs, what| (secs, Act::Door(Happens { door: 1, what }));
    let person = |secs| {
        [
            at_gate(secs, What::Granted),
            at_gate(secs + 1, What::Opened),
            at_gate(secs + 4, What::Closed),
        ]
    };
    assert_eq!(told, [person(2), person(7)].concat());
}
