//! What the events of a Dahua device come to, and what of them never gets in.

use std::collections::BTreeMap;

use proptest::prelude::{any, proptest};
use scene::{CaptureTime, SignalKind};

use super::{Line, Settings, lines, told};
use crate::http::web_server::WebServer;

fn said(text: &str) -> Vec<String> {
    let inputs = BTreeMap::from([(2, SignalKind::Smoke)]);
    let word = |line| match line {
        Line::Beat => "beat".to_owned(),
        Line::Fault(fault) => format!("fault: {fault}"),
        Line::Event(event) => told(&event, &inputs).map_or("nothing".to_owned(), |heard| {
            let value = heard.reading.value().unwrap();
            format!("{} {} {value} {:?}", heard.own_point, heard.kind, heard.serial)
        }),
    };
    lines(text.as_bytes()).into_iter().map(word).collect()
}

#[test]
fn several_events_of_a_part_are_told_whatever_their_data_hold() {
    let text = "Code=AccessControl;action=Pulse;index=0;data={\n  \"CardName\" : \"Code=BreakIn;action=Start;index=4\",\n \
                \"Status\" : 1,\n  \"RecNo\" : 12,\n \"UTC\" : 1761112552,\n \"Deep\" : {\"Status\" : 0}\n}\n\
                Code=VideoMotion;action=Start;index=3\n\
                Code=AlarmLocal;action=Start;index=1;data={}\r\nCode=AlarmLocal;action=Stop;index=1\n\
                Code=DoorStatus;action=Pulse;index=2;data={\"Status\":\"Open\"}";
    let expected = [
        "door-1 door_event access_granted Some(12)",
        "nothing",
        "input-2 smoke true None",
        "input-2 smoke false None",
        "door-3 door_contact true None",
    ];
    assert_eq!(said(text), expected);
    let event = |code: &str, rest: &str| said(&format!("Code={code};{rest}")).remove(0);
    assert_eq!(event("BreakIn", "action=Start;index=0"), "door-1 door_event forced_open None");
    assert_eq!(event("BreakIn", "action=Stop;index=0"), "nothing");
    assert_eq!(event("DoorNotClosed", "action=Pulse;index=9"), "door-10 door_event held_open None");
    assert_eq!(event("ChassisIntruded", "action=Stop;index=0"), "device tamper false None");
    assert_eq!(
        event("AccessControl", "action=Pulse;index=0;data={\"Status\":0}"),
        "door-1 door_event access_denied None"
    );
    assert_eq!(event("AlarmLocal", "action=Start;index=7"), "nothing", "nobody said what is wired");
    assert_eq!(said("Heartbeat\r\n"), ["beat"]);
}

#[test]
fn the_true_time_is_preferred() {
    let text = "Code=Duress;action=Pulse;index=0;data={\"UTC\":5,\"RealUTC\":7,\"CreateTime\":9}";
    let Line::Event(event) = lines(text.as_bytes()).remove(0) else { panic!("it is an event") };
    assert_eq!(event.device_time, Some(CaptureTime::from_unix_micros(7_000_000)));
}

#[test]
fn a_fault_repeats_nothing_and_hides_no_later_event() {
    let broken = "Code=AccessControl;action=Pulse;index=0;data={\"CardName\" : \"Zhang San\n}\n\
                  Code=Duress;action=Pulse;index=0";
    let said = said(broken);
    assert!(said[0].starts_with("fault: ") && !said[0].contains("Zhang"), "{said:?}");
    assert_eq!(said[1], "door-1 door_event duress None");
    for odd in ["", "Zhang San", "Code=Duress;index=0", "Code=Duress;action=Zhang"] {
        let said = self::said(odd);
        assert!(
            said.len() == 1 && said[0].starts_with("fault: ") && !said[0].contains("Zhang"),
            "{said:?}"
        );
    }
}

#[test]
fn a_long_line_that_names_events_is_looked_at_once() {
    // Half a million names: to look back to the line's begin for each takes minutes.
    let long = format!("x{}\n \r\n\tCode=Duress;action=Pulse;index=0", "Code=".repeat(500_000));
    let began_at = std::time::Instant::now();
    assert_eq!(said(&long), ["door-1 door_event duress None"]);
    assert!(began_at.elapsed() < std::time::Duration::from_secs(60), "{:?}", began_at.elapsed());
}

#[test]
fn settings_are_checked() {
    let mut settings = Settings::new(WebServer::new("http://10.0.0.8/".parse().unwrap()));
    settings.inputs.insert(1, SignalKind::Smoke);
    assert_eq!(settings.fault(), None);
    settings.inputs.insert(2, SignalKind::Temperature);
    assert!(settings.fault().unwrap().starts_with("inputs: "));
}

proptest! {
    #[test]
    fn any_text_comes_to_something(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        assert!((1..=65).contains(&lines(&bytes).len()));
    }

    #[test]
    fn any_order_of_words_comes_to_something(
        words in proptest::collection::vec("(Code=|BreakIn|;|action=|Start|index=[0-9]{1,12}|data=|\\{|\\}|\"|\n|:|UTC|9{1,30})", 0..60),
    ) {
        let text = words.concat();
        for line in lines(text.as_bytes()) {
            if let Line::Event(event) = line {
                let _ = told(&event, &BTreeMap::new());
            }
        }
    }
}
