//! Training sets of a history that the tests write, read back by an independent reader.

mod damage;
mod judged;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use contract::coco::TrainingSet;
use expect_test::expect;
use ledger::{AlertRow, Entry, HistoryEntry, Ledger, OutgoingMessage};
use scene::CaptureTime;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{DatasetError, ExportRequest, Label, PictureSource, Selection, export};
use crate::evidence::Originals;

/// What must never get into a set. Each stands in the messages that the tests write.
const SECRETS: [&str; 9] = [
    "幸福路1号",
    "117.112",
    "10.20.30.40",
    "rtsp://",
    "张三",
    "京A12345",
    "R-4711",
    "11011700001320000412",
    "2号楼院",
];

/// A gateway's state folder, its ledger in use.
struct Fixture {
    folder: TempDir,
    ledger: Ledger,
}

/// What is told of an alert in one message.
struct Told {
    action: &'static str,
    /// Width of a pretended picture; its height is three quarters of that.
    width: u16,
    boxes: Vec<(&'static str, [f64; 4])>,
    verification: Option<&'static str>,
}

/// A picture of the message that `told` makes, as if it came from an encoder: a header, and a body that
/// no other alert has.
fn jpeg(width: u16, body: &str) -> Vec<u8> {
    let [h1, h0] = (width / 4 * 3).to_be_bytes();
    let [w1, w0] = width.to_be_bytes();
    let header = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, h1, h0, w1, w0, 1, 1, 0x11, 0];
    [&header, body.as_bytes(), &[0xff, 0xd9]].concat()
}

fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

/// The id of the alert of this number.
fn id(number: u32) -> String {
    format!("01932f10-7a10-7b00-8a00-{number:012x}")
}

fn van() -> Vec<(&'static str, [f64; 4])> {
    vec![("car", [0.25, 0.25, 0.5, 0.25])]
}

impl Told {
    fn open() -> Self {
        Self { action: "open", width: 768, boxes: van(), verification: None }
    }

    fn check(result: &'static str, boxes: Vec<(&'static str, [f64; 4])>) -> Self {
        Self { action: "verify", width: 768, boxes, verification: Some(result) }
    }
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        fs::create_dir_all(state.join("evidence")).unwrap();
        let ledger = Ledger::open(&state.join("ledger.sqlite3")).unwrap();
        Self { folder, ledger }
    }

    fn state(&self, below: &str) -> PathBuf {
        self.folder.path().join("state").join(below)
    }

    /// Records a message of an alert, and keeps its picture; gives what was recorded.
    fn tell(&self, number: u32, seq: u32, told: &Told) -> Value {
        let picture = jpeg(told.width, &format!("{number}-{seq}"));
        fs::write(self.state("evidence").join(format!("{}.jpg", sha256(&picture))), &picture)
            .unwrap();
        let message = message(number, seq, told, &sha256(&picture));
        self.record(number, seq, &message.to_string());
        message
    }

    fn record(&self, number: u32, seq: u32, payload: &str) {
        let alert = AlertRow {
            alert_id: id(number),
            dedupe_key: format!("{number:032x}"),
            device_id: "cam-01".to_owned(),
            seq,
            state: "open".to_owned(),
            updated_at_micros: 1,
        };
        let message =
            OutgoingMessage { topic: "evt".to_owned(), payload: payload.into(), retain: false };
        self.ledger.record(&[Entry { alert, message }], None).unwrap();
    }

    /// Records what the case system said, with the words that a person added.
    fn say(&self, number: u32, seq: u64, event: &str, more: &Value) {
        let mut message = json!({
            "spec": "cg.case/1", "msg_id": format!("01932f30-0000-7d00-8a00-{seq:06x}{number:06x}"),
            "alert_id": id(number), "seq": seq, "time": "2026-11-22T09:58:00+08:00", "event": event,
            "case": { "system": "casesim", "rec_id": "R-4711", "stage_name": "张三处置" },
        });
        for (key, value) in more.as_object().unwrap() {
            message[key] = value.clone();
        }
        let body = json!({ "result": "applied", "reason": null, "message": message });
        let (kind, subject, body) = ("case".into(), id(number), body.to_string().into_bytes());
        self.ledger.note(&HistoryEntry { kind, subject, at_micros: 1, body }, &[]).unwrap();
    }

    fn request(&self, out: &str) -> ExportRequest {
        ExportRequest {
            out: self.folder.path().join(out),
            selection: Selection::default(),
            ledger: self.state("ledger.sqlite3"),
            state_dir: self.state(""),
            pictures: PictureSource {
                evidence: self.state("evidence"),
                labels: self.state("labels"),
                originals: None,
            },
            absences: BTreeSet::new(),
            min_free_bytes: 0,
            keep_for: Duration::from_hours(24),
        }
    }

    /// Exports, reads the set back and looks for secrets; gives the report and the set.
    fn export(&self, request: &ExportRequest) -> (String, TrainingSet) {
        let report = export(request).unwrap().to_string();
        let set = TrainingSet::read(&request.out).unwrap();
        for name in ["annotations.json", "hard_negatives.json", "README.md", "SHA256SUMS"] {
            let text = fs::read_to_string(request.out.join(name)).unwrap();
            let found = SECRETS.iter().find(|secret| text.contains(**secret));
            assert_eq!(found, None, "{name}: {text}");
        }
        (report, set)
    }
}

