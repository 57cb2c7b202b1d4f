//! Faults with their exact words, and settings with their values.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use expect_test::{Expect, expect};
use incident::{IncidentTypes, LifecycleSettings};
use rule::ModelScores;
use rule::kind::obstruction::ObstructionSettings;
use scene::Class;
use tempfile::TempDir;

use super::faults::Faults;
use super::known_model::KnownModel;

use super::{Config, References, examine_folder};

mod calibration;
mod city;
mod devices;
mod evidence;
mod faults;
mod golden;
pub(crate) mod hostile;
mod rules;
mod second_look;
mod secrets;
mod shipped;
mod strays;

const GATEWAY: &str = r#"
[gateway]
id = "gw-1"
area = { county = "110117", street = "001", community = "003" }

[mqtt]
url = "mqtt://localhost"

[inference]
model_dir = "."
"#;

const CAMERA: &str = r#"
id = "cam-01"
url = "rtsp://10.0.0.5/stream"
place = { longitude = 117.112, latitude = 40.144 }
picture_px = [768, 576]

[[zone]]
id = "shutter"
polygon_px = [[640, 80], [732, 80], [732, 112], [640, 112]]

[[rule]]
type = "fire_passage_blocked"
zone = "shutter"
classes = ["car", "truck"]
"#;

/// A folder with one door, which a camera sees, and what it says.
pub(crate) fn door_that_is_seen() -> (TempDir, Config) {
    // Nobody listens there.
    let door = devices::DOOR.replace("192.0.2.31", "127.0.0.1:9");
    let folder = devices::with_devices(&[("door-7.toml", &format!("camera = \"cam-01\"\n{door}"))]);
    let config = load_here(folder.path()).unwrap();
    (folder, config)
}

fn folder(gateway: &str, cameras: &[(&str, &str)]) -> TempDir {
    folder_in(TempDir::new().unwrap(), gateway, cameras)
}

fn folder_in(dir: TempDir, gateway: &str, cameras: &[(&str, &str)]) -> TempDir {
    fs::create_dir(dir.path().join("cameras")).unwrap();
    fs::write(dir.path().join("gateway.toml"), gateway).unwrap();
    for (name, text) in cameras {
        fs::write(dir.path().join("cameras").join(name), text).unwrap();
    }
    dir
}

/// A model that knows these classes.
fn knowing(classes: Vec<Class>) -> KnownModel {
    KnownModel { classes, scores: ModelScores { usual: 0.4, least: 0.05 }, looks_twice: false }
}

fn load_here(dir: &Path) -> Result<Config, Faults> {
    load_knowing(dir, &["person", "car", "truck", "bus"])
}

/// Loads the folder beside a model that knows these classes.
fn load_knowing(dir: &Path, classes: &[&str]) -> Result<Config, Faults> {
    let model_in = |_: &Path| Ok(knowing(classes.iter().map(|it| Class::new(it)).collect()));
    static STANDARD: LazyLock<IncidentTypes> =
        LazyLock::new(|| IncidentTypes::parse(IncidentTypes::STANDARD).unwrap());
    let references = References { incident_types: &STANDARD, model_in: &model_in };
    examine_folder(dir, &references).outcome
}

/// Loads the folder and compares every line that it says, the path of its tree left out.
fn check(tree: &TempDir, folder: &Path, expected: &Expect) {
    let said = match load_here(folder) {
        Ok(config) => {
            let warnings = config.warnings.iter().map(|warning| format!("warning: {warning}\n"));
            format!("{}sound", warnings.collect::<String>())
        }
        Err(faults) => faults.to_string(),
    };
    expected.assert_eq(&said.replace(&format!("{}/", tree.path().display()), ""));
}

fn check_set(dir: &TempDir, expected: &Expect) {
    check(dir, dir.path(), expected);
}

fn check_gateway(gateway: &str, expected: &Expect) {
    check_set(&folder(gateway, &[("cam-01.toml", CAMERA)]), expected);
}

fn check_camera(camera: &str, expected: &Expect) {
    check_set(&folder(GATEWAY, &[("cam-01.toml", camera)]), expected);
}

