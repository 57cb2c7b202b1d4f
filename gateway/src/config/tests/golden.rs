//! Golden messages: what the command centre gets for each incident type, from the shipped city's
//! files to the JSON on the wire.

mod casework;
mod street;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use contract::Contract;
use expect_test::expect_file;
use incident::alert::{
    Action, Alert, Evidence, EvidenceKind, EvidenceRole, Masked, Masking, schema,
};
use incident::{Assessor, CameraProfile, IncidentTypes, Input, Model};
use rule::Slug;
use scene::track::{Tracker, TrackerSettings};
use scene::{CableLook, CableSight, CaptureTime, Class, Clock, ClockSource, Observation};
use serde_json::Value;
use tempfile::TempDir;

use super::super::known_model::KnownModel;
use super::super::{Config, References, examine_folder};
use super::shipped::shipped;
use super::{folder, knowing};
use signature::SigningKey;
use street::{Act, Camera, STREET, camera_file};

/// The key of RFC 8032 §7.1, test 1, as PKCS#8.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

fn test_key() -> SigningKey {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("signing.key");
    fs::write(&file, KEY).unwrap();
    SigningKey::load(&file).unwrap()
}

/// 2026-11-22T09:10:00+08:00.
const START: CaptureTime = CaptureTime::from_unix_micros(1_795_309_800_000_000);
const CLOCK: Clock = Clock { source: ClockSource::SenderReport, error_ms: Some(12) };

fn gateway_file() -> String {
    let city = shipped("config/city/four-levels");
    format!(
        r#"
        [gateway]
        id = "gw-binhe-007"
        test = true
        gcj02 = true
        area = {{ county = "110117", street = "001", community = "008" }}
        [mqtt]
        url = "mqtt://localhost"
        [inference]
        model_dir = "."
        [city]
        folder = "{}"
        "#,
        city.display()
    )
}

fn config(camera: &Camera) -> (TempDir, Config) {
    let dir = folder(&gateway_file(), &[("cam-0412.toml", &camera_file(camera))]);
    let incident_types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    let model_in = |_: &Path| {
        let known = knowing(street::CLASSES.map(Class::new).to_vec());
        Ok(KnownModel { cable_score: Some(0.9541), ..known })
    };
    let references = References { incident_types: &incident_types, model_in: &model_in };
    let config =
        examine_folder(dir.path(), &references).outcome.unwrap_or_else(|faults| panic!("{faults}"));
    (dir, config)
}

fn assessor(camera: &Camera) -> Assessor {
    let (_dir, config) = config(camera);
    let [watched] = config.cameras.as_slice() else { panic!("one camera") };
    let model = Model {
        name: "nanodet-g".to_owned(),
        version: "1.0".to_owned(),
        sha256: Some("0f4a9c1e5b7d2a3c4e6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5".to_owned()),
        second_look: Vec::new(),
        cable: Some(Box::new(Model {
            name: "charging-wire".to_owned(),
            version: "0.2.0".to_owned(),
            sha256: None,
            second_look: Vec::new(),
            cable: None,
        })),
    };
    let profile = CameraProfile {
        gateway_id: config.gateway.id.clone(),
        gateway_version: "0.1.0".to_owned(),
        camera_id: watched.id.clone(),
        source: incident::Source::default(),
        gb_id: Some("11011700001320000412".to_owned()),
        utc_offset: config.gateway.utc_offset,
        grid: watched.grid.clone(),
        place: watched.place.clone(),
        ground: watched.ground,
        grid_map: watched.grid_map.clone(),
        gcj02: config.gateway.gcj02,
        model,
        test: config.gateway.test,
    };
    Assessor::new(profile, watched.rules.clone()).unwrap()
}

/// Plays the camera's act, as often as its rule wants to look, until `last` has come.
fn play(camera: &Camera, last: Action) -> Vec<(CaptureTime, Alert)> {
    let mut assessor = assessor(camera);
    let mut tracker = Tracker::new(TrackerSettings::default());
    let mut alerts: Vec<(CaptureTime, Alert)> = Vec::new();
    let mut at = START;
    // All but a vehicle that is left for days are told of within two hours.
    let longest = Duration::from_hours(if camera.code == "zombie_vehicle" { 80 } else { 2 });
    while at.since(START) < longest {
        let Act { detections, appearance, cables } = (camera.act)(at.since(START));
        let look = |place| CableLook { place, sight: CableSight::Seen(cables.clone()) };
        let cables = assessor.wanted_cable_looks().into_iter().map(look).collect();
        let observation = Observation {
            captured_at: at,
            clock: CLOCK,
            detections,
            appearance,
            standing: Vec::new(),
            crops: Vec::new(),
            cables,
        };
        let events = assessor.assess(Input::Picture(&observation, tracker.update(&observation)));
        alerts.extend(events.into_iter().map(|event| (event.observed_at, event.alert)));
        if alerts.last().is_some_and(|(_, alert)| alert.action == last) {
            return alerts;
        }
        at = at.after(assessor.sampling().interval);
    }
    panic!("{}: {last:?} has not come; {alerts:#?}", camera.file)
}