fn message(number: u32, seq: u32, told: &Told, sha256: &str) -> Value {
    let role = if told.action == "open" { "report" } else { told.action };
    let objects: Vec<Value> = told
        .boxes
        .iter()
        .map(|(label, bbox)| json!({ "label": label, "score": 0.75, "box": bbox, "track_id": 3 }))
        .collect();
    let mut message = json!({
        "spec": "cg.alert/1", "alert_id": id(number), "seq": seq, "action": told.action, "test": true,
        "type": { "code": "fire_passage_blocked", "name": "占用消防通道", "category": "fire_safety" },
        "confidence": 0.75, "description": "幸福路1号：京A12345停留",
        "times": { "first_seen": "2026-11-22T09:10:00+08:00", "opened": "2026-11-22T09:15:00+08:00" },
        "source": { "gateway_id": "gw-1", "gateway_version": "0.1.0", "device_id": "cam-01",
            "device_gb_id": "11011700001320000412", "url": "rtsp://admin:pw@10.20.30.40/1" },
        "grid": { "path": [{ "name": "2号楼院" }] },
        "geo": { "address": "幸福路1号", "point": [117.112, 40.144] },
        "detection": { "rule_id": "lane", "roi_id": "cam-01.lane", "objects": objects,
            "model": { "name": "yolox-nano", "version": "1.0.0", "sha256": "ab".repeat(32) },
            "threshold": 0.4, "class_thresholds": { "car": 0.3 } },
        "evidence": [
            { "id": format!("{role}-{seq}"), "role": role, "kind": "snapshot", "mime": "image/jpeg",
              "sha256": sha256, "width": told.width, "height": told.width / 4 * 3,
              "captured_at": "2026-11-22T09:15:00+08:00", "uri": "https://10.20.30.40/evidence/1.jpg",
              "masked": { "faces": "blurred", "plates": "none_found", "zones": false } },
            { "id": format!("clip-{seq}"), "role": "report", "kind": "clip", "mime": "video/mp4",
              "sha256": "cd".repeat(32), "captured_at": "2026-11-22T09:15:00+08:00",
              "masked": { "faces": "not_masked", "plates": "not_masked" } }],
    });
    if let Some(result) = told.verification {
        message["verification"] =
            json!({ "result": result, "finished": "2026-11-22T10:00:00+08:00" });
    }
    message
}

/// One alert of each kind.
fn street() -> Fixture {
    let fixture = Fixture::new();
    for number in 1..=6 {
        fixture.tell(number, 1, &Told::open());
    }
    fixture.say(1, 1, "received", &json!({}));
    fixture.say(1, 2, "evaluated", &json!({ "label": { "correct": true } }));
    let reason = json!({ "reason": { "code": "wrong_object", "text": "张三说是京A12345" } });
    fixture.say(2, 1, "false_alarm", &reason);
    fixture.say(3, 1, "accepted", &json!({}));
    fixture.say(3, 2, "handled", &json!({}));
    fixture.tell(3, 2, &Told::check("failed", vec![("truck", [0.5, 0.5, 0.5, 0.5])]));
    fixture.tell(3, 3, &Told::check("inconclusive", van()));
    fixture.tell(3, 4, &Told::check("passed", Vec::new()));
    let wrong = json!({ "label": { "correct": false, "true_code": "vehicle_illegal_parking" } });
    fixture.say(4, 1, "evaluated", &wrong);
    fixture.say(5, 1, "received", &json!({}));
    fixture
}

