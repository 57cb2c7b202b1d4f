//! Files of `checkpoints/`: faults with their exact words, and settings with their values.

use std::fs;
use std::time::Duration;

use expect_test::{Expect, expect};
use incident::{Protocol, SourceKind};
use rule::signal::{By, CheckpointFacts, SignalSettings, TailgatingSettings, UnattendedSettings};
use tempfile::TempDir;

use super::devices::{CABINET, DOOR, with_devices};
use super::{CAMERA, check_set, load_here};
use crate::config::Config;

const CHECKPOINT: &str = r#"
name = "东门卡口"
doors = ["door-7/gate"]
camera = "cam-01"
zone = "guard"
line = "in"
duty_roles = ["社区大格长", "门岗"]

[duty]
hours = ["Mon-Sun 08:00-20:00"]

[place]
longitude = 117.1
latitude = 40.1
"#;

/// A line, and a guard's place.
const WATCHED: &str = r#"
[[zone]]
id = "guard"
polygon_px = [[10, 300], [110, 300], [110, 400], [10, 400]]

[[rule]]
id = "guard"
type = "checkpoint_unattended"
zone = "guard"
kind = "absence"
classes = ["person"]

[[rule]]
id = "in"
type = "door_tailgating"
zone = "guard"
kind = "crossing"
classes = ["person"]
line_px = [[60, 300], [60, 400]]
"#;

fn with_checkpoint(name: &str, text: &str) -> TempDir {
    let door = DOOR.replace("id = \"gate\"", "id = \"gate\"\nname = \"东门\"");
    let dir = with_devices(&[("door-7.toml", &door), ("cabinet-1.toml", CABINET)]);
    fs::write(dir.path().join("cameras/cam-01.toml"), format!("{CAMERA}{WATCHED}")).unwrap();
    fs::create_dir(dir.path().join("checkpoints")).unwrap();
    fs::write(dir.path().join("checkpoints").join(name), text).unwrap();
    dir
}

fn loaded(text: &str) -> Config {
    load_here(with_checkpoint("kk-1.toml", text).path()).unwrap()
}

fn check(text: &str, expected: &Expect) {
    check_set(&with_checkpoint("kk-1.toml", text), expected);
}

#[test]
fn what_the_importer_writes_is_judged_and_its_camera_tells() {
    let config = loaded(CHECKPOINT);
    let [checkpoint] = config.checkpoints.as_slice() else { panic!("one") };
    assert_eq!((checkpoint.id.as_str(), checkpoint.name.as_str()), ("kk-1", "东门卡口"));
    let source = checkpoint.source;
    assert_eq!((source.kind, source.protocol), (SourceKind::AccessControl, Protocol::Isapi));
    let doors = vec![("door-7/gate".into(), "东门".to_owned())];
    let facts = CheckpointFacts { doors, ..CheckpointFacts::default() };
    let [tailgating, unattended] = checkpoint.rules.as_slice() else { panic!("two rules") };
    let usual = TailgatingSettings::default().at_checkpoint(&facts);
    assert_eq!(Some(&tailgating.kind), usual.as_ref());
    assert_eq!(tailgating.id.as_str(), "kk-1.door_tailgating");
    let guarded = UnattendedSettings {
        by: By::Camera,
        within: Duration::from_secs(1_800),
        sign_in: Vec::new(),
        has_guard: true,
        roles: vec!["社区大格长".to_owned(), "门岗".to_owned()],
    };
    assert_eq!(unattended.kind, guarded.into());
    assert!(unattended.schedule.hours.is_some(), "the duty's hours");
    let witnesses = &config.cameras[0].witnesses;
    let told: Vec<_> = witnesses.iter().map(|it| (it.rule.as_str(), it.is_silent)).collect();
    assert_eq!(told, [("in", true), ("guard", true)]);
    assert!(config.knows("kk-1"));
}

