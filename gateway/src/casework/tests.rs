//! Messages taken in, carried out and answered, with a real ledger.

mod flood;
pub(crate) mod hostile;
mod labels;
mod shown;

use std::fmt::Write as _;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use expect_test::expect;
use incident::alert::topic::{Area, DEFAULT_ROOT, Topics};
use incident::casefile::{CaseEvent, CaseFile, StageNames};
use ledger::{AlertRow, CLOSED, Entry, Ledger, OutgoingMessage, Sequence};
use rule::Slug;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{CaseContext, CaseInbox, CaseWorker, CaseWorkerHandle, DESK_BYTES, LabelStore};
use crate::camera_order::{CameraOrder, CameraOrders, SnapshotOrder};
use crate::evidence::{EvidenceStore, Limits};
use runtime::utc_now;

const ALERT: &str = "01932f10-7a10-7b00-8a00-0000000000a1";
const KEY: &str = "6b1d3f5a7c9e0b2d4f6a8c0e1d3b5f79";

/// A gateway without cameras: what a camera would be told comes out of a channel.
struct Fixture {
    folder: TempDir,
    ledger: Ledger,
    sent: Sequence,
    told: Receiver<String>,
    teller: Sender<String>,
    desk_max_bytes: u64,
}

/// One camera, `cam-01`, that writes down its orders.
struct CameraDiary {
    told: Sender<String>,
    snapshots: Mutex<Vec<SnapshotOrder>>,
}

