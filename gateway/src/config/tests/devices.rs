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

/// A fire transmitter.
pub(super) const PANEL: &str = r#"
protocol = "gb26875"
url = "tcp://127.0.0.1:5200"
transmitter = "110105000001"
place = { longitude = 117.112, latitude = 40.144 }

[[point]]
id = "hall"
kind = "smoke"
system = 1
component = 1

[[rule]]
type = "smoke_alarm"
"#;

pub(super) const DOOR: &str = r#"
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

pub(super) const CABINET: &str = r#"
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

pub(super) fn with_devices(devices: &[(&str, &str)]) -> TempDir {
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
place = { longitude = 117.112, latitude = 40.144 }

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
    check_device(
        "door-7.toml",
        text,
        &expect![[r#"
            devices/door-7.toml:2:1: device door-8: `id`: the file of device door-8 must be called door-8.toml
            devices/door-7.toml:4:1: device door-8: `url`: user and password do not belong in the address: write the user into `username`, the password into a file, and name it in `password_file`
            devices/door-7.toml:5:1: device door-8: `poll_interval_secs` means nothing to a device that speaks `isapi`
            devices/door-7.toml:6:1: device door-8: `username` needs `password_file`, a file with the password in its first line
            devices/door-7.toml:7:1: device door-8: `camera`: no camera `cam-1`; did you mean `cam-01`?
            devices/door-7.toml:13:1: device door-8: `address` means nothing to a device that speaks `isapi`
            devices/door-7.toml:15:1: device door-8: [[point]] needs one of `door`, `reader` and `input`
            devices/door-7.toml:16:1: device door-8: `id`: another point is called so already
            devices/door-7.toml:19:1: device door-8: `type`: no incident type `door_forced_opn`; did you mean `door_forced_open`?
            devices/door-7.toml:23:1: device door-8: `point`: no point `gat`; did you mean `gate`?
            devices/door-7.toml:24:1: device door-8: [[rule]] number 2 has no key `dwell_secs`; known here: above, after_secs, below, clear_after_secs, count, daily_cap, events, grace_secs, hold_secs, hours, hysteresis, id and 9 more
            devices/door-7.toml:26:1: device door-8: [[rule]] lacks `kind`, and type `fire_lane_blocked` is not judged on signals by default; expected one of "flag", "event", "forced", "limit", "silent", "absent"
            devices/door-7.toml:31:1: device door-8: `above` means nothing to a rule of kind `flag`
            devices/door-7.toml:34:1: device door-8: `type`: another rule reports this type at this point already: there is one alert for each point and type, and a rule without a point judges every point
            14 faults; nothing was applied"#]],
    );
}

#[test]
fn what_a_protocol_needs_is_said() {
    let place = "place = { longitude = 117.112, latitude = 40.144 }\n";
    for (protocol, more, expected) in [
        (
            "modbus",
            "",
            expect![[r#"
            devices/a-1.toml:1:1: device a-1: this protocol needs `url`; expected tcp://host:port, such as tcp://192.0.2.20:502
            1 fault; nothing was applied"#]],
        ),
        (
            "modbus",
            "url = \"http://192.0.2.20\"\n[[point]]\nid = \"a\"\n",
            expect![[r#"
                devices/a-1.toml:3:1: device a-1: `url`: expected tcp://host:port, such as tcp://192.0.2.20:502
                1 fault; nothing was applied"#]],
        ),
        (
            "modbus",
            "url = \"tcp://192.0.2.20\"\n[[point]]\nid = \"a\"\naddress = 65535\nvalue = \"f32\"\nkind = \"temperature\"\n",
            expect![[r#"
                devices/a-1.toml:6:1: device a-1: `address`: expected an address whose value ends within the table
                1 fault; nothing was applied"#]],
        ),
        (
            "gb26875",
            "url = \"tcp://0.0.0.0:5200\"\ntransmitter = \"zz\"\n",
            expect![[r#"
                devices/a-1.toml:4:1: device a-1: `transmitter`: expected 12 hexadecimal digits, or with dialect `short` a user code of 1 to 6 characters
                1 fault; nothing was applied"#]],
        ),
        (
            "onvif_mqtt",
            "[[point]]\nid = \"a\"\nkind = \"smoke\"\n",
            expect![[r#"
            devices/a-1.toml:1:1: device a-1: a device that speaks `onvif_mqtt` needs `topic_prefix`, what its topics begin with before /onvif-ej/
            1 fault; nothing was applied"#]],
        ),
        (
            "mqtt",
            "url = \"tcp://192.0.2.20\"\n[[point]]\nid = \"a\"\nkind = \"gas\"\n",
            expect![[r#"
                devices/a-1.toml:3:1: device a-1: `url` means nothing to a device that speaks `mqtt`
                devices/a-1.toml:4:1: device a-1: [[point]] needs `kind`, what it tells of, such as "smoke" or "temperature"
                devices/a-1.toml:6:1: device a-1: `kind` must be one of "door_contact", "lock", "door_event", "tamper", "smoke", "residual_current", "temperature", "water_level", found another text
                3 faults; nothing was applied"#]],
        ),
        (
            "dahua",
            "url = \"https://192.0.2.20\"\n[[point]]\nid = \"a\"\nreader = 1\n",
            expect![[r#"
                devices/a-1.toml:3:1: device a-1: `url`: https:// needs `ca_file`, the certificate (PEM) of the authority that signed the device's, or `certificate_sha256`, the fingerprint of the device's own; `openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -fingerprint -sha256` prints the fingerprint
                devices/a-1.toml:6:1: device a-1: `reader` means nothing to a device that speaks `dahua`
                2 faults; nothing was applied"#]],
        ),
    ] {
        let text = format!("protocol = \"{protocol}\"\n{place}{more}");
        check_device("a-1.toml", &text, &expected);
    }
}

#[test]
fn a_device_and_a_camera_have_different_ids() {
    check_device(
        "cam-01.toml",
        DOOR,
        &expect![[r#"
            devices/cam-01.toml:1:1: device cam-01: `id`: camera cam-01 has the same id: alerts and topics could not tell them apart
            1 fault; nothing was applied"#]],
    );
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
    check_set(
        &dir,
        &expect![[r#"
            devices/door-7.toml:5:1: device door-7: `password_file`: door.password holds no password in its first line: its first line is empty
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn what_publishes_is_subscribed_to_below_the_gateway() {
    let text = "protocol = \"mqtt\"\nplace = { longitude = 117.112, latitude = 40.144 }\n\
                [[point]]\nid = \"smoke\"\nkind = \"smoke\"\n[[rule]]\ntype = \"smoke_alarm\"\n";
    let config = loaded(&[("smoke-1.toml", text)]);
    let DeviceLink::Mqtt(settings) = &config.devices[0].link else { panic!("it publishes") };
    assert_eq!(mqtt::filters(settings), ["cg/v1/110117/001/003/gw-1/in/+"]);
}

#[test]
fn two_files_are_not_one_device() {
    let other_unit = CABINET
        .replace("cabinet-1", "cabinet-2")
        .replace("address = 7", "address = 7\nunit_id = 2");
    let sound =
        [("door-7.toml", DOOR), ("cabinet-1.toml", CABINET), ("cabinet-2.toml", &other_unit)];
    check_set(
        &with_devices(&sound),
        &expect![[r#"
        warning: devices/cabinet-1.toml:5:1: device cabinet-1: `url`: this is the address of the example, which no device has; write the one of yours
        warning: devices/cabinet-2.toml:5:1: device cabinet-2: `url`: this is the address of the example, which no device has; write the one of yours
        warning: devices/door-7.toml:3:1: device door-7: `url`: this is the address of the example, which no device has; write the one of yours
        sound"#]],
    );
    let ej = r#"
protocol = "onvif_mqtt"
topic_prefix = "site/door"
place = { longitude = 117.112, latitude = 40.144 }

[[point]]
id = "gate"
kind = "door_contact"
topic = "Door/State/DoorPhysicalState"
source = "door-1"
item = "State"

[[rule]]
type = "door_held_open"
"#;
    let same_unit = CABINET.replace("cabinet-1", "cabinet-2").replace("address = 7", "address = 9");
    let upper = DOOR.replace("http://192.0.2.31", "http://192.0.2.31:80/");
    check_set(
        &with_devices(&[
            ("a.toml", PANEL),
            ("b.toml", PANEL),
            ("cabinet-1.toml", CABINET),
            ("cabinet-2.toml", &same_unit),
            ("door-7.toml", DOOR),
            ("door-8.toml", &upper),
            ("m.toml", ej),
            ("n.toml", ej),
        ]),
        &expect![[r#"
            devices/b.toml:4:1: device b: `transmitter`: device a (a.toml:4:1) has transmitter 110105000001 at port 5200 already, and only one of them would be heard rightly: give all points to one file, or correct one of the two
            devices/cabinet-2.toml:5:1: device cabinet-2: `url`: device cabinet-1 (cabinet-1.toml:5:1) has unit 1 of 192.0.2.20 port 502 already, and only one of them would be heard rightly: give all points to one file, or correct one of the two
            devices/door-8.toml:3:1: device door-8: `url`: device door-7 (door-7.toml:3:1) has 192.0.2.31 port 80 by isapi already, and only one of them would be heard rightly: give all points to one file, or correct one of the two
            devices/n.toml:3:1: device n: `topic_prefix`: device m (m.toml:3:1) has topic site/door/onvif-ej/# already, and only one of them would be heard rightly: give all points to one file, or correct one of the two
            4 faults; nothing was applied"#]],
    );
}
