//! What an ONVIF device's answers come to, and what of them never gets in.

use std::collections::BTreeMap;

use proptest::prelude::{any, proptest};
use scene::{CaptureTime, SignalKind};

use super::{read, told};

fn notification(topic: &str, operation: &str, source: &str, data: &str) -> String {
    format!(
        "<wsnt:NotificationMessage><wsnt:Topic Dialect=\"x\">{topic}</wsnt:Topic><wsnt:Message>\
         <tt:Message UtcTime=\"2025-10-22T05:55:52.5Z\" PropertyOperation=\"{operation}\">\
         <tt:Source>{source}</tt:Source><tt:Data>{data}</tt:Data></tt:Message></wsnt:Message>\
         </wsnt:NotificationMessage>"
    )
}

fn item(name: &str, value: &str) -> String {
    format!("<tt:SimpleItem Name=\"{name}\" Value=\"{value}\"/>")
}

fn answer(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"x\"><s:Body>{inside}</s:Body></s:Envelope>"
    )
}

fn words(topic: &str, source: &str, data: &str) -> String {
    let inside = notification(topic, "Changed", source, data);
    let reply =
        read(&answer(&format!("<tev:PullMessagesResponse>{inside}</tev:PullMessagesResponse>")))
            .unwrap();
    let inputs = BTreeMap::from([("in-2".to_owned(), SignalKind::Smoke)]);
    let Some(heard) = told(&reply.messages[0], &inputs) else { return "nothing".to_owned() };
    assert_eq!(heard.device_time, Some(CaptureTime::from_unix_micros(1_761_112_552_500_000)));
    let value = heard.reading.value().map_or("bad".to_owned(), |value| value.to_string());
    format!("{} {} {value}", heard.own_point, heard.kind)
}

#[test]
fn the_topics_of_doors_are_read_and_people_are_not() {
    let door = item("DoorToken", "d&amp;1");
    let state = |state| item("State", state);
    let is = |topic: &str, state: &str| words(topic, &door, &item("State", state));
    assert_eq!(is("tns1:Door/State/DoorAlarm", "DoorForcedOpen"), "d&1 door_event forced_open");
    assert_eq!(is("tns1:Door/State/DoorAlarm", "DoorOpenTooLong"), "d&1 door_event held_open");
    assert_eq!(is("tns1:Door/State/DoorAlarm", "Normal"), "nothing");
    assert_eq!(is("tns1:Door/tns1:State/tns1:DoorPhysicalState", "Open"), "d&1 door_contact true");
    assert_eq!(is("Door/State/DoorPhysicalState", "Fault"), "d&1 door_contact bad");
    assert_eq!(is("tns1:Door/State/LockPhysicalState", "Locked"), "d&1 lock true");
    assert_eq!(is("tns1:Door/State/DoorTamper", "TamperDetected"), "d&1 tamper true");
    assert_eq!(is("tns1:Door/State/DoorMode", "Locked"), "nothing");
    let access = item("AccessPointToken", "ap-1");
    let person = item("CredentialToken", "c-9") + &item("CredentialHolderName", "Zhang San");
    assert_eq!(
        words("tns1:AccessControl/AccessGranted/Credential", &access, &person),
        "ap-1 door_event access_granted"
    );
    assert_eq!(
        words("tns1:AccessControl/Denied/CredentialNotFound/Card", &access, &person),
        "ap-1 door_event access_denied"
    );
    assert_eq!(words("tns1:AccessControl/Duress", &access, &person), "ap-1 door_event duress");
    assert_eq!(words("tns1:AccessControl/AccessTaken/Credential", &access, &person), "nothing");
    let logical = item("LogicalState", "true");
    assert_eq!(
        words("tns1:Device/Trigger/DigitalInput", &item("InputToken", "in-2"), &logical),
        "in-2 smoke true"
    );
    assert_eq!(
        words("tns1:Device/Trigger/DigitalInput", &item("InputToken", "in-3"), &logical),
        "nothing"
    );
    assert_eq!(words("tns1:Door/State/DoorAlarm", "", &state("DoorForcedOpen")), "nothing");
    let text = notification("tns1:AccessControl/Duress", "Changed", &access, &person);
    let shown = format!("{:?}", read(&answer(&text)).unwrap());
    assert!(!shown.contains("Zhang") && !shown.contains("c-9"), "{shown}");
}