impl CameraOrders for CameraDiary {
    fn order(&self, camera: Option<&str>, order: &CameraOrder<'_>) -> bool {
        let device = camera.unwrap_or_default();
        match *order {
            CameraOrder::FollowCase { alert_id, dedupe_key, file } => {
                assert_eq!((alert_id.to_string().as_str(), dedupe_key), (ALERT, KEY));
                let CaseFile { stage, feedback_seq, stage_name, .. } = file;
                let stage_name = stage_name.as_deref().unwrap_or("-");
                self.told.send(format!("{device} {stage:?} {feedback_seq} {stage_name}")).unwrap();
                true
            }
            CameraOrder::CheckNow { msg_id, .. } => {
                self.told.send(format!("{device} check {}", msg_id.get_version_num())).unwrap();
                true
            }
            CameraOrder::Mute { target, lasts } => {
                let rules = [("standing", KEY), ("other", "f00d")];
                let muted: Vec<&str> = rules
                    .into_iter()
                    .filter(|(rule, key)| target.means(rule, key))
                    .map(|(rule, _)| rule)
                    .collect();
                self.told.send(format!("{camera:?} mute {muted:?} for {lasts:?}")).unwrap();
                !muted.is_empty()
            }
            // As a camera would, only with a later picture.
            CameraOrder::Snapshot(ref order) => {
                let is_here = device == "cam-01";
                if is_here {
                    self.snapshots.lock().unwrap().push(order.clone());
                }
                is_here
            }
            CameraOrder::PassTime => {
                for order in self.snapshots.lock().unwrap().drain(..) {
                    order(Ok(shown::picture()));
                }
                true
            }
        }
    }
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
        let (teller, told) = channel();
        let desk_max_bytes = DESK_BYTES;
        Self { folder, ledger, sent: Sequence::START, told, teller, desk_max_bytes }
    }

    fn context(&self) -> CaseContext {
        let area = Area::new("110117001003").unwrap();
        let topics = Topics::new(DEFAULT_ROOT, &area, &Slug::new("gw-1").unwrap()).unwrap();
        let stage_names = StageNames::from([(CaseEvent::Dispatched, "派遣".to_owned())]);
        CaseContext {
            ledger: self.ledger.clone(),
            topics,
            stage_names: Arc::new(stage_names),
            desk_max_bytes: self.desk_max_bytes,
        }
    }

    fn inbox(&self) -> CaseInbox {
        CaseInbox::open(self.context())
    }

    fn evidence(&self) -> Arc<EvidenceStore> {
        let limits =
            Limits { max_bytes: 1 << 20, min_free_bytes: 0, keep_for: Duration::from_hours(24) };
        Arc::new(EvidenceStore::open(&self.folder.path().join("evidence"), limits).unwrap())
    }

    fn labels(&self) -> LabelStore {
        let path = |name: &str| self.folder.path().join(name);
        LabelStore::open(path("labels"), 1 << 20, self.evidence(), path("observations")).unwrap()
    }

    fn worker(&self, inbox: &CaseInbox) -> CaseWorkerHandle {
        let cameras = CameraDiary { told: self.teller.clone(), snapshots: Mutex::default() };
        CaseWorker::new(inbox, Box::new(cameras), self.labels(), Arc::new(|| {})).start().unwrap()
    }

    fn step(&self, seq: u32, state: &str, payload: &Value) {
        let alert = AlertRow {
            alert_id: ALERT.to_owned(),
            dedupe_key: KEY.to_owned(),
            device_id: "cam-01".to_owned(),
            seq,
            state: state.to_owned(),
            updated_at_micros: utc_now().unix_micros(),
        };
        let message = OutgoingMessage {
            topic: "evt".to_owned(),
            payload: payload.to_string().into_bytes(),
            retain: false,
        };
        self.ledger.record(&[Entry { alert, message }], None).unwrap();
    }

    /// What was queued for the broker since the last look, without times.
    fn answers(&mut self) -> String {
        let mut log = String::new();
        for message in self.ledger.unsent(self.sent, 100).unwrap() {
            self.sent = message.sequence;
            if message.topic == "evt" {
                continue;
            }
            let (_, topic) = message.topic.split_once("gw-1/").unwrap();
            let mut payload: Value = serde_json::from_slice(&message.payload).unwrap();
            payload.as_object_mut().unwrap().remove("t").unwrap();
            let topic = topic.replace(ALERT, "A");
            let payload = payload.to_string().replace(ALERT, "A");
            writeln!(log, "{topic} {payload}").unwrap();
        }
        log
    }

    /// The broker takes over all that waits.
    fn send(&self) {
        let sent = self.ledger.unsent(Sequence::START, 100).unwrap();
        let sent: Vec<Sequence> = sent.iter().map(|message| message.sequence).collect();
        self.ledger.acknowledge(&sent).unwrap();
    }

    /// Waits for what a camera is told next.
    fn heard(&self) -> String {
        self.told.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    /// Waits until something is answered.
    fn answered(&mut self) -> String {
        let since = std::time::Instant::now();
        while since.elapsed() < Duration::from_secs(20) {
            let answers = self.answers();
            if !answers.is_empty() {
                return answers;
            }
            std::thread::yield_now();
        }
        panic!("nothing was answered")
    }
}

fn feedback(seq: u64, event: &str) -> Vec<u8> {
    feedback_with(seq, event, json!({}))
}

fn feedback_with(seq: u64, event: &str, more: Value) -> Vec<u8> {
    let mut message = json!({
        "spec": "cg.case/1", "msg_id": format!("01932f30-0000-7d00-8a00-{seq:012x}"),
        "alert_id": ALERT, "seq": seq, "time": "2026-11-22T09:58:00+08:00", "event": event,
        "case": { "system": "casesim" },
    });
    for (key, value) in more.as_object().unwrap() {
        message[key] = value.clone();
    }
    message.to_string().into_bytes()
}

