//! Files of `devices/`: faults with their exact words, and settings with their values.

use std::fs;
use std::time::Duration;

use expect_test::{Expect, expect};
use incident::{Protocol, SourceKind};
use intake::{modbus, mqtt};
use tempfile::TempDir;

use super::{CAMERA, GATEWAY, check_set, folder, load_here};
use crate::analysis::DeviceLink;
use crate::config::{Config, Device, device_changes};

const DOOR: &str = r#"
protocol = "isapi"
url = "http://192.0.2.31"
place = { longitude = 117.112, latitude = 40.144 }

[[point]]
id = "gate"
door = 1

[[rule]]
type = "door_forced_open"
point = "gate"
"#;

const CABINET: &str = r#"
id = "cabinet-1"
name = "3号配电箱"
protocol = "modbus"
url = "tcp://192.0.2.20"
poll_interval_secs = 0.5
place = { longitude = 117.112, latitude = 40.144 }

[[point]]
id = "leakage"
kind = "residual_current"
table = "input"
address = 7
scale = 0.1

[[rule]]
type = "residual_current_high"
point = "leakage"
above = 500.0
"#;

fn with_devices(devices: &[(&str, &str)]) -> TempDir {
    let dir = folder(GATEWAY, &[("cam-01.toml", CAMERA)]);
    fs::create_dir(dir.path().join("devices")).unwrap();
    for (name, text) in devices {
        fs::write(dir.path().join("devices").join(name), text).unwrap();
    }
    dir
}

fn loaded(devices: &[(&str, &str)]) -> Config {
    load_here(with_devices(devices).path()).unwrap()
}

fn check_device(name: &str, text: &str, expected: &Expect) {
    check_set(&with_devices(&[(name, text)]), expected);
}

#[test]
fn a_device_is_called_as_its_file_and_a_missing_folder_is_no_device() {
    assert_eq!(load_here(folder(GATEWAY, &[("cam-01.toml", CAMERA)]).path()).unwrap().devices, []);
    let config = loaded(&[("door-7.toml", DOOR), ("cabinet-1.toml", CABINET)]);
    let [cabinet, door] = config.devices.as_slice() else { panic!("two devices") };
    assert_eq!((door.id.as_str(), door.name.as_str()), ("door-7", "door-7"));
    assert_eq!((cabinet.id.as_str(), cabinet.name.as_str()), ("cabinet-1", "3号配电箱"));
    let source = door.link.source();
    assert_eq!((source.kind, source.protocol), (SourceKind::AccessControl, Protocol::Isapi));
    assert_eq!(door.rules[0].id.as_str(), "gate.door_forced_open");
    let DeviceLink::Modbus(settings) = &cabinet.link else { panic!("{:?}", cabinet.link) };
    assert_eq!((settings.port, settings.poll_interval), (502, Duration::from_millis(500)));
    let point = &settings.points[0];
    assert_eq!((point.form, point.unit_id, point.address), (modbus::ValueForm::U16, 1, 7));
    let kind = format!("{:?}", cabinet.rules[0].kind);
    assert!(kind.contains("Above(500.0)") && kind.contains("hysteresis: 30.0"), "{kind}");
}

