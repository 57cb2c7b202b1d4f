//! Events as ONVIF devices publish them.

use scene::{DoorEvent, Reading, SignalKind, SignalValue};
use serde_json::{Value, json};

use super::understand;
use crate::mqtt::said::{About, Understood};
use crate::mqtt::settings::{OnvifItem, Point};

fn points() -> Vec<Point> {
    let point = |name: &str, kind, topic: &str, source: Option<&str>| Point {
        name: name.to_owned(),
        kind,
        onvif: Some(OnvifItem {
            topic: topic.to_owned(),
            source: source.map(str::to_owned),
            item: None,
        }),
    };
    vec![
        point("leaf-1", SignalKind::DoorContact, "Door/State/DoorPhysicalState", Some("Door1")),
        point("leaf-2", SignalKind::DoorContact, "Door/State/DoorPhysicalState", Some("Door2")),
        point("alarm", SignalKind::DoorEvent, "Door/State/DoorAlarm", None),
        point("cards", SignalKind::DoorEvent, "AccessControl/Denied", None),
        point("cabinet", SignalKind::Temperature, "Device/Sensor/Temperature", None),
        point("input", SignalKind::Smoke, "Device/Trigger/DigitalInput", Some("In3")),
    ]
}

fn heard(topic: &str, message: &Value) -> Understood {
    understand(topic, message.to_string().as_bytes(), &points(), false)
}

fn said(topic: &str, message: &Value) -> Vec<About> {
    heard(topic, message).said.into_iter().map(|it| it.about).collect()
}

fn code(at: usize, event: DoorEvent) -> About {
    About::Point(at, Reading::Good(SignalValue::Code(event)))
}

fn flag(at: usize, flag: bool) -> About {
    About::Point(at, Reading::Good(SignalValue::Flag(flag)))
}

#[test]
fn both_forms_of_items_are_read() {
    let plain = json!({
        "UtcTime": "2026-11-30T02:00:00.321Z",
        "Source": {"DoorToken": "Door2"},
        "Data": {"State": "Open"},
    });
    assert_eq!(said("tns1:Door/State/DoorPhysicalState/&Door2", &plain), [flag(1, true)]);
    assert!(heard("Door/State/DoorPhysicalState", &plain).said[0].serial.is_some());
    let simple = json!({
        "UtcTime": "2026-11-30T02:00:00.321Z",
        "Source": {"SimpleItem": [{"Name": "InputToken", "Value": "In3"}]},
        "Data": {"SimpleItem": {"@Name": "LogicalState", "@Value": "true"}},
    });
    assert_eq!(said("Device/Trigger/DigitalInput", &simple), [flag(5, true)]);
    let bare = json!({"Source": [{"Name": "x", "Value": "In3"}], "Data": [{"Name": "LogicalState", "Value": 1}]});
    assert!(
        heard("Device/Trigger/DigitalInput", &bare).faults[0].to_string().starts_with("Data: ")
    );
}

#[test]
fn the_table_gives_words_their_meaning() {
    let alarm = |state: &str| said("Door/State/DoorAlarm", &json!({"Data": {"State": state}}));
    assert_eq!(alarm("DoorForcedOpen"), [code(2, DoorEvent::ForcedOpen)]);
    assert_eq!(alarm("DoorOpenTooLong"), [code(2, DoorEvent::HeldOpen)]);
    assert_eq!(alarm("Normal"), []);
    let leaf = json!({"Source": {"T": "Door1"}, "Data": {"State": "Fault"}});
    assert_eq!(said("Door/State/DoorPhysicalState", &leaf), [About::Point(0, Reading::Bad)]);
    let warm = json!({"Source": {"SensorID": "t"}, "Data": {"Value": 28.65, "Threshold": 25.15}});
    let expected = About::Point(4, Reading::Good(SignalValue::Number(28.65)));
    assert_eq!(said("Device/Sensor/Temperature/High", &warm), [expected]);
    assert_eq!(heard("Device/Sensor/Humidity", &warm).ignored, 1);
}

#[test]
fn who_it_was_is_not_read() {
    let denied = json!({
        "UtcTime": "2026-11-30T02:00:00Z",
        "Source": {"AccessPointToken": "A1"},
        "Data": {"CredentialToken": "4111-1111", "CredentialHolderName": "张三丰", "Reason": "x"},
    });
    let understood = heard("AccessControl/Denied/CredentialNotFound", &denied);
    assert!(!format!("{understood:?}").contains("张三丰"));
    assert!(!format!("{understood:?}").contains("4111"));
    assert_eq!(understood.said[0].about, code(3, DoorEvent::AccessDenied));
    let odd = json!({"UtcTime": "张三丰", "Source": {}, "Data": {"Value": "4111-1111"}});
    let faults = format!("{:?}", heard("Device/Sensor/Temperature", &odd).faults);
    assert!(faults.contains("UtcTime") && faults.contains("Data"), "{faults}");
    assert!(!faults.contains("张三丰") && !faults.contains("4111"), "{faults}");
}

#[test]
fn a_retained_state_is_the_state_at_the_start_and_no_bytes_are_its_end() {
    let open = json!({"Source": {"T": "Door1"}, "Data": {"State": "Open"}}).to_string();
    let topic = "Door/State/DoorPhysicalState/&Door1";
    let retained = understand(topic, open.as_bytes(), &points(), true);
    assert_eq!(retained.said[0].about, flag(0, true));
    let alarm = json!({"Data": {"State": "DoorForcedOpen"}}).to_string();
    let retained = understand("Door/State/DoorAlarm", alarm.as_bytes(), &points(), true);
    assert_eq!((retained.said.len(), retained.ignored), (0, 1), "it would be told at each start");
    let gone = understand(topic, b"", &points(), false);
    assert_eq!(gone.said.len(), 1);
    assert_eq!(gone.said[0].about, About::Point(0, Reading::Bad));
}
