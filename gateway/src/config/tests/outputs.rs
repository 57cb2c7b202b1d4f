//! Files of `outputs/`: faults with their exact words, settings with their values, and who has approved them.

use std::fs;
use std::time::Duration;

use expect_test::expect;
use output::{Action, Mode, Settings, Way};
use signature::SigningKey;
use tempfile::TempDir;

use super::devices::{CABINET, DOOR, with_devices};
use super::{check_set, load_here};
use crate::config::{Config, FolderWatch, approval_file};

const LIFT: &str = r#"
mode = "live"
action = "lift_hold"
protocol = "modbus"
url = "tcp://10.0.0.50"
coil = 16
fire_devices = ["door-7"]

[[trigger]]
type = "residual_current_high"
device = "cabinet-1"
"#;

fn with_outputs(outputs: &[(&str, &str)]) -> TempDir {
    let (door, cabinet) =
        (DOOR.replace("192.0.2.", "10.0.0."), CABINET.replace("192.0.2.", "10.0.0."));
    let dir = with_devices(&[("door-7.toml", &door), ("cabinet-1.toml", &cabinet)]);
    fs::create_dir(dir.path().join("outputs")).unwrap();
    for (name, text) in outputs {
        fs::write(dir.path().join("outputs").join(name), text).unwrap();
    }
    dir
}

/// A person's key pair, the public half in its place.
fn person(dir: &TempDir, name: &str) -> SigningKey {
    let persons = dir.path().join("approvals/persons");
    fs::create_dir_all(&persons).unwrap();
    let key = SigningKey::load_or_make(&dir.path().join(format!("{name}.private"))).unwrap();
    fs::write(persons.join(format!("{name}.pem")), key.public().to_pem()).unwrap();
    key
}

fn approve(dir: &TempDir, output: &str, (name, key): (&str, &SigningKey)) {
    let file = fs::read(dir.path().join("outputs").join(format!("{output}.toml"))).unwrap();
    let text = output::approve((output, &file), (name, key), "2026-11-30T10:00:00Z").unwrap();
    fs::write(approval_file(dir.path(), output, name), text).unwrap();
}

fn lift(config: &Config) -> &Settings {
    &config.outputs[0]
}

#[test]
fn without_a_word_an_output_is_off_and_bounded() {
    let text = LIFT.replace("mode = \"live\"\n", "");
    let config = load_here(with_outputs(&[("lift-1.toml", &text)]).path()).unwrap();
    let settings = lift(&config);
    assert_eq!((settings.id.as_str(), settings.mode), ("lift-1", Mode::Off));
    assert_eq!(settings.action, Action::LiftHold);
    assert_eq!((settings.hold, settings.pause), (Duration::from_secs(30), Duration::from_secs(60)));
    assert_eq!(settings.most_per_hour, 6);
    let Way::Modbus(coils) = &settings.way else { panic!("{:?}", settings.way) };
    assert_eq!((coils.port, coils.unit_id, coils.first, coils.count), (502, 1, 16, 1));
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
}

#[test]
fn check_says_what_is_missing_and_an_edit_voids_both_approvals() {
    let dir = with_outputs(&[("lift-1.toml", LIFT)]);
    let said = || load_here(dir.path()).unwrap().warnings[0].to_string();
    assert!(said().contains("0 of 2 persons have approved this file as it is"), "{}", said());
    let (zhang, li) = (person(&dir, "张三"), person(&dir, "李四"));
    approve(&dir, "lift-1", ("张三", &zhang));
    assert!(
        said().contains("1 of 2 persons have approved this file as it is (张三); it moves nothing"),
        "{}",
        said()
    );
    approve(&dir, "lift-1", ("李四", &li));
    let config = load_here(dir.path()).unwrap();
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert_eq!(lift(&config).approved.missing(), None);
    fs::write(dir.path().join("outputs/lift-1.toml"), LIFT.to_owned() + "# a comment\n").unwrap();
    assert!(
        said().contains("0 of 2 persons") && said().contains("the file was edited since"),
        "{}",
        said()
    );
}

#[test]
fn an_approval_that_comes_or_goes_is_an_edit() {
    let dir = with_outputs(&[("lift-1.toml", LIFT)]);
    let zhang = person(&dir, "张三");
    let config = load_here(dir.path()).unwrap();
    let mut watch = FolderWatch::new(dir.path(), config.referred);
    assert!(!watch.has_settled() && !watch.has_settled());
    approve(&dir, "lift-1", ("张三", &zhang));
    assert!(!watch.has_settled() && watch.has_settled());
    fs::remove_file(approval_file(dir.path(), "lift-1", "张三")).unwrap();
    assert!(!watch.has_settled() && watch.has_settled());
    person(&dir, "李四");
    assert!(!watch.has_settled() && watch.has_settled());
}

#[test]
fn all_faults_of_an_output_are_named_at_once() {
    let text = r#"
id = "lift-9"
action = "lift_hold"
protocol = "mqtt"
coil = 1
hold_secs = 600

[[trigger]]
type = "residual_current_hig"
device = "cabinet-1"

[[trigger]]
type = "residual_current_high"
camera = "cam-1"

[[trigger]]
type = "residual_current_high"
"#;
    check_set(
        &with_outputs(&[("lift-1.toml", text)]),
        &expect![[r#"
            outputs/lift-1.toml:1:1: output lift-1: a lift is held only while somebody tells of fire: name the devices that do in `fire_devices`
            outputs/lift-1.toml:2:1: output lift-1: `id`: the file of output lift-9 must be called lift-9.toml
            outputs/lift-1.toml:5:1: output lift-1: `coil`: only an output with protocol `modbus` has this key
            outputs/lift-1.toml:6:1: output lift-1: `hold_secs` must be a whole number from 1 to 120, found 600
            outputs/lift-1.toml:9:1: output lift-1: `type`: cabinet-1 has no rule that raises such an alert, so it moves nothing
            outputs/lift-1.toml:14:1: output lift-1: `camera`: no camera `cam-1`; did you mean `cam-01`?
            outputs/lift-1.toml:16:1: output lift-1: `trigger`: expected either `camera` or `device`, where the alert comes from
            7 faults; nothing was applied"#]],
    );
    let modbus = LIFT
        .replace("coil = 16\n", "")
        .replace("door-7", "door-8")
        .replace("tcp://10.0.0.50", "tcp://admin:secret@10.0.0.50");
    check_set(
        &with_outputs(&[("lift-1.toml", &modbus)]),
        &expect![[r#"
            outputs/lift-1.toml:1:1: output lift-1: an output with protocol `modbus` needs `coil`, the address of its coil, from 0
            outputs/lift-1.toml:5:1: output lift-1: `url`: user and password do not belong in the address, and this protocol has none
            outputs/lift-1.toml:6:17: output lift-1: `fire_devices`: no device `door-8`; did you mean `door-7`?
            3 faults; nothing was applied"#]],
    );
}
