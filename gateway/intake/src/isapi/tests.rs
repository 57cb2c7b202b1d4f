//! What the events of a Hikvision device come to, and what of them never gets in.

use proptest::prelude::{any, proptest};
use scene::{CaptureTime, DoorEvent, Reading, SignalKind, SignalValue};

use super::alert::Said;
use super::{Settings, said};
use crate::hearing::Heard;
use crate::http::web_server::WebServer;

const EVENT: &str = r#"{"ipAddress":"192.168.1.11","portNo":4000,"protocol":"HTTP","channelID":1,
 "dateTime":"2025-10-22T13:55:52+08:00","activePostCount":1,"eventType":"AccessControllerEvent",
 "eventState":"active","eventDescription":"Access Controller Event",
 "AccessControllerEvent":{"deviceName":"Access Controller","majorEventType":5,"subEventType":27,
 "cardReaderKind":1,"doorNo":2,"serialNo":159,"currentVerifyMode":"invalid","mask":"unknown",
 "name":"Zhang San","employeeNoString":"20931","cardNo":"1234567890","purePwdVerifyEnable":true}}"#;

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">
<ipAddress>192.168.1.11</ipAddress><dateTime>2025-10-22T13:55:52</dateTime>
<activePostCount>1</activePostCount><eventType>AccessControllerEvent</eventType>
<eventState>active</eventState>
<AccessControllerEvent><majorEventType>5</majorEventType><subEventType>27</subEventType>
<name>Zhang &amp; San</name><doorNo>2</doorNo><serialNo>159</serialNo>
<FaceInfo><name>Zhang</name><doorNo>7</doorNo></FaceInfo></AccessControllerEvent>
</EventNotificationAlert>"#;

const AT: CaptureTime = CaptureTime::from_unix_micros(1_761_112_552_000_000);

fn heard(text: &str) -> Heard {
    match said(text.as_bytes(), 480) {
        Ok(Said::Told(heard, _)) => heard,
        other => panic!("{other:?}"),
    }
}

fn event(major: u64, minor: u64) -> Option<String> {
    let text = EVENT.replace("\"majorEventType\":5", &format!("\"majorEventType\":{major}"));
    let text = text.replace("\"subEventType\":27", &format!("\"subEventType\":{minor}"));
    match said(text.as_bytes(), 480).unwrap() {
        Said::Told(heard, _) => Some(match heard.reading {
            Reading::Good(value) => format!("{} {} {value}", heard.own_point, heard.kind),
            _ => format!("{} {} bad", heard.own_point, heard.kind),
        }),
        _ => None,
    }
}

#[test]
fn json_and_xml_say_the_same() {
    let forced = Heard {
        own_point: "door-2".to_owned(),
        kind: SignalKind::DoorEvent,
        reading: Reading::Good(SignalValue::Code(DoorEvent::ForcedOpen)),
        device_time: Some(AT),
        serial: Some(159),
        fact: None,
    };
    assert_eq!(heard(EVENT), forced);
    assert_eq!(heard(XML), forced);
    let wrapped = format!("{{\"EventNotificationAlert\":{EVENT}}}");
    assert_eq!(heard(&wrapped), forced);
    let as_texts = EVENT.replace("159", "\"159\"").replace(":5,", ":\"5\",");
    assert_eq!(heard(&as_texts), forced, "numbers may be texts");
}

#[test]
fn an_event_is_known_by_both_its_numbers() {
    assert_eq!(event(5, 0x1c).as_deref(), Some("door-2 door_event held_open"));
    assert_eq!(event(5, 0x19).as_deref(), Some("door-2 door_contact true"));
    assert_eq!(event(5, 0x16).as_deref(), Some("door-2 lock true"));
    assert_eq!(event(5, 0x09).as_deref(), Some("door-2 door_event access_denied"));
    assert_eq!(event(5, 0x4b).as_deref(), Some("door-2 door_event access_granted"));
    assert_eq!(event(5, 0x34).as_deref(), Some("door-2 door_event fire_release"));
    assert_eq!(event(1, 0x40a).as_deref(), Some("door-2 door_event duress"));
    assert_eq!(event(2, 0x40a).as_deref(), Some("reader-1 heartbeat true"));
    assert_eq!(event(1, 0x407).as_deref(), Some("reader-1 tamper false"));
    assert_eq!(event(2, 0x407).as_deref(), Some("network heartbeat true"));
    assert_eq!(event(1, 0x404).as_deref(), Some("device tamper true"));
    assert_eq!(event(1, 0x416).as_deref(), Some("fire smoke bad"));
    for unknown in [(2, 0x404), (3, 0x1b), (5, 0x17), (5, 0x400), (0, 0), (u64::MAX, 1)] {
        assert_eq!(event(unknown.0, unknown.1), None, "{unknown:?}");
    }
}

