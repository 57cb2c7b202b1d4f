//! What is kept of an alert that taught something.

use std::time::{Duration, Instant};

use archive::{Archive, Retention};
use expect_test::expect;
use ledger::CLOSED;
use scene::track::{Track, TrackId, TrackState};
use scene::{BoundingBox, CaptureTime, Class, Clock, ClockSource, Observation};
use serde_json::{Value, json};

use super::{ALERT, Fixture, KEY, feedback_with};
use crate::evidence::FileKind;
use runtime::utc_now;

/// The messages of one alert that a label needs.
fn alert_message(seq: u32, sha256: &str) -> Value {
    let evidence = json!([{
        "id": "report-1", "role": "report", "mime": "image/jpeg", "sha256": sha256,
        "captured_at": "2026-11-22T09:10:00+08:00",
    }]);
    // Whatever the worker does before the alert is closed, it leaves the end to a later look.
    let now = jiff::Timestamp::from_microsecond(utc_now().unix_micros()).unwrap().to_string();
    let sent = if seq == 1 { &now } else { "2026-11-22T09:20:00+08:00" };
    json!({
        "alert_id": ALERT, "seq": seq, "state": if seq == 1 { "open" } else { "closed" },
        "type": { "code": "fire_passage_blocked" }, "source": { "device_id": "cam-01" },
        "times": { "first_seen": "2026-11-22T09:10:00+08:00", "sent": sent },
        "detection": { "rule_id": "standing", "roi_id": "z-1", "threshold": 0.4,
            "model": { "name": "nanodet-g", "version": "1" },
            "objects": [{ "label": "car", "score": 0.9, "box": [0.1, 0.2, 0.3, 0.4] }] },
        "dedupe": { "key": KEY }, "evidence": if seq == 1 { evidence } else { json!([]) },
    })
}

/// 2026-11-22T09:10:00+08:00, when the alert's object was first seen.
const FIRST_SEEN_AT: CaptureTime = CaptureTime::from_unix_micros(1_795_309_800_000_000);

/// A car before the alert, during it and long after it, as the camera's rules were shown it.
fn observe(fixture: &Fixture) {
    let retention = Retention { days: 1000, max_bytes: 1 << 30 };
    let folder = fixture.folder.path().join("observations");
    let mut recorder = Archive::open(&folder, retention).unwrap().recorder("cam-01");
    let mins = Duration::from_mins;
    for at in
        [FIRST_SEEN_AT.before(mins(2)), FIRST_SEEN_AT.after(mins(5)), FIRST_SEEN_AT.after(mins(12))]
    {
        let clock = Clock { source: ClockSource::SenderReport, error_ms: Some(20) };
        let observation = Observation {
            captured_at: at,
            clock,
            detections: Vec::new(),
            appearance: None,
            standing: Vec::new(),
            crops: Vec::new(),
            cables: Vec::new(),
        };
        let car = Track {
            id: TrackId(7),
            class: Class::new("car"),
            bbox: BoundingBox { left: 0.25, top: 0.25, right: 0.5, bottom: 0.5 },
            score: 0.5025,
            state: TrackState::Confirmed,
            first_seen_at: at,
            last_seen_at: at,
            still_since: at,
            hits: 2,
        };
        recorder.record(&observation, &[car]).unwrap();
    }
    recorder.flush().unwrap();
}