/// The picture that the gateway keeps with an alert that opens.
fn picture(taken_at: CaptureTime) -> Evidence {
    Evidence {
        id: Slug::new("ev-1").unwrap(),
        role: EvidenceRole::Report,
        kind: EvidenceKind::Snapshot,
        uri: Some("http://127.0.0.1:18080/evidence/ev-1.jpg".to_owned()),
        mime: "image/jpeg".to_owned(),
        sha256: "6b1d3f5a7c9e0b2d4f6a8c0e1d3b5f796b1d3f5a7c9e0b2d4f6a8c0e1d3b5f79".to_owned(),
        size_bytes: 184_320,
        width_px: 1920,
        height_px: 1080,
        captured_at: taken_at,
        masked: Masked { faces: Masking::Blurred, plates: Masking::NoneFound, zones: false },
        expires_at: Some(taken_at.after(Duration::from_hours(30 * 24))),
        original_held: false,
    }
}

/// The message as it is sent, checked and compared; its file's name.
fn compare(
    camera: &Camera,
    what: &str,
    (at, alert): &(CaptureTime, Alert),
    published: &Contract,
) -> String {
    let mut alert = alert.clone();
    if alert.action == Action::Open {
        alert.attach(picture(*at));
    }
    let text = alert.to_json(at.after(Duration::from_millis(250))).unwrap();
    let text = test_key().sign(&text).unwrap();
    let mut message: Value = serde_json::from_str(&text).unwrap();
    if let Err(fault) = published.check(&message) {
        panic!("{fault}\n{message:#}");
    }
    message.sort_all_objects();
    let name = format!("{}.{what}.json", camera.file);
    let path = shipped("tests/golden/alert-v1").join(&name);
    expect_file![path].assert_eq(&format!("{message:#}\n"));
    check_place(camera, &message);
    name
}

/// What is seen on the ground is placed there; what is wrong with the camera is where it stands.
fn check_place(camera: &Camera, message: &Value) {
    let geo = &message["geo"];
    let path = message["grid"]["path"].as_array().unwrap();
    assert!(geo["gcj02"].is_array(), "{geo:#}");
    if camera.code.starts_with("camera_") {
        assert_eq!((&geo["method"], path.len()), (&Value::from("device_fixed"), 3));
    } else {
        assert_eq!(geo["method"], "ground_plane", "{geo:#}");
        assert_eq!(path.last().unwrap()["level"], "micro_grid", "{path:#?}");
        let on_ground = camera.code != "ebike_in_elevator";
        assert_eq!(geo["footprint"].is_array(), on_ground, "{}", camera.code);
    }
}

#[test]
fn every_type_that_a_camera_can_raise_has_its_golden_messages() {
    let published = Contract::new(schema::ALERT_V1);
    let mut files = BTreeSet::new();
    for camera in &STREET {
        let whole_life = camera.file == "fire_passage_blocked";
        let last = if whole_life {
            Action::Close(incident::alert::CloseReason::SelfCleared)
        } else {
            Action::Open
        };
        let alerts = play(camera, last);
        let actions: Vec<&str> = alerts.iter().map(|(_, alert)| alert.action.as_str()).collect();
        let expected: &[&str] =
            if whole_life { &["open", "update", "clear", "close"] } else { &["open"] };
        assert_eq!(actions, expected, "{}", camera.file);
        files.extend(alerts.iter().map(|told| {
            let what = told.1.action.as_str();
            compare(camera, what, told, &published)
        }));
        if whole_life {
            let messages = casework::messages(camera, assessor(camera));
            files.extend(
                messages.iter().map(|(what, told)| compare(camera, what, told, &published)),
            );
        }
    }
    let kept = shipped("tests/golden/alert-v1").read_dir().unwrap();
    let kept = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(kept.collect::<BTreeSet<_>>(), files, "a file that nothing writes is no contract");
}

#[test]
fn no_standard_rule_is_without_a_golden_message() {
    let rules = fs::read_to_string(shipped("gateway/src/config/standard_rules.toml")).unwrap();
    let rules: toml::Table = toml::from_str(&rules).unwrap();
    let codes =
        rules["type"].as_array().unwrap().iter().map(|table| table["code"].as_str().unwrap());
    let mut codes: BTreeSet<&str> = codes.collect();
    codes.insert("other");
    assert_eq!(STREET.iter().map(|camera| camera.code).collect::<BTreeSet<_>>(), codes);
}