#[test]
fn three_mistakes_in_a_camera_and_one_in_the_gateway_are_all_named() {
    let gateway = GATEWAY.replace("mqtt://localhost", "mqtt://broker.example");
    let camera = CAMERA
        .replace("[[rule]]", "[[rule]]\ndwel_secs = 20\nmin_score = 1.5")
        .replace("[732, 112], [640, 112]", "[640, 112], [732, 112]");
    check_set(
        &folder(&gateway, &[("cam-01.toml", &camera)]),
        &expect![[r#"
            cameras/cam-01.toml:9:1: camera cam-01: the outline encloses no area; name the corners in order around the zone
            cameras/cam-01.toml:12:1: camera cam-01: [[rule]] number 1 has no key `dwel_secs`; did you mean `dwell_secs`?
            cameras/cam-01.toml:13:1: camera cam-01: `min_score` must be a number from 0 to 1, found 1.5
            gateway.toml:7:1: mqtt:// would send alerts to another machine unprotected: use mqtts://, or set `allow_plaintext = true` if the line is protected otherwise
            4 faults; nothing was applied"#]],
    );
}

#[test]
fn a_sound_set_has_no_option_left() {
    let dir = folder(GATEWAY, &[("cam-01.toml", CAMERA)]);
    check_set(&dir, &expect!["sound"]);
    let config = load_here(dir.path()).unwrap();
    assert_eq!(config.mqtt.broker.to_string(), "mqtt://localhost:1883");
    assert_eq!(config.mqtt.client_id, "gw-1");
    assert_eq!(config.gateway.utc_offset.seconds(), 8 * 3600);
    assert_eq!(config.http.public_url.as_str(), "http://127.0.0.1:18080/");
    let [camera] = config.cameras.as_slice() else { panic!("one camera") };
    assert_eq!(camera.stream.transport, ::camera::Transport::Tcp);
    assert_eq!(camera.grid.division_code(), Some("110117001003"));
    let [rule] = camera.rules.as_slice() else { panic!("one rule") };
    assert_eq!(rule.id.as_str(), "shutter.fire_passage_blocked");
    assert_eq!(rule.zone.id.as_str(), "cam-01.shutter");
    assert_eq!((rule.incident.priority, rule.lifecycle), (2, LifecycleSettings::default()));
    let passage = rule.kind.settings::<ObstructionSettings>().unwrap();
    assert_eq!(passage.dwell, Duration::from_secs(300));
    assert_eq!(passage.gap_tolerance, Duration::from_secs(10));
    let [corner, ..] = rule.zone.polygon.corners() else { panic!("corners") };
    assert!((corner.x - 640.0 / 768.0).abs() < 1e-6 && (corner.y - 80.0 / 576.0).abs() < 1e-6);
}

#[test]
fn files_that_are_no_text_say_where() {
    let dir = folder(GATEWAY, &[]);
    fs::write(dir.path().join("cameras/cam-01.toml"), b"# \xe8\xb7\xaf\nname = \"\xb7\xc9\"")
        .unwrap();
    check_set(
        &dir,
        &expect![[r#"
        cameras/cam-01.toml:2:9: camera cam-01: this is not UTF-8 text
        1 fault; nothing was applied"#]],
    );
}

#[test]
fn cameras_do_not_share_an_id() {
    let dir = folder(GATEWAY, &[("cam-01.toml", CAMERA), ("cam-02.toml", CAMERA)]);
    check_set(
        &dir,
        &expect![[r#"
        cameras/cam-02.toml:2:1: camera cam-01: cameras/cam-01.toml has the same id
        1 fault; nothing was applied"#]],
    );
    check_set(
        &folder(GATEWAY, &[]),
        &expect![[r#"
        warning: cameras: no cameras yet: write one file <id>.toml for each
        sound"#]],
    );
    check_set(
        &TempDir::new().unwrap(),
        &expect![[r#"
            cameras: there is no such folder: make it, also if there is no camera yet
            gateway.toml: cannot be read: No such file or directory
            2 faults; nothing was applied"#]],
    );
}

#[test]
fn credentials_stay_out_of_every_message() {
    let camera = CAMERA.replace("place =", "credentials_file = \"../login.toml\"\nplace =");
    let dir = folder(GATEWAY, &[("cam-01.toml", &camera)]);
    let file = dir.path().join("login.toml");
    check_set(
        &dir,
        &expect![[r#"
            cameras/cam-01.toml:4:1: camera cam-01: there is no such file; names count from the folder of cam-01.toml
            1 fault; nothing was applied"#]],
    );
    fs::write(&file, "user = \"admin\"\npassword = 4711\npin = \"0815\"").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    check_set(
        &dir,
        &expect![[r#"
            login.toml:2:1: camera cam-01: `password` must be text of 1 to 256 characters, found something else
            login.toml:3:1: camera cam-01: the file has no key `pin`; known here: password, user
            2 faults; nothing was applied"#]],
    );
    fs::write(&file, "user = \"admin\"\npassword = \"s3cret\"").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    check_set(
        &dir,
        &expect![[r#"
            warning: cameras/cam-01.toml:4:1: camera cam-01: login.toml can be read by every user of this machine; run: chmod 600 login.toml
            sound"#]],
    );
    let config = load_here(dir.path()).unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
    let login = config.cameras[0].stream.credentials.as_ref().unwrap();
    assert_eq!((login.user.as_str(), login.password.as_str()), ("admin", "s3cret"));
}