#[test]
fn every_message_about_a_case_is_answered_by_what_became_of_it() {
    let mut fixture = Fixture::new();
    let (inbox, topic) = (fixture.inbox(), format!("case/{ALERT}"));
    inbox.accept(&topic, &feedback(1, "received")).unwrap();
    fixture.step(1, "open", &json!({}));
    inbox.accept(&topic, &feedback(1, "received")).unwrap();
    inbox.accept(&topic, &feedback(3, "dispatched")).unwrap();
    inbox.accept(&topic, &feedback(2, "accepted")).unwrap();
    inbox.accept(&topic, &feedback(2, "accepted")).unwrap();
    let other = json!({ "msg_id": "01932f30-0000-7d00-8a00-00000000ffff" });
    inbox.accept(&topic, &feedback_with(3, "closed", other)).unwrap();
    inbox
        .accept(&topic, &feedback_with(4, "handled", json!({ "verify": { "window_s": 1 } })))
        .unwrap();
    inbox.accept("case/another", &feedback(5, "handled")).unwrap();
    inbox.accept(&topic, b"\xff\x00 no JSON").unwrap();
    fixture.step(2, CLOSED, &json!({}));
    inbox.accept(&topic, &feedback(6, "evaluated")).unwrap();
    expect![[r#"
        case/A/ack {"alert_id":"A","msg_id":"01932f30-0000-7d00-8a00-000000000001","result":"unknown_alert","seq":1}
        case/A/ack {"alert_id":"A","msg_id":"01932f30-0000-7d00-8a00-000000000001","result":"applied","seq":1}
        case/A/ack {"alert_id":"A","msg_id":"01932f30-0000-7d00-8a00-000000000003","result":"applied","seq":3}
        case/A/ack {"alert_id":"A","msg_id":"01932f30-0000-7d00-8a00-000000000002","reason":"seq 3 is known","result":"stale","seq":2}
        case/A/ack {"alert_id":"A","msg_id":"01932f30-0000-7d00-8a00-000000000002","result":"duplicate","seq":2}
        case/A/ack {"alert_id":"A","msg_id":"01932f30-0000-7d00-8a00-00000000ffff","reason":"seq 3 is that of message 01932f30-0000-7d00-8a00-000000000003","result":"duplicate","seq":3}
        case/A/ack {"alert_id":"A","msg_id":"01932f30-0000-7d00-8a00-000000000004","reason":"$.verify.window_s: found 1, expected a whole number, 10 to 86400 at line 1 column 230","result":"invalid","seq":4}
        case/another/ack {"alert_id":"another","msg_id":"01932f30-0000-7d00-8a00-000000000005","reason":"$.alert_id: the message is about A, but it came on the topic of another; publish it on case/A","result":"invalid","seq":5}
        case/A/ack {"alert_id":"A","reason":"$: expected value at line 1 column 1","result":"invalid"}
        case/A/ack {"alert_id":"A","msg_id":"01932f30-0000-7d00-8a00-000000000006","reason":"the alert is closed: nothing is checked any more","result":"applied","seq":6}
    "#]].assert_eq(&fixture.answers());
    let kept = fixture.ledger.case_events(ALERT).unwrap();
    assert_eq!(kept.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3, 6]);
    let noted = fixture.ledger.history_of(ALERT, 0, 100).unwrap();
    let results: Vec<String> = noted
        .iter()
        .filter(|it| it.entry.kind == "case")
        .map(|it| serde_json::from_slice::<Value>(&it.entry.body).unwrap()["result"].to_string())
        .collect();
    assert_eq!(results, [r#""applied""#, r#""applied""#, r#""stale""#, r#""applied""#]);
    let strays = fixture.ledger.strays().unwrap();
    let strays: Vec<&str> = strays.iter().map(|stray| stray.result.as_str()).collect();
    let changed_nothing =
        ["unknown_alert", "duplicate", "duplicate", "invalid", "invalid", "invalid"];
    assert_eq!(strays, changed_nothing, "they lie beside the history");
    assert!(fixture.ledger.verify_chain().unwrap().is_ok());
}

#[test]
fn a_flood_of_repetitions_makes_no_flood_of_answers() {
    let mut fixture = Fixture::new();
    let (inbox, topic) = (fixture.inbox(), format!("case/{ALERT}"));
    fixture.step(1, "open", &json!({}));
    let mut flood = || {
        for _ in 0..50 {
            inbox.accept(&topic, &feedback(1, "received")).unwrap();
            inbox.accept(&topic, &feedback(2, "accepted")).unwrap();
        }
        let answers = fixture.answers().lines().count();
        fixture.send();
        answers
    };
    assert_eq!(flood(), 4, "each is applied once, and once a duplicate");
    assert_eq!(flood(), 2, "whoever asks again later is answered again");
    let noted = fixture.ledger.history_of(ALERT, 0, 100).unwrap();
    assert_eq!(noted.iter().filter(|it| it.entry.kind == "case").count(), 2);
    assert_eq!(fixture.ledger.strays().unwrap().len(), 4);
}

#[test]
fn hostile_topics_and_payloads_are_noted_and_harm_nothing() {
    let mut fixture = Fixture::new();
    let inbox = fixture.inbox();
    let long = "x".repeat(60_000);
    for topic in [format!("case/{long}"), format!("cmd/{long}"), "case/ü%00".to_owned()] {
        for payload in [&b""[..], b"[", b"null", &[b'['; 100_000], long.as_bytes()] {
            inbox.accept(&topic, payload).unwrap();
        }
    }
    let sent = fixture.ledger.unsent(Sequence::START, 100).unwrap();
    assert!(sent.iter().all(|message| message.topic.len() < 300 && message.payload.len() < 2_000));
    assert_eq!(fixture.answers().lines().count(), 5);
}

#[test]
fn a_case_is_told_once_its_message_is_kept_and_again_after_a_restart() {
    let fixture = Fixture::new();
    let (inbox, topic) = (fixture.inbox(), format!("case/{ALERT}"));
    fixture.step(1, "open", &json!({}));
    inbox.accept(&topic, &feedback(2, "dispatched")).unwrap();
    let worker = fixture.worker(&inbox);
    assert_eq!(fixture.heard(), "cam-01 Dispatched 2 派遣");
    inbox.accept(&topic, &feedback(1, "received")).unwrap();
    assert_eq!(fixture.heard(), "cam-01 Dispatched 2 派遣");
    worker.stop();
    // Taken in, and the gateway is killed before any camera hears of it.
    inbox.accept(&topic, &feedback(3, "signed")).unwrap();
    let worker = fixture.worker(&fixture.inbox());
    assert_eq!(fixture.heard(), "cam-01 Signed 3 -");
    worker.stop();
}

#[test]
fn a_command_outlives_the_gateway_that_took_it() {
    let mut fixture = Fixture::new();
    fixture.step(1, "open", &json!({}));
    let inbox = fixture.inbox();
    let mute = json!({ "command": "mute", "alert_id": ALERT, "secs": 60 }).to_string();
    inbox.accept("cmd/m1", mute.as_bytes()).unwrap();
    inbox.accept("cmd/m1", mute.as_bytes()).unwrap();
    let snapshot = json!({ "command": "snapshot", "camera": "cam-01" }).to_string();
    inbox.accept("cmd/s1", snapshot.as_bytes()).unwrap();
    // Killed before a worker came to it.
    let worker = fixture.worker(&fixture.inbox());
    assert_eq!(fixture.heard(), "Some(\"cam-01\") mute [\"standing\"] for 60s");
    let mut answers = String::new();
    while answers.lines().count() < 2 {
        answers += &fixture.answered();
    }
    worker.stop();
    assert!(answers.contains(r#"cmd/m1/res {"req_id":"m1","result":"done"}"#), "{answers}");
    assert!(answers.contains("cmd/s1/res {\"evidence\""), "{answers}");
    // The next run has nothing left to do: a new command, which it would come to last, is the only
    // one that it answers.
    let inbox = fixture.inbox();
    let worker = fixture.worker(&inbox);
    inbox.accept("cmd/s2", snapshot.as_bytes()).unwrap();
    let answers = fixture.answered();
    worker.stop();
    assert!(answers.starts_with("cmd/s2/res {\"evidence\""), "{answers}");
    assert_eq!(answers.lines().count(), 1, "{answers}");
    assert_eq!(fixture.told.try_iter().count(), 0);
    assert_eq!(fixture.answers(), "");
}

#[test]
fn commands_are_carried_out_once_and_answered_as_often_as_they_come() {
    let mut fixture = Fixture::new();
    fixture.step(1, "open", &json!({}));
    let inbox = fixture.inbox();
    let worker = fixture.worker(&inbox);
    let mut log = String::new();
    let mut ask = |fixture: &mut Fixture, req_id: &str, command: Value| {
        inbox.accept(&format!("cmd/{req_id}"), command.to_string().as_bytes()).unwrap();
        log += &fixture.answered();
        fixture.send();
    };
    ask(&mut fixture, "r1", json!({ "command": "recheck", "alert_id": ALERT }));
    ask(&mut fixture, "r1", json!({ "command": "recheck", "alert_id": ALERT }));
    let unknown = "01932f10-7a10-7b00-8a00-0000000000a2";
    ask(&mut fixture, "r2", json!({ "command": "recheck", "alert_id": unknown }));
    ask(&mut fixture, "s1", json!({ "command": "snapshot", "camera": "cam-01" }));
    ask(&mut fixture, "s2", json!({ "command": "snapshot", "camera": "cam-99" }));
    ask(&mut fixture, "m1", json!({ "command": "mute", "alert_id": ALERT, "secs": 60 }));
    ask(&mut fixture, "m2", json!({ "command": "mute", "rule": "none", "secs": 60 }));
    ask(&mut fixture, "m3", json!({ "command": "unmute", "rule": "standing", "camera": "cam-01" }));
    ask(&mut fixture, "m4", json!({ "command": "mute", "rule": "standing", "secs": 0 }));
    ask(&mut fixture, "x1", json!({ "command": "reboot" }));
    ask(&mut fixture, "x2", json!({ "command": "mute", "surprise": 1 }));
    worker.stop();
    expect![[r#"
        cmd/r1/res {"req_id":"r1","result":"done"}
        cmd/r1/res {"req_id":"r1","result":"done"}
        cmd/r2/res {"reason":"there is no such alert here, or no longer","req_id":"r2","result":"refused"}
        cmd/s1/res {"evidence":{"captured_at":"2026-11-22T01:10:00Z","id":"snapshot-abababababababab","sha256":"abababababababababababababababababababababababababababababababab"},"req_id":"s1","result":"done"}
        cmd/s2/res {"reason":"there is no camera `cam-99`, or too many wait for its picture","req_id":"s2","result":"refused"}
        cmd/m1/res {"req_id":"m1","result":"done"}
        cmd/m2/res {"reason":"no rule at work fits","req_id":"m2","result":"refused"}
        cmd/m3/res {"req_id":"m3","result":"done"}
        cmd/m4/res {"reason":"secs: found 0, expected 1 to 31622400","req_id":"m4","result":"invalid"}
        cmd/x1/res {"reason":"command: found `reboot`, expected one of `recheck`, `snapshot`, `mute`, `unmute`","req_id":"x1","result":"invalid"}
        cmd/x2/res {"reason":"unknown field `surprise`, expected only `msg_id`, `command`, `alert_id`, `camera`, `rule`, `secs`","req_id":"x2","result":"invalid"}
    "#]].assert_eq(&log);
    let told: Vec<String> = fixture.told.try_iter().collect();
    expect![[r#"
        cam-01 check 8
        Some("cam-01") mute ["standing"] for 60s
        None mute [] for 60s
        Some("cam-01") mute ["standing"] for 0ns"#]]
    .assert_eq(&told.join("\n"));
}