#[test]
#[expect(clippy::too_many_lines, reason = "most of it is the file itself")]
fn a_false_alarm_leaves_all_that_training_needs() {
    let fixture = Fixture::new();
    observe(&fixture);
    let stored = fixture.evidence().put(FileKind::Picture, b"a picture", utc_now()).unwrap();
    fixture.step(1, "open", &alert_message(1, &stored.sha256));
    let inbox = fixture.inbox();
    let more = json!({ "reason": { "code": "wrong_object", "text": "广告牌" },
        "label": { "correct": false, "true_code": "other" } });
    inbox.accept(&format!("case/{ALERT}"), &feedback_with(1, "false_alarm", more)).unwrap();
    let worker = fixture.worker(&inbox);
    assert_eq!(fixture.heard(), "cam-01 FalseAlarm 1 -");
    fixture.step(2, CLOSED, &alert_message(2, &stored.sha256));
    worker.stop();
    // A later look, which also finishes what an earlier run left.
    let mut labels = fixture.labels();
    // The first look finds that the alert is closed, the second that the archive has had its time.
    labels.complete(&fixture.ledger, Instant::now() + Duration::from_mins(5));
    labels.complete(&fixture.ledger, Instant::now() + Duration::from_mins(10));
    let folder = fixture.folder.path().join("labels").join(ALERT);
    let label = std::fs::read_to_string(folder.join("label.json")).unwrap();
    expect![[r#"
        {
          "alert_id": "01932f10-7a10-7b00-8a00-0000000000a1",
          "feedback_seq": 1,
          "verdict": "false_alarm",
          "true_code": "other",
          "reason": {
            "code": "wrong_object",
            "text": "广告牌"
          },
          "case_system": "casesim",
          "rec_id": null,
          "code": "fire_passage_blocked",
          "camera": "cam-01",
          "rule": "standing",
          "zone": "z-1",
          "model": {
            "name": "nanodet-g",
            "version": "1"
          },
          "threshold": 0.4,
          "objects": [
            {
              "box": [
                0.1,
                0.2,
                0.3,
                0.4
              ],
              "label": "car",
              "score": 0.9
            }
          ],
          "dedupe_key": "6b1d3f5a7c9e0b2d4f6a8c0e1d3b5f79",
          "pictures": [
            {
              "role": "report",
              "sha256": "SHA256",
              "captured_at": "2026-11-22T09:10:00+08:00"
            }
          ],
          "first_seen": "2026-11-22T09:10:00+08:00",
          "last_told": "2026-11-22T09:20:00+08:00",
          "closed": true
        }"#]]
    .assert_eq(&label.replace(&stored.sha256, "SHA256"));
    let picture = std::fs::read(folder.join(format!("{}.jpg", stored.sha256))).unwrap();
    assert_eq!(picture, b"a picture");
    // From a minute before it was first seen to a minute after it was last told.
    let observed = std::fs::read_to_string(folder.join("observations.jsonl")).unwrap();
    expect![[r#"
        {"restart":true}
        {"at":"2026-11-22T01:15:00Z","objects":[{"box":[0.25,0.25,0.25,0.25],"label":"car","score":0.5024999976158142,"track":7}]}
    "#]].assert_eq(&observed);
}

#[test]
fn the_label_of_a_false_alarm_stays_when_its_case_is_closed() {
    let fixture = Fixture::new();
    fixture.step(1, "open", &alert_message(1, &"ab".repeat(32)));
    let inbox = fixture.inbox();
    let worker = fixture.worker(&inbox);
    let mut verdicts = Vec::new();
    for (seq, event) in (1..).zip(["false_alarm", "closed", "evaluated", "handling"]) {
        inbox.accept(&format!("case/{ALERT}"), &feedback_with(seq, event, json!({}))).unwrap();
        let path = fixture.folder.path().join("labels").join(ALERT).join("label.json");
        // The camera may be told of the case before its label is written.
        let label =
            || -> Option<Value> { serde_json::from_slice(&std::fs::read(&path).ok()?).ok() };
        let until = Instant::now() + Duration::from_mins(1);
        let label = loop {
            assert!(Instant::now() < until, "no label of {event}");
            if let Some(label) = label().filter(|label| label["feedback_seq"] == seq) {
                break label;
            }
            std::thread::yield_now();
        };
        verdicts.push(label["verdict"].clone());
    }
    worker.stop();
    assert_eq!(verdicts, ["false_alarm", "false_alarm", "false_alarm", "withdrawn"]);
}