#[test]
fn a_heartbeat_is_the_loss_of_a_picture_that_is_not_lost() {
    let beat = |state: &str, count: u8, time: &str| {
        let text = format!(
            "{{\"eventType\":\"videoloss\",\"eventState\":\"{state}\",\"activePostCount\":{count},\"dateTime\":\"{time}\"}}"
        );
        said(text.as_bytes(), 480).unwrap()
    };
    let (now, then) = ("2025-10-22T13:55:52+08:00", "1970-01-01T08:00:09+08:00");
    assert_eq!(beat("inactive", 1, now), Said::Beat(Some(AT)));
    assert_eq!(beat("active", 0, then), Said::Beat(Some(CaptureTime::from_unix_micros(9_000_000))));
    assert_eq!(beat("active", 1, now), Said::Nothing, "a channel really lost its picture");
    assert_eq!(beat("inactive", 0, "yesterday"), Said::Beat(None));
    let xml = "<EventNotificationAlert><eventType>videoloss</eventType><eventState>inactive</eventState></EventNotificationAlert>";
    assert_eq!(said(xml.as_bytes(), 480).unwrap(), Said::Beat(None));
}

#[test]
fn a_fault_names_the_field_and_repeats_nothing() {
    let secret = "Zhang San 11010119900101";
    let texts = [
        format!(
            "{{\"eventType\":\"AccessControllerEvent\",\"AccessControllerEvent\":{{\"majorEventType\":\"{secret}\"}}}}"
        ),
        format!("{{\"eventType\":\"{secret}\",\"AccessControllerEvent\":\"{secret}\"}}"),
        format!("{{\"name\":\"{secret}"),
        format!("<EventNotificationAlert><{secret}></EventNotificationAlert>"),
        secret.to_owned(),
    ];
    for text in texts {
        let fault = said(text.as_bytes(), 480).unwrap_err();
        assert!(!fault.contains("Zhang") && fault.len() > 20, "{fault}");
    }
}

#[test]
fn a_name_in_another_encoding_hinders_nothing() {
    let gbk = |text: &str| {
        let (before, after) = text.split_once("Zhang").unwrap();
        [before.as_bytes(), &[0xd5, 0xc5, 0xc8, 0xfd], after.as_bytes()].concat()
    };
    for text in [EVENT, XML] {
        let said = said(&gbk(text), 480).unwrap();
        assert!(matches!(said, Said::Told(ref heard, _) if heard.serial == Some(159)), "{said:?}");
    }
}

#[test]
fn settings_are_checked_and_show_no_password() {
    let mut web = WebServer::new("http://10.0.0.8/".parse().unwrap());
    web.credentials = Some(trust::Credentials { user: "guard".into(), password: "gate 7".into() });
    let mut settings = Settings::new(web);
    assert_eq!(settings.fault(), None);
    assert!(!format!("{settings:?}").contains("gate 7"));
    settings.utc_offset_minutes = 841;
    assert!(settings.fault().unwrap().starts_with("utc_offset_minutes: "));
}

proptest! {
    #[test]
    fn any_text_comes_to_something(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        drop(said(&bytes, 480));
    }

    #[test]
    fn a_spoilt_event_comes_to_something(at in 0_usize..700, byte in any::<u8>(), cut in any::<bool>()) {
        for text in [EVENT, XML] {
            let mut text = text.as_bytes().to_vec();
            let at = at % text.len();
            if cut { text.truncate(at) } else { text[at] = byte }
            if let Ok(Said::Told(heard, _)) = said(&text, 480) {
                assert!(heard.own_point.len() < 30);
            }
        }
    }
}
