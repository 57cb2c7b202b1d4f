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
mod charging_wire;
mod checkpoints;
mod city;
mod devices;
mod evidence;
mod faults;
mod golden;
pub(crate) mod hostile;
mod listeners;
mod outputs;
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

/// The same, at a checkpoint that counts its credentials.
pub(crate) fn door_at_a_checkpoint() -> (TempDir, Config) {
    let (folder, _) = door_that_is_seen();
    let text = "doors = [\"door-7/gate\"]\nplace = { longitude = 117.1, latitude = 40.1 }\n\
                [duty]\nhours = [\"Mon-Sun 00:00-24:00\"]\nsign_in = [\"door-7/gate\"]\n";
    fs::create_dir(folder.path().join("checkpoints")).unwrap();
    fs::write(folder.path().join("checkpoints/kk-1.toml"), text).unwrap();
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
    KnownModel {
        classes,
        scores: ModelScores { usual: 0.4, least: 0.05 },
        looks_twice: false,
        cable_score: None,
    }
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
            cameras/cam-01.toml:9:1: camera cam-01: `polygon_px`: the outline encloses no area; name the corners in order around the zone
            cameras/cam-01.toml:12:1: camera cam-01: [[rule]] number 1 has no key `dwel_secs`; did you mean `dwell_secs`?
            cameras/cam-01.toml:13:1: camera cam-01: `min_score` must be a number from 0 to 1, found 1.5
            gateway.toml:7:1: `url`: mqtt:// would send alerts to another machine unprotected: use mqtts://, or set `allow_plaintext = true` if the line is protected otherwise
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
            cameras/cam-02.toml:2:1: camera cam-01: `id`: cameras/cam-01.toml has the same id
            1 fault; nothing was applied"#]],
    );
    check_set(
        &folder(GATEWAY, &[]),
        &expect![[r#"
        warning: cameras: no cameras yet: write one file <id>.toml for each
        sound"#]],
    );
    let half = TempDir::new().unwrap();
    fs::write(half.path().join("gateway.toml"), GATEWAY).unwrap();
    check_set(
        &half,
        &expect![[r#"
            cameras: there is no such folder: make it, also if there is no camera yet
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn a_folder_that_is_none_is_told_before_what_it_should_hold() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name);
    for folder in ["empty", "other"] {
        fs::create_dir(at(folder)).unwrap();
    }
    fs::write(at("file"), "").unwrap();
    fs::write(at("other/notes.txt"), "").unwrap();
    std::os::unix::fs::symlink(at("gone"), at("link")).unwrap();
    let names = ["confg", "file", "file/config", "empty", "other", "link"];
    let mut said: String = names
        .iter()
        .map(|name| load_here(&at(name)).unwrap_err().to_string() + "\n")
        .collect::<String>()
        .replace(&format!("{}/", dir.path().display()), "");
    said.push_str(&load_here(Path::new("")).unwrap_err().to_string());
    said.push('\n');
    said.push_str(&load_here(Path::new("no-such-config")).unwrap_err().to_string());
    let here = std::env::current_dir().unwrap();
    expect![[r#"
        confg: there is no such folder
        1 fault; nothing was applied
        file: this is a file, and --config needs its folder; a configuration folder holds gateway.toml and cameras/
        1 fault; nothing was applied
        file/config: there is no such folder: a part of this path is a file
        1 fault; nothing was applied
        empty: this folder is empty; a configuration folder holds gateway.toml and cameras/
        1 fault; nothing was applied
        other: this is another folder: it holds neither of the two; a configuration folder holds gateway.toml and cameras/
        1 fault; nothing was applied
        link: this link leads to nothing; is the disk there?
        1 fault; nothing was applied
        "": there is no such folder; looked for in HERE
        1 fault; nothing was applied
        no-such-config: there is no such folder; looked for in HERE
        1 fault; nothing was applied"#]].assert_eq(&said.replace(&here.display().to_string(), "HERE"));
}

#[test]
fn a_file_that_is_named_and_is_not_good_is_told_with_its_key() {
    let dir = folder("", &[("cam-01.toml", "")]);
    let at = |name: &str| dir.path().join(name);
    fs::write(at("empty.pem"), "").unwrap();
    fs::set_permissions(at("empty.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink(at("gone"), at("link.pem")).unwrap();
    let mqtt = GATEWAY.replace("mqtt://localhost", "mqtts://localhost");
    let mut said = String::new();
    for name in ["missing.pem", "empty.pem", "link.pem", "cameras"] {
        let keys = ["ca_file", "client_cert_file", "client_key_file", "password_file"];
        let keys = keys.map(|key| format!("{key} = \"{name}\"\n")).concat();
        let evidence =
            ["cert_file", "key_file", "token_file", "signing_key_file", "originals_key_file"];
        let evidence = evidence.map(|key| format!("{key} = \"{name}\"\n")).concat();
        let gateway = mqtt.replace("[mqtt]\n", &format!("[mqtt]\nusername = \"u\"\n{keys}"));
        let gateway = format!(
            "{gateway}onnxruntime_file = \"{name}\"\n[evidence]\nlisten = \"127.0.0.1:1\"\n{evidence}"
        );
        fs::write(at("gateway.toml"), &gateway).unwrap();
        let camera = CAMERA.replace("rtsp:", "rtsps:").replace(
            "place =",
            &format!("ca_file = \"../{name}\"\ncredentials_file = \"../{name}\"\nplace ="),
        );
        fs::write(at("cameras/cam-01.toml"), &camera).unwrap();
        let Err(faults) = load_here(dir.path()) else { panic!("{name} is no good file") };
        let faults = faults.to_string();
        let keys_of = |text: &str, file: &str| -> Vec<(String, String)> {
            let lines = text.lines().zip(1..).filter(|(line, _)| line.contains("_file = "));
            let keys = lines.map(|(line, at)| {
                let key = line.split(' ').next().unwrap_or_default();
                (format!("{file}:{at}:"), format!("`{key}`"))
            });
            keys.collect()
        };
        let mut keys = keys_of(&gateway, "gateway.toml");
        keys.extend(keys_of(&camera, "cam-01.toml"));
        assert_eq!(keys.len(), 12);
        for (place, key) in keys {
            // An empty library may be one; that empty credentials lack a user stands at their own line.
            let is_at_place = |line: &str| match (name, key.as_str()) {
                ("empty.pem", "`credentials_file`") => line.contains("empty.pem:"),
                _ => line.contains(&place),
            };
            let is_told = |line: &str| is_at_place(line) && line.contains(&key);
            let is_empty_library = name == "empty.pem" && key == "`onnxruntime_file`";
            assert!(
                is_empty_library || faults.lines().any(is_told),
                "{name}: {place} {key} in\n{faults}"
            );
        }
        said.push_str(&faults);
        said.push('\n');
    }
    assert!(said.contains("empty.pem is empty"), "{said}");
    assert!(said.contains("a link that leads to nothing"), "{said}");
}

#[test]
fn credentials_stay_out_of_every_message() {
    let camera = CAMERA.replace("place =", "credentials_file = \"../login.toml\"\nplace =");
    let dir = folder(GATEWAY, &[("cam-01.toml", &camera)]);
    let file = dir.path().join("login.toml");
    check_set(
        &dir,
        &expect![[r#"
            cameras/cam-01.toml:4:1: camera cam-01: `credentials_file`: there is no such file; names count from the folder of cam-01.toml
            1 fault; nothing was applied"#]],
    );
    fs::write(&file, "user = \"admin\"\npassword = 4711\npin = \"0815\"").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    check_set(
        &dir,
        &expect![[r#"
            login.toml:2:1: `credentials_file` of camera cam-01: `password` must be text of 1 to 256 characters, found something else
            login.toml:3:1: `credentials_file` of camera cam-01: the file has no such key; known here: password, user
            2 faults; nothing was applied"#]],
    );
    // What stands left of the equals sign may be the password, or nearly a key.
    fs::write(&file, "user = \"admin\"\ns3cret = \"\"\npasword = \"\"").unwrap();
    check_set(
        &dir,
        &expect![[r#"
            login.toml:1:1: `credentials_file` of camera cam-01: the file lacks `password`; expected text of 1 to 256 characters
            login.toml:2:1: `credentials_file` of camera cam-01: the file has no such key; known here: password, user
            login.toml:3:1: `credentials_file` of camera cam-01: the file has no key `pasword`; did you mean `password`?
            3 faults; nothing was applied"#]],
    );
    fs::write(&file, "user = \"admin\"\npassword = \"s3cret\"").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    check_set(
        &dir,
        &expect![[r#"
            warning: cameras/cam-01.toml:4:1: camera cam-01: `credentials_file`: login.toml can be read by every user of this machine; run: chmod 600 login.toml
            sound"#]],
    );
    let config = load_here(dir.path()).unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
    let login = config.cameras[0].stream.credentials.as_ref().unwrap();
    assert_eq!((login.user.as_str(), login.password.as_str()), ("admin", "s3cret"));
}