#[test]
fn whatever_it_names_must_be_there() {
    let text = CHECKPOINT
        .replace("door-7/gate", "door-7/gat")
        .replace("\"guard\"", "\"gard\"")
        .replace("line = \"in\"", "line = \"inn\"\nsensors = [\"cabinet-2\"]");
    check(
        &text,
        &expect![[r#"
        checkpoints/kk-1.toml:3:10: checkpoint kk-1: `doors`: device door-7 has no point `gat`; did you mean `gate`?
        checkpoints/kk-1.toml:5:1: checkpoint kk-1: `zone`: camera cam-01 has no zone `gard`; did you mean `guard`?
        checkpoints/kk-1.toml:6:1: checkpoint kk-1: `line`: camera cam-01 has no rule of kind `crossing` with the id `inn`; did you mean `in`?
        checkpoints/kk-1.toml:7:12: checkpoint kk-1: `sensors`: no device `cabinet-2`; did you mean `cabinet-1`?
        4 faults; nothing was applied"#]],
    );
    check(
        &CHECKPOINT.replace("cam-01", "cam-02"),
        &expect![[r#"
        checkpoints/kk-1.toml:4:1: checkpoint kk-1: `camera`: no camera `cam-02`; did you mean `cam-01`?
        1 fault; nothing was applied"#]],
    );
    check(
        &CHECKPOINT.replace("door-7/gate", "door-7"),
        &expect![[r#"
        checkpoints/kk-1.toml:3:10: checkpoint kk-1: `doors` must be a device and its point, such as "acs-1/door-1", found another text
        1 fault; nothing was applied"#]],
    );
    check(
        &CHECKPOINT.replace("camera = \"cam-01\"", ""),
        &expect![[r#"
        checkpoints/kk-1.toml:6:1: checkpoint kk-1: `line`: line and zone are those of a camera: name it in `camera`
        1 fault; nothing was applied"#]],
    );
}

#[test]
fn a_line_counts_people_one_by_one_and_a_rule_needs_what_it_judges() {
    let dir = with_checkpoint("kk-1.toml", CHECKPOINT);
    let counted = WATCHED.replace("line_px", "count = 2\nline_px");
    fs::write(dir.path().join("cameras/cam-01.toml"), format!("{CAMERA}{counted}")).unwrap();
    check_set(
        &dir,
        &expect![[r#"
        checkpoints/kk-1.toml:6:1: checkpoint kk-1: `line`: rule in of camera cam-01 must count people one by one: classes = ["person"], and no `count`
        1 fault; nothing was applied"#]],
    );
    let rule = |code: &str| {
        let place = "place = { longitude = 117.1, latitude = 40.1 }";
        format!("doors = [\"door-7/gate\"]\n{place}\n[[rule]]\ntype = \"{code}\"\n")
    };
    check(
        &rule("door_tailgating"),
        &expect![[r#"
        checkpoints/kk-1.toml:4:1: checkpoint kk-1: `type`: door_tailgating: needs `doors`, and the `line` of a `camera`
        1 fault; nothing was applied"#]],
    );
    check(
        &rule("checkpoint_unattended"),
        &expect![[r#"
        checkpoints/kk-1.toml:4:1: checkpoint kk-1: `type`: checkpoint_unattended: needs `sign_in` under [duty], or a `zone` of the camera with a rule of kind `absence`
        1 fault; nothing was applied"#]],
    );
    check(
        &rule("smoke_alarm"),
        &expect![[r#"
        checkpoints/kk-1.toml:4:1: checkpoint kk-1: `type`: smoke_alarm: a checkpoint judges door_tailgating and checkpoint_unattended only
        1 fault; nothing was applied"#]],
    );
}

#[test]
fn its_id_is_nobody_elses_and_its_file_is_called_so() {
    check_set(
        &with_checkpoint("cam-01.toml", CHECKPOINT),
        &expect![[r#"
        checkpoints/cam-01.toml:1:1: checkpoint cam-01: `id`: camera cam-01 has the same id: alerts and topics could not tell them apart
        1 fault; nothing was applied"#]],
    );
    let named = format!("id = \"kk-2\"\n{CHECKPOINT}");
    check_set(
        &with_checkpoint("kk-1.toml", &named),
        &expect![[r#"
        checkpoints/kk-1.toml:1:1: checkpoint kk-2: `id`: the file of checkpoint kk-2 must be called kk-2.toml
        1 fault; nothing was applied"#]],
    );
}

#[test]
fn rules_of_checkpoints_belong_to_no_device() {
    let type_and_kind = "type = \"door_tailgating\"\nkind = \"tailgating\"";
    let text = DOOR.replace("type = \"door_forced_open\"", type_and_kind);
    check_set(
        &with_devices(&[("door-7.toml", &text)]),
        &expect![[r#"
        devices/door-7.toml:12:1: device door-7: `kind` must be one of "flag", "event", "forced", "limit", "silent", "absent", found another text
        1 fault; nothing was applied"#]],
    );
}