#[test]
fn each_label_goes_where_it_belongs() {
    let fixture = street();
    let (report, set) = fixture.export(&fixture.request("out"));
    // Of the fifth nobody said anything, and the sixth nobody heard of.
    expect![[r#"
        6 picture(s) of 4 judged alert(s)
        label        train  val  held_out  boxes by class
        confirmed        2    0         0  car 2
        false_alarm      1    0         0  car 1
        wrong            1    0         0  car 1
        still_there      1    0         0  truck 1
        gone             1    0         0
    "#]]
    .assert_eq(&report);
    let boxes: Vec<String> = set.annotations.iter().map(|it| it["bbox"].to_string()).collect();
    let van = "[192.0,144.0,384.0,144.0]";
    assert_eq!(boxes, [van, van, "[384.0,288.0,384.0,288.0]"]);
    let negatives = set.hard_negatives.iter().map(|it| {
        let word = |name: &str| it[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {}", word("label"), word("taken_for"), word("fault"), word("true_type"))
    });
    let negatives: Vec<String> = negatives.collect();
    assert_eq!(negatives, ["false_alarm car object -", "wrong car type vehicle_illegal_parking"]);
    let with_boxes: BTreeSet<u64> =
        set.annotations.iter().filter_map(|it| it["image_id"].as_u64()).collect();
    for image in &set.images {
        let is_positive = ["confirmed", "still_there"].contains(&image["label"].as_str().unwrap());
        assert_eq!(with_boxes.contains(&image["id"].as_u64().unwrap()), is_positive, "{image}");
    }
}

#[test]
fn an_image_says_all_that_is_known_of_its_alert_and_nothing_else() {
    let fixture = street();
    let (_, set) = fixture.export(&fixture.request("out"));
    let image = &set.images[0];
    expect![[r#"
        {
          "alert_id": "01932f10-7a10-7b00-8a00-000000000001",
          "camera_id": "cam-01",
          "class_thresholds": {
            "car": 0.3
          },
          "confidence": 0.75,
          "date_captured": "2026-11-22T09:15:00+08:00",
          "drill": true,
          "evidence_sha256": "8a29f179b957f5fbc174bf2e0dea3bb258439f6b79906cd219f8dba5422592a6",
          "file_name": "01932f10-7a10-7b00-8a00-000000000001-1.jpg",
          "gateway_version": "0.1.0",
          "height": 576,
          "id": 1,
          "incident_type": "fire_passage_blocked",
          "label": "confirmed",
          "label_at": "2026-11-22T01:58:00Z",
          "label_source": "case_label",
          "label_system": "casesim",
          "license": 1,
          "masked": true,
          "model": {
            "name": "yolox-nano",
            "sha256": "abababababababababababababababababababababababababababababababab",
            "version": "1.0.0"
          },
          "outlined": true,
          "role": "report",
          "rule_id": "lane",
          "seq": 1,
          "sha256": "8a29f179b957f5fbc174bf2e0dea3bb258439f6b79906cd219f8dba5422592a6",
          "split": "train",
          "threshold": 0.4,
          "width": 768,
          "zone_id": "cam-01.lane"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(image).unwrap());
}

#[test]
fn what_is_asked_for_is_exported_and_always_in_the_same_way() {
    let fixture = street();
    let count = |out: &str, selection: Selection| {
        let request = ExportRequest { selection, ..fixture.request(out) };
        export(&request).map(|tally| tally.images())
    };
    let all = Selection::default;
    let opened_at = CaptureTime::from_unix_micros(1_795_310_100_000_000);
    let later_at = opened_at.after(Duration::from_secs(1));
    let of_type = |code: &str| Selection { incident_type: Some(code.to_owned()), ..all() };
    let labels = vec![Label::FalseAlarm, Label::Gone];
    assert_eq!(count("labels", Selection { labels, ..all() }).unwrap(), 2);
    assert_eq!(count("type", of_type("fire_passage_blocked")).unwrap(), 6);
    assert_eq!(count("from", Selection { from: Some(opened_at), ..all() }).unwrap(), 6);
    assert_eq!(count("to", Selection { to: Some(later_at), ..all() }).unwrap(), 6);
    for (out, selection) in [
        ("none-1", of_type("street_bbq")),
        ("none-2", Selection { from: Some(later_at), ..all() }),
        ("none-3", Selection { to: Some(opened_at), ..all() }),
    ] {
        let told = count(out, selection).unwrap_err().to_string();
        assert!(
            told.contains("nothing to export") && told.contains("fire_passage_blocked (4)"),
            "{told}"
        );
        assert_eq!(fixture.request(out).out.read_dir().unwrap().count(), 0, "{out} is left empty");
    }
    let text = |out: &str| {
        export(&fixture.request(out)).unwrap();
        let text = fs::read_to_string(fixture.request(out).out.join("annotations.json")).unwrap();
        text.split_once("\"licenses\"").unwrap().1.to_owned()
    };
    assert_eq!(text("one"), text("another"));
}

#[test]
fn a_folder_that_holds_anything_is_left_alone() {
    let fixture = street();
    let refused = |request: &ExportRequest| export(request).err().map(|error| error.to_string());
    let taken = fixture.request("taken");
    fs::create_dir(&taken.out).unwrap();
    fs::write(taken.out.join("thesis.tex"), "years of work").unwrap();
    assert!(refused(&taken).unwrap().contains("is not empty"));
    let file = ExportRequest { out: taken.out.join("thesis.tex"), ..fixture.request("") };
    assert!(refused(&file).unwrap().contains("is not empty"));
    assert_eq!(fs::read_to_string(&file.out).unwrap(), "years of work");
    for below in ["", "evidence/set", "a/b/c"] {
        // The gateway would take it for evidence, or refuse to start.
        let inside = ExportRequest { out: fixture.state(below), ..fixture.request("") };
        let told = refused(&inside).unwrap();
        assert!(told.contains("state folder") || told.contains("is not empty"), "{told}");
        assert!(!fixture.state("a").exists());
    }
    let full = ExportRequest { min_free_bytes: u64::MAX, ..fixture.request("full") };
    assert!(matches!(export(&full), Err(DatasetError::NearlyFull { .. })));
    let no_ledger = ExportRequest { ledger: fixture.state("none"), ..fixture.request("none") };
    assert!(matches!(export(&no_ledger), Err(DatasetError::Ledger(_))));
    assert!(!no_ledger.out.exists(), "nothing is made for nothing");
}

#[test]
fn originals_are_written_only_with_the_key_that_sealed_them() {
    let fixture = street();
    let key = Originals::open_key(&fixture.state("originals.key")).unwrap();
    let masked = sha256(&jpeg(768, "1-1"));
    let plain = jpeg(768, "京A12345 on a plate");
    let sealed = key.seal(&plain, &masked).unwrap();
    fs::write(fixture.state("evidence").join(format!("{masked}.sealed")), sealed).unwrap();
    let request = |out: &str, originals| {
        let request = fixture.request(out);
        ExportRequest { pictures: PictureSource { originals, ..request.pictures }, ..request }
    };
    let is_masked = |set: &TrainingSet| -> Vec<bool> {
        set.images.iter().filter_map(|image| image["masked"].as_bool()).collect()
    };
    let (report, set) = fixture.export(&request("with", Some(key)));
    assert!(report.contains("1 picture(s) are NOT MASKED"), "{report}");
    assert!(report.contains("5 are masked, because no original"), "{report}");
    assert_eq!(is_masked(&set), [false, true, true, true, true, true]);
    assert_eq!(
        (&set.images[0]["outlined"], &set.images[1]["outlined"]),
        (&json!(false), &json!(true))
    );
    let name = set.images[0]["file_name"].as_str().unwrap().to_owned();
    assert_eq!(fs::read(fixture.request("with").out.join("images").join(name)).unwrap(), plain);
    let readme =
        |out: &str| fs::read_to_string(fixture.request(out).out.join("README.md")).unwrap();
    assert!(readme("with").contains("show faces and number plates"));

    let other = Originals::open_key(&fixture.folder.path().join("other.key")).unwrap();
    let (report, set) = fixture.export(&request("other", Some(other)));
    assert!(report.contains("0 picture(s) are NOT MASKED"), "{report}");
    assert!(is_masked(&set).iter().all(|is_masked| *is_masked), "another key opens none");
    let (report, set) = fixture.export(&request("without", None));
    assert!(!report.contains("NOT MASKED") && is_masked(&set).len() == 6, "{report}");
    assert!(!readme("without").contains("as the cameras took them"));
}
