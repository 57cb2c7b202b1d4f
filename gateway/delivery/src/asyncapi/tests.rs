//! The document holds together, and is true of what is really sent.

use std::fs;
use std::path::Path;

use contract::Contract;
use incident::IncidentTypes;
use incident::alert::topic::{Area, DEFAULT_ROOT, Topics};
use rule::Slug;
use runtime::ClockState;
use scene::CaptureTime;
use serde_json::{Value, json};

use super::super::sensor_status::{SensorState, SensorStatus};
use super::super::settings::{BrokerAddress, Settings, SigningKeyNotice};
use super::super::status::{
    self, ClockNews, ConfigNews, ConfinementNews, DeviceState, DeviceStatus, StatusBoard,
};
use super::asyncapi;

/// What sensors publish, as those who read it declare it.
const READING: &str = include_str!("../../../intake/src/mqtt/in.schema.json");

/// A payload that is valid under one of the document's schemas, with the document around it, as a
/// tool of draft-07 reads it.
fn published(schema: &str) -> Contract {
    let mut root = asyncapi(READING).unwrap();
    root["$ref"] = Value::from(format!("#/components/schemas/{schema}"));
    Contract::draft_07(root)
}

fn valid(schema: &str, payload: &[u8]) -> bool {
    published(schema).allows(&serde_json::from_slice(payload).unwrap())
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = asyncapi(READING).unwrap();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 40, "{}", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn it_has_what_asyncapi_asks_for() {
    let document = asyncapi(READING).unwrap();
    assert_eq!(document["asyncapi"], "3.0.0");
    for member in ["title", "version"] {
        assert!(document["info"][member].is_string(), "{member}");
    }
    for (name, channel) in document["channels"].as_object().unwrap() {
        let address = channel["address"].as_str().unwrap();
        let levels =
            address.split('/').filter_map(|level| level.strip_prefix('{')?.strip_suffix('}'));
        let mut levels: Vec<&str> = levels.collect();
        levels.sort_unstable();
        let mut parameters: Vec<&String> =
            channel["parameters"].as_object().unwrap().keys().collect();
        parameters.sort();
        assert_eq!(parameters, levels, "{name}");
        assert_eq!(channel["messages"].as_object().unwrap().len(), 1, "{name}");
    }
    for (name, operation) in document["operations"].as_object().unwrap() {
        let is_sent = name.starts_with("send");
        assert_eq!(operation["action"], if is_sent { "send" } else { "receive" }, "{name}");
        let retained = name.ends_with("Status") || name.ends_with("State");
        let bound = json!({ "qos": 1, "retain": retained, "bindingVersion": "0.2.0" });
        assert_eq!(operation["bindings"]["mqtt"], bound, "{name}");
    }
}

/// Whether `topic` is one of those that `address` stands for.
fn fits(address: &str, topic: &str) -> bool {
    let (address, topic): (Vec<_>, Vec<_>) =
        (address.split('/').collect(), topic.split('/').collect());
    let level = |(pattern, level): (&&str, &&str)| pattern.starts_with('{') || pattern == level;
    address.len() == topic.len() && address.iter().zip(&topic).all(level)
}

#[test]
fn the_addresses_are_those_of_what_is_sent() {
    let document = asyncapi(READING).unwrap();
    let address = |channel: &str| document["channels"][channel]["address"].as_str().unwrap();
    let enumerated =
        |name: &str| document["components"]["parameters"][name]["enum"].as_array().unwrap();
    let area = Area::new("110117001003").unwrap();
    let (gateway, camera) = (Slug::new("gw-1").unwrap(), Slug::new("cam-1").unwrap());
    let topics = Topics::new(DEFAULT_ROOT, &area, &gateway).unwrap();
    for incident in IncidentTypes::parse(IncidentTypes::STANDARD).unwrap().iter() {
        assert!(fits(address("alert"), &topics.event(incident)), "{}", incident.code);
        assert!(enumerated("category").contains(&incident.category.as_str().into()));
        assert!(enumerated("type").contains(&incident.code.as_str().into()));
    }
    let broker = BrokerAddress { tls: false, host: "localhost".into(), port: 1883 };
    let settings = Settings::new(broker, "gw-1", topics.prefix());
    for topic in [topics.gateway_status(), settings.status_topic()] {
        assert!(fits(address("gatewayStatus"), &topic), "{topic}");
    }
    for topic in [topics.device_status(&camera), settings.topic_of(&status::device_place("cam-1"))]
    {
        assert!(fits(address("deviceStatus"), &topic), "{topic}");
    }
    assert!(!fits(address("deviceStatus"), &settings.status_topic()));
    for topic in [topics.output_state("lift-1"), settings.topic_of(&status::output_place("lift-1"))]
    {
        assert!(fits(address("outputState"), &topic), "{topic}");
    }
    for topic in [topics.alert_state("a-1"), settings.alert_state_topic("a-1")] {
        assert!(fits(address("alertState"), &topic), "{topic}");
    }
    let heard = settings.inbox_filters();
    assert_eq!(heard, topics.inbound());
    for (channel, filter) in ["caseFeedback", "command"].into_iter().zip(heard) {
        assert!(fits(address(channel), &filter), "{filter}");
    }
    assert!(fits(address("reading"), &topics.reading("pump-1")));
    assert!(fits(address("caseAnswer"), &topics.case_answer("a-1")));
    assert!(fits(address("commandAnswer"), &topics.command_answer("r-1")));
}

#[test]
fn what_the_gateway_says_of_itself_is_valid() {
    let valid = |payload: &[u8]| valid("gatewayStatus", payload);
    let signing_key = SigningKeyNotice {
        alg: "Ed25519",
        kid: "0123456789abcdef".repeat(2),
        public_key: "-----BEGIN PUBLIC KEY-----\n…".to_owned(),
    };
    let broker = BrokerAddress { tls: true, host: "localhost".to_owned(), port: 8883 };
    let settings =
        Settings { signing_key: Some(signing_key), ..Settings::new(broker, "gw-1", "cg/v1") };
    let board = StatusBoard::default();
    let birth = |config: Option<&ConfigNews>| {
        config.into_iter().for_each(|news| board.announce(news));
        status::birth(&status::new_session(), &settings, &board.news())
    };
    let now = CaptureTime::from_unix_micros(1_790_000_000_500_000);
    let lines = |line: &str| vec![line.to_owned()];
    assert!(valid(&birth(None)));
    assert!(valid(&birth(Some(&ConfigNews::applied(now, Vec::new())))));
    assert!(valid(&birth(Some(&ConfigNews::applied(now, lines("camera cam-1 added"))))));
    assert!(valid(&birth(Some(&ConfigNews::refused(now, lines("gateway.toml:1:1: no"))))));
    let set = Some((now, -3_456_000));
    for state in [ClockState { believed: true, set: None }, ClockState { believed: false, set }] {
        board.announce_clock(&ClockNews::of(state));
        let told: Value = serde_json::from_slice(&birth(None)).unwrap();
        assert_eq!(told["clock"]["believed"], state.believed);
        assert!(valid(told.to_string().as_bytes()), "{told}");
    }
    let kernel = "6.1.0-43-amd64".to_owned();
    let held = ConfinementNews { files: true, ports: false, calls: true, memory: true, kernel };
    board.announce_confinement(&held);
    let told: Value = serde_json::from_slice(&birth(None)).unwrap();
    assert_eq!(told["confinement"]["ports"], false);
    assert!(valid(told.to_string().as_bytes()), "{told}");
    board.tell_rival("gw-1", "give each gateway an id of its own");
    let told: Value = serde_json::from_slice(&birth(None)).unwrap();
    assert_eq!(told["rival"]["client_id"], "gw-1");
    assert!(valid(told.to_string().as_bytes()), "{told}");
    board.end_rival();
    assert!(valid(status::LAST_WILL));
    assert!(valid(status::SHUTDOWN));
    assert!(!valid(br#"{"online":true}"#), "a birth names its session");
    assert!(!valid(br#"{"online":false}"#), "an end has its reason");
    assert!(!valid(br#"{"online":false,"reason":"lunch"}"#));
    let told = |config: Value| {
        let mut birth: Value = serde_json::from_slice(&birth(None)).unwrap();
        birth["config"] = config;
        valid(birth.to_string().as_bytes())
    };
    let at = "2026-11-22T09:10:00+08:00";
    assert!(!told(json!({ "state": "pending", "at": at })));
    assert!(!told(json!({ "state": "applied", "at": "yesterday" })));
}

#[test]
fn what_the_gateway_says_of_a_device_is_valid() {
    for state in [DeviceState::Online, DeviceState::Degraded, DeviceState::Offline] {
        for last_frame_at in [None, Some(CaptureTime::from_unix_micros(1_790_000_000_500_000))] {
            let board = StatusBoard::default();
            let reason = last_frame_at.map(|_| "no sender report".to_owned());
            board.post("cam-1", &DeviceStatus { state, reason, last_frame_at });
            let payload = board.next_after(0).unwrap().payload;
            assert!(valid("deviceStatus", &payload), "{}", String::from_utf8_lossy(&payload));
        }
    }
    use SensorState::{Degraded, Offline, Online, Refused};
    for state in [Online, Degraded, Offline, Refused] {
        let status = SensorStatus {
            state,
            reason: Some("no answer".to_owned()),
            last_heard_at: Some(CaptureTime::from_unix_micros(1_790_000_000_500_000)),
            clock_ahead_secs: Some(-3_600),
            camera_ahead_ms: Some(-2_300),
            dropped: [("smoke".to_owned(), 3)].into(),
        };
        let payload = status.to_json();
        assert!(valid("deviceStatus", &payload), "{}", String::from_utf8_lossy(&payload));
    }
    assert!(!valid("deviceStatus", br#"{"status":"asleep"}"#));
}

#[test]
fn the_golden_alerts_are_valid_in_draft_07_too() {
    let published = published("alert");
    let golden = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/alert-v1"));
    let mut seen = 0;
    for entry in golden.read_dir().unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut alert: Value = serde_json::from_str(&text).unwrap();
        published.check(&alert).unwrap_or_else(|fault| panic!("{fault}"));
        alert["geo"]["point"] = json!([117.1, 40.1, 3.0, 0.0]);
        assert!(!published.allows(&alert), "a place has three numbers at most");
        alert["geo"]["point"] = json!([117.1, 140.1]);
        assert!(!published.allows(&alert), "no latitude is beyond 90 degrees");
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn a_sensor_reads_there_what_it_may_say() {
    let document = asyncapi(READING).unwrap();
    let examples = document["components"]["messages"]["reading"]["examples"].as_array().unwrap();
    assert!(examples.len() >= 4, "{}", examples.len());
    let published = published("reading");
    for example in examples {
        published.check(&example["payload"]).unwrap_or_else(|fault| panic!("{example}: {fault}"));
    }
    let pit = json!({"point": "pit", "kind": "water_level", "value": 1.25, "seq": 3});
    assert!(
        !published.allows(&pit),
        "a number tells readings of one time apart, so it needs the time"
    );
    let mut timed = pit;
    timed["t"] = json!("2026-11-30T10:00:00+08:00");
    assert!(published.allows(&timed));
    timed["name"] = json!("Zhang San");
    assert!(!published.allows(&timed), "no member but those of the schema");
}
