//! The files that ship: the reference of all keys, the sample, the demo.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use expect_test::expect;
use incident::{GridLevel, IncidentTypes, LifecycleSettings};
use rule::kind::standing::StandingSettings;
use scene::{Class, Point};
use serde_json::Value;
use tempfile::TempDir;

use super::super::document::Document;
use super::super::egova_file::TOKEN_PLACES;
use super::super::folder_watch::FolderWatch;
use super::super::gateway_file::{CLIENTS, GRID_LEVELS, GatewayFile, PRECISIONS, TRANSPORTS};
use super::super::mqtt_file::PROTOCOLS;
use super::super::{Config, FileKind, References, examine_folder, schema_json};
use super::{check, knowing, load_here};

/// A file or folder of the repository.
pub(super) fn shipped(path: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path)
}

/// A copy of the TOML files of a shipped folder, as deep in a tree of its own, where models and
/// certificates stand where the files expect them.
fn copied(folder: &str) -> (TempDir, PathBuf) {
    let tree = TempDir::new().unwrap();
    let copy = tree.path().join(folder);
    for part in ["", "cameras", "checkpoints", "credentials", "devices", "outputs"] {
        fs::create_dir_all(copy.join(part)).unwrap();
        let Ok(entries) = shipped(folder).join(part).read_dir() else {
            continue;
        };
        for entry in entries.map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            fs::copy(entry.path(), copy.join(part).join(entry.file_name())).unwrap();
        }
    }
    fs::create_dir_all(tree.path().join("models/yolox-nano")).unwrap();
    let net = tree.path().join("models/charging-wire");
    fs::create_dir_all(&net).unwrap();
    for file in ["model.toml", "charging-wire.onnx"] {
        fs::copy(shipped("models/charging-wire").join(file), net.join(file)).unwrap();
    }
    fs::create_dir_all(copy.join("certificates")).unwrap();
    for (name, kind) in
        [("ca.pem", "CERTIFICATE"), ("gateway.pem", "CERTIFICATE"), ("gateway.key", "PRIVATE KEY")]
    {
        let path = copy.join("certificates").join(name);
        fs::write(&path, format!("-----BEGIN {kind}-----\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    (tree, copy)
}

fn decoded(text: &str) -> GatewayFile {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("gateway.toml");
    fs::write(&file, text).unwrap();
    Document::read(&file).unwrap().decode().unwrap()
}

#[test]
fn the_shipped_gateway_file_is_the_defaults() {
    let text = fs::read_to_string(shipped("config/gateway.toml")).unwrap();
    let least = r#"
        [gateway]
        id = "gw-1"
        area = { county = "110117", street = "001", community = "003" }
        [mqtt]
        url = "mqtts://localhost:8883"
        ca_file = "certificates/ca.pem"
        client_cert_file = "certificates/gateway.pem"
        client_key_file = "certificates/gateway.key"
    "#;
    assert_eq!(decoded(&text), decoded(least));
}

#[test]
fn the_shipped_files_write_every_key() {
    for (kind, file) in [
        (FileKind::Gateway, "config/gateway.toml"),
        (FileKind::Camera, "config/cameras/example.toml.sample"),
    ] {
        let text = fs::read_to_string(shipped(file)).unwrap();
        writes_every_key(kind, file, &text);
    }
    let files = ["door-controller", "cabinet", "sensor", "fire-panel"].map(|name| {
        fs::read_to_string(shipped(&format!("config/devices/{name}.toml.sample"))).unwrap()
    });
    writes_every_key(FileKind::Device, "config/devices", &files.concat());
    let file = "config/checkpoints/checkpoint.toml.sample";
    let text = fs::read_to_string(shipped(file)).unwrap();
    writes_every_key(FileKind::Checkpoint, file, &text);
    let output = "config/outputs/lift.toml.sample";
    let text = fs::read_to_string(shipped(output)).unwrap() + "device = \"\"";
    writes_every_key(FileKind::Output, output, &text);
}

fn writes_every_key(kind: FileKind, file: &str, text: &str) {
    let schema: Value = serde_json::from_str(&schema_json(kind)).unwrap();
    let mut keys = Vec::new();
    collect_keys(&schema, &mut keys);
    assert!(keys.len() > 15, "{keys:?}");
    for key in keys {
        let written = [format!("{key} = "), format!("[{key}]")];
        assert!(written.iter().any(|form| text.contains(form)), "{file} lacks {key}");
    }
}

fn collect_keys(schema: &Value, keys: &mut Vec<String>) {
    if let Some(Value::Object(properties)) = schema.get("properties") {
        for (key, schema) in properties {
            keys.push(key.clone());
            assert!(schema["description"].is_string(), "{key} is not described");
            collect_keys(schema, keys);
        }
    }
    if let Some(items) = schema.get("items") {
        collect_keys(items, keys);
    }
}

#[test]
fn the_shipped_folder_is_sound() {
    let (tree, folder) = copied("config");
    check(
        &tree,
        &folder,
        &expect![
            "
            warning: config/cameras: no cameras yet: write one file <id>.toml for each
            sound"
        ],
    );
    let sample = folder.join("cameras/example.toml.sample");
    fs::rename(sample, folder.join("cameras/cam-0412.toml")).unwrap();
    for (sample, id) in [
        ("door-controller", "door-07"),
        ("cabinet", "cabinet-3"),
        ("sensor", "smoke-12"),
        ("fire-panel", "fire-panel-2"),
    ] {
        let from = folder.join(format!("devices/{sample}.toml.sample"));
        fs::rename(from, folder.join(format!("devices/{id}.toml"))).unwrap();
    }
    let from = folder.join("checkpoints/checkpoint.toml.sample");
    fs::rename(from, folder.join("checkpoints/kk-1.toml")).unwrap();
    check(
        &tree,
        &folder,
        &expect![[r#"
            warning: config/cameras/cam-0412.toml:7:1: camera cam-0412: `name`: this is still the example's (示例); alerts would say it of your camera
            warning: config/cameras/cam-0412.toml:9:1: camera cam-0412: `url`: this is the address of the example, which no camera has; write the one of yours
            warning: config/cameras/cam-0412.toml:40:1: camera cam-0412: `address`: this is still the example's (示例); alerts would say it of your camera
            warning: config/cameras/cam-0412.toml:61:1: camera cam-0412: `path`: this is still the example's (示例); alerts would say it of your camera
            warning: config/devices/cabinet-3.toml:4:1: device cabinet-3: `name`: this is still the example's (示例); alerts would say it of your device
            warning: config/devices/cabinet-3.toml:7:1: device cabinet-3: `url`: this is the address of the example, which no device has; write the one of yours
            warning: config/devices/door-07.toml:8:1: device door-07: `name`: this is still the example's (示例); alerts would say it of your device
            warning: config/devices/door-07.toml:13:1: device door-07: `url`: this is the address of the example, which no device has; write the one of yours
            warning: config/devices/door-07.toml:34:1: device door-07: `address`: this is still the example's (示例); alerts would say it of your device
            warning: config/devices/door-07.toml:40:1: device door-07: `path`: this is still the example's (示例); alerts would say it of your device
            warning: config/devices/fire-panel-2.toml:5:1: device fire-panel-2: `name`: this is still the example's (示例); alerts would say it of your device
            warning: config/devices/smoke-12.toml:5:1: device smoke-12: `name`: this is still the example's (示例); alerts would say it of your device
            sound"#]],
    );
    let config = load_here(&folder).unwrap();
    assert_eq!(config.cameras[0].rules[0].lifecycle, LifecycleSettings::default());
}

/// What the shipped detector knows.
fn shipped_classes() -> Vec<Class> {
    let manifest = fs::read_to_string(shipped("models/yolox-nano/model.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let classes = manifest["classes"].as_array().unwrap();
    classes.iter().map(|class| Class::new(class.as_str().unwrap())).collect()
}

/// What a scenario's gateway is given.
fn scenario(name: &str) -> Config {
    let (tree, folder) = copied(&format!("hw-sim/scenarios/{name}"));
    let certificates = tree.path().join(".demo/certificates");
    fs::create_dir_all(&certificates).unwrap();
    for (name, kind) in [
        ("ca.pem", "CERTIFICATE"),
        ("gateway.pem", "CERTIFICATE"),
        ("gateway.key", "PRIVATE KEY"),
        ("evidence.pem", "CERTIFICATE"),
        ("evidence.key", "PRIVATE KEY"),
    ] {
        fs::write(certificates.join(name), format!("-----BEGIN {kind}-----\n")).unwrap();
    }
    let tokens = certificates.join("evidence.tokens");
    fs::write(tokens, format!("judge:{}\n", "0".repeat(64))).unwrap();
    // What `make setup` fetches.
    fs::create_dir_all(tree.path().join(".ort")).unwrap();
    fs::write(tree.path().join(".ort/libonnxruntime.so"), "").unwrap();
    let model_in = |_: &Path| Ok(knowing(shipped_classes()));
    let incident_types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    let references = References { incident_types: &incident_types, model_in: &model_in };
    examine_folder(&folder, &references).outcome.unwrap_or_else(|faults| panic!("{name}: {faults}"))
}

#[test]
fn every_scenario_is_sound() {
    let folders = shipped("hw-sim/scenarios").read_dir().unwrap().map(Result::unwrap);
    let scenarios: Vec<PathBuf> = folders
        .map(|entry| entry.path())
        .filter(|path| path.join("gateway.toml").exists())
        .collect();
    assert!(scenarios.len() >= 9, "{scenarios:?}");
    for path in scenarios {
        let config = scenario(path.file_name().unwrap().to_str().unwrap());
        assert!(config.cameras.iter().all(|camera| !camera.rules.is_empty()), "{path:?}");
    }
}

#[test]
fn the_demos_van_stands_in_the_zone() {
    let config = scenario("street");
    assert_eq!(config.cameras.len(), 5);
    assert!(config.mqtt.broker.tls && config.gateway.test);
    for camera in &config.cameras {
        let rule = &camera.rules[0];
        let foot = |x: f32, y: f32| Point { x: x / 768.0, y: y / 576.0 };
        assert_eq!(rule.incident.code.as_str(), "fire_passage_blocked");
        assert!(rule.zone.polygon.contains(foot(688.0, 101.0)));
        assert!(!rule.zone.polygon.contains(foot(751.0, 95.0)));
        let van = rule.kind.settings::<StandingSettings>().unwrap();
        assert_eq!(van.dwell.as_secs(), 20);
    }
}

#[test]
fn alerts_know_every_grid_level() {
    for level in GRID_LEVELS {
        serde_json::from_value::<GridLevel>(Value::from(level)).unwrap();
    }
}

#[test]
fn every_word_that_the_schema_offers_is_known() {
    fn each_is_a<T: serde::de::DeserializeOwned>(words: &[&str]) {
        for word in words {
            let decoded = serde_json::from_value::<T>(Value::from(*word));
            assert!(decoded.is_ok(), "{word}");
        }
    }
    each_is_a::<::camera::Transport>(&TRANSPORTS);
    each_is_a::<::camera::Client>(&CLIENTS);
    each_is_a::<detector::Precision>(&PRECISIONS);
    each_is_a::<delivery::Protocol>(&PROTOCOLS);
    each_is_a::<crate::northbound::egova::TokenPlace>(&TOKEN_PLACES);
}

#[test]
fn of_a_model_and_a_city_what_is_read_is_watched_and_no_text_beside_it() {
    let (tree, folder) = copied("config");
    let model = tree.path().join("models/yolox-nano");
    for file in ["model.toml", "README.md"] {
        fs::copy(shipped("models/yolox-nano").join(file), model.join(file)).unwrap();
    }
    // The weights are not there, and are waited for.
    let (loaded, referred) = super::super::load::examine(&folder);
    assert!(loaded.is_err());
    let within = |folder: &str| -> Vec<String> {
        let files = referred.noted().map(|(path, _)| path);
        let files = files.filter(|path| path.parent().is_some_and(|it| it.ends_with(folder)));
        files.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(within("models/yolox-nano"), ["model.toml", "yolox-nano.onnx"]);
    // A copy of them is under way, and is all that changes from now on.
    let weights = model.join("yolox-nano.onnx");
    fs::write(&weights, "the first part").unwrap();
    let (loaded, referred) = super::super::load::examine(&folder);
    assert!(loaded.is_err());
    let mut watch = FolderWatch::new(&folder, referred);
    assert!(!watch.has_settled() && !watch.has_settled());
    fs::copy(shipped("models/yolox-nano/yolox-nano.onnx"), &weights).unwrap();
    assert!(!watch.has_settled() && watch.has_settled(), "they are whole");
    let (loaded, _) = super::super::load::examine(&folder);
    assert!(loaded.is_ok(), "{:?}", loaded.err());
}