#[test]
fn answers_of_a_device_are_read() {
    let time = "<GetSystemDateAndTimeResponse><SystemDateAndTime><UTCDateTime><Time><Hour>5</Hour><Minute>55</Minute>\
                <Second>52</Second></Time><Date><Year>2025</Year><Month>10</Month><Day>22</Day></Date></UTCDateTime>\
                <LocalDateTime><Time><Hour>13</Hour></Time></LocalDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse>";
    let reply = read(&answer(time)).unwrap();
    assert_eq!(reply.system_time, Some(CaptureTime::from_unix_micros(1_761_112_552_000_000)));
    let services = "<c><Media><XAddr>http://h/media</XAddr></Media><Events><XAddr>http://h/ev?a=1&amp;b=2</XAddr></Events></c>";
    let service = read(&answer(services)).unwrap().event_service;
    assert_eq!(service.as_deref(), Some("http://h/ev?a=1&b=2"));
    let subscription = "<r><SubscriptionReference><a:Address> http://10.0.0.8/sub/7 </a:Address>\
                        <a:ReferenceParameters><x:Id xmlns:x=\"y\">7</x:Id></a:ReferenceParameters></SubscriptionReference>\
                        <CurrentTime>2025-10-22T05:55:52Z</CurrentTime></r>";
    let reply = read(&answer(subscription)).unwrap();
    assert_eq!(reply.subscription.as_deref(), Some("http://10.0.0.8/sub/7"));
    assert_eq!(reply.parameters, "<x:Id xmlns:x=\"y\">7</x:Id>");
    assert_eq!(reply.current_time, Some(CaptureTime::from_unix_micros(1_761_112_552_000_000)));
    let fault = "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault>";
    let reply = read(&answer(fault)).unwrap();
    assert!(reply.is_fault && reply.is_unauthorized);
    assert!(read("<a><b></a>").is_err() && read("<a>").is_err());
}

#[test]
fn every_fault_of_a_login_is_a_refusal() {
    let is_refusal = |code: &str| {
        let modern = format!(
            "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{code}</s:Value>\
             </s:Subcode></s:Code></s:Fault>"
        );
        let old = format!("<s:Fault><faultcode>{code}</faultcode></s:Fault>");
        [modern, old].map(|fault| {
            let reply = read(&answer(&fault)).unwrap();
            assert!(reply.is_fault);
            reply.is_unauthorized
        })
    };
    for word in [
        "ter:NotAuthorized",
        "wsse:FailedAuthentication",
        "wsse:FailedCheck",
        "wsse:InvalidSecurity",
        "wsse:InvalidSecurityToken",
        " wsse:UnsupportedSecurityToken ",
        "FailedCheck",
    ] {
        assert_eq!(is_refusal(word), [true; 2], "{word}");
    }
    assert_eq!(is_refusal("ter:ActionNotSupported"), [false; 2]);
}

#[test]
fn an_answer_is_bounded() {
    let many = notification("t", "Changed", "", "").repeat(129);
    assert!(read(&answer(&many)).unwrap_err().contains("more messages"));
    let deep = "<a>".repeat(10_000);
    assert!(read(&deep).unwrap_err().contains("deeper"));
    let long = format!(
        "<SubscriptionReference><ReferenceParameters>{}</ReferenceParameters></SubscriptionReference>",
        "x".repeat(5_000)
    );
    assert_eq!(read(&answer(&long)).unwrap().parameters, "");
}

#[test]
fn an_element_of_very_many_attributes_is_refused_at_the_first_too_many() {
    let topic = "tns1:Door/State/DoorAlarm";
    let with = |count: usize| {
        let many: String = (0..count).map(|at| format!(" a{at}=\"\"")).collect();
        let item = format!("<tt:SimpleItem{many} Name=\"DoorToken\" Value=\"d\"/>");
        read(&answer(&notification(topic, "Changed", &item, "")))
    };
    assert_eq!(with(10).unwrap().messages[0].token.as_deref(), Some("d"));
    // Comparing each of these with all others would take minutes.
    let told = with(200_000).unwrap_err();
    assert!(told.contains("more attributes"), "{told}");
}

proptest! {
    #[test]
    fn any_answer_comes_to_something(text in ".{0,300}") {
        drop(read(&text));
    }

    #[test]
    fn a_spoilt_answer_comes_to_something(at in 0_usize..600, letter in any::<char>()) {
        let mut text: Vec<char> = answer(&notification("tns1:Door/State/DoorAlarm", "Initialized", &item("DoorToken", "a"), &item("State", "Open"))).chars().collect();
        let at = at % text.len();
        text[at] = letter;
        drop(read(&text.into_iter().collect::<String>()));
    }
}