#[test]
fn an_edit_of_a_rule_leaves_the_connection_alone() {
    let change = |from: &str, to: &str| {
        let before = loaded(&[("door-7.toml", DOOR), ("cabinet-1.toml", CABINET)]);
        let after =
            loaded(&[("door-7.toml", &DOOR.replace(from, to)), ("cabinet-1.toml", CABINET)]);
        let known = before.devices.iter().map(|device: &Device| (&device.id, device)).collect();
        let changes = device_changes(&known, &after.devices);
        changes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(change("x", "x"), Vec::<String>::new());
    assert_eq!(change("point = \"gate\"", "priority = 1"), ["device door-7 judged by other rules"]);
    assert_eq!(change("117.112", "117.113"), ["device door-7 judged by other rules"]);
    assert_eq!(change("192.0.2.31", "192.0.2.32"), ["device door-7 connected again"]);
    assert_eq!(change("door = 1", "door = 2"), ["device door-7 connected again"]);
}

#[test]
fn all_faults_of_a_device_are_named_at_once() {
    let text = r#"
id = "door-8"
protocol = "isapi"
url = "http://admin:secret@192.0.2.31"
poll_interval_secs = 2.0
username = "admin"
camera = "cam-1"
place = { longitude = 117.112, latitude = 400.144 }

[[point]]
id = "gate"
door = 1
address = 5

[[point]]
id = "gate"

[[rule]]
type = "door_forced_opn"

[[rule]]
type = "door_held_open"
point = "gat"
dwell_secs = 5

[[rule]]
type = "fire_lane_blocked"

[[rule]]
type = "door_tamper"
above = 3.0

[[rule]]
type = "door_tamper"
point = "gate"
"#;
    check_device("door-7.toml", text, &expect![[""]]);
}

#[test]
fn what_a_protocol_needs_is_said() {
    let place = "place = { longitude = 117.112, latitude = 40.144 }\n";
    for (protocol, more, expected) in [
        ("modbus", "", expect![[""]]),
        ("modbus", "url = \"http://192.0.2.20\"\n[[point]]\nid = \"a\"\n", expect![[""]]),
        (
            "modbus",
            "url = \"tcp://192.0.2.20\"\n[[point]]\nid = \"a\"\naddress = 65535\nvalue = \"f32\"\nkind = \"temperature\"\n",
            expect![[""]],
        ),
        ("gb26875", "url = \"tcp://0.0.0.0:5200\"\ntransmitter = \"zz\"\n", expect![[""]]),
        ("onvif_mqtt", "[[point]]\nid = \"a\"\nkind = \"smoke\"\n", expect![[""]]),
        (
            "mqtt",
            "url = \"tcp://192.0.2.20\"\n[[point]]\nid = \"a\"\nkind = \"gas\"\n",
            expect![[""]],
        ),
        (
            "dahua",
            "url = \"https://192.0.2.20\"\n[[point]]\nid = \"a\"\nreader = 1\n",
            expect![[""]],
        ),
    ] {
        let text = format!("protocol = \"{protocol}\"\n{place}{more}");
        check_device("a-1.toml", &text, &expected);
    }
}

#[test]
fn a_device_and_a_camera_have_different_ids() {
    check_device("cam-01.toml", DOOR, &expect![[""]]);
}

#[test]
fn a_password_is_read_from_its_file_and_told_nowhere() {
    let dir = with_devices(&[(
        "door-7.toml",
        &DOOR.replace("place", "username = \"admin\"\npassword_file = \"../door.password\"\nplace"),
    )]);
    fs::write(dir.path().join("door.password"), "tr0ub4dor\n").unwrap();
    let config = load_here(dir.path()).unwrap();
    let DeviceLink::Isapi(settings) = &config.devices[0].link else { panic!("it is a door") };
    assert_eq!(settings.web.credentials.as_ref().unwrap().password, "tr0ub4dor");
    assert!(!format!("{config:?}").contains("tr0ub4dor"));
    fs::write(dir.path().join("door.password"), "\n").unwrap();
    check_set(&dir, &expect![[""]]);
}

#[test]
fn what_publishes_is_subscribed_to_by_its_id() {
    let text = "protocol = \"mqtt\"\nplace = { longitude = 117.112, latitude = 40.144 }\n\
                [[point]]\nid = \"smoke\"\nkind = \"smoke\"\n[[rule]]\ntype = \"smoke_alarm\"\n";
    let config = loaded(&[("smoke-1.toml", text)]);
    let DeviceLink::Mqtt(settings) = &config.devices[0].link else { panic!("it publishes") };
    assert_eq!(mqtt::filters(settings), ["cg/v1/110117/001/003/gw-1/in/smoke-1"]);
}
