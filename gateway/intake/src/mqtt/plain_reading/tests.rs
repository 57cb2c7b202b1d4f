//! Readings as JSON: what is taken, what is not, and that the schema says the same.

use boon::{Compiler, Schemas};
use proptest::prelude::*;
use scene::{DoorEvent, Reading, SignalKind, SignalValue};
use serde_json::{Value, json};

use super::{MOST_READINGS, SCHEMA, understand};
use crate::mqtt::said::{About, Understood};
use crate::mqtt::settings::Point;

const KINDS: [(&str, SignalKind); 4] = [
    ("pit", SignalKind::WaterLevel),
    ("cable", SignalKind::ResidualCurrent),
    ("door", SignalKind::DoorEvent),
    ("smoke", SignalKind::Smoke),
];

fn points() -> Vec<Point> {
    let point = |(name, kind): (&str, _)| Point { name: name.to_owned(), kind, onvif: None };
    KINDS.map(point).into()
}

fn heard(message: &Value) -> Understood {
    understand(message.to_string().as_bytes(), &points(), false)
}

fn abouts(understood: &Understood) -> Vec<About> {
    understood.said.iter().map(|said| said.about).collect()
}

fn faults(message: &Value) -> Vec<String> {
    heard(message).faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_reading_or_a_list_of_them_is_taken() {
    let pit = json!({"point": "pit", "kind": "water_level", "value": -0.25});
    let wet = About::Point(0, Reading::Good(SignalValue::Number(-0.25)));
    assert_eq!(abouts(&heard(&pit)), [wet]);
    let list = json!([
        pit,
        {"point": "smoke", "kind": "smoke", "value": true, "quality": "uncertain"},
        {"point": "cable", "kind": "residual_current", "quality": "bad"},
        {"point": "cable", "kind": "residual_current", "quality": "bad", "value": null},
        {"point": "door", "kind": "door_event", "value": "forced_open"},
        {"point": "device", "kind": "heartbeat", "value": true},
        {"point": "device", "kind": "heartbeat", "value": false},
    ]);
    let expected = [
        wet,
        About::Point(3, Reading::Uncertain(SignalValue::Flag(true))),
        About::Point(1, Reading::Bad),
        About::Point(1, Reading::Bad),
        About::Point(2, Reading::Good(SignalValue::Code(DoorEvent::ForcedOpen))),
        About::Device { is_there: true },
        About::Device { is_there: false },
    ];
    assert_eq!(abouts(&heard(&list)), expected);
}

#[test]
fn the_examples_of_the_schema_are_taken() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let examples = schema["examples"].as_array().unwrap();
    let taken: usize = examples
        .iter()
        .map(|example| {
            assert_eq!(faults(example), [""; 0], "{example}");
            heard(example).said.len()
        })
        .sum();
    assert_eq!(taken, 7);
}

#[test]
fn a_fault_names_the_field_and_the_rest_of_the_list_is_taken() {
    let list = json!([
        {"point": "pit", "kind": "water_level", "value": 1},
        {"point": "pit", "kind": "water_level", "value": "1"},
        {"point": "pit", "kind": "smoke", "value": true},
        {"point": "cable", "kind": "residual_current", "value": -1},
        {"point": "door", "kind": "door_event", "value": "zhang san"},
        {"point": "pit", "kind": "water_level", "value": 1, "t": "yesterday"},
        {"point": "pit", "kind": "water_level", "value": 1, "seq": 1},
        7,
    ]);
    let understood = heard(&list);
    assert_eq!(understood.said.len(), 1);
    assert_eq!(
        faults(&list),
        [
            "[1].value: expected a number in metres",
            "[2].kind: expected water_level, as this point is configured",
            "[3].value: expected a number in mA, at least 0",
            "[4].value: expected one of forced_open, held_open, access_granted, access_denied, duress, \
             tailgating and fire_release",
            "[5].t: expected a time by RFC 3339 with its offset, such as 2026-11-30T10:00:00+08:00",
            "[6].t: expected a time, as there is a seq",
            "[7].message: expected an object, or a list of objects",
        ]
    );
    assert_eq!(faults(&json!([])), ["message: expected 1 to 100 readings"]);
    let long = vec![json!({"point": "pit", "kind": "water_level", "value": 1}); MOST_READINGS + 1];
    assert_eq!(faults(&long.into()), ["message: expected 1 to 100 readings"]);
}

#[test]
fn no_name_and_no_number_of_a_card_gets_into_a_fault() {
    let private = ["张三丰", "4111-1111", "京A12345", "13800138000"];
    for text in private {
        let mut messages = vec![
            json!({"point": "pit", "kind": "water_level", "value": 1, text: true}),
            json!({"point": text, "kind": "water_level", "value": 1}),
            json!({"point": "pit", "kind": text, "value": 1}),
            json!({"point": "pit", "kind": "water_level", "value": text}),
            json!({"point": "pit", "kind": "water_level", "value": 1, "quality": text}),
            json!({"point": "pit", "kind": "water_level", "value": 1, "t": text}),
            json!({"point": "pit", "kind": "water_level", "value": 1, "seq": text}),
            json!({"point": {text: 1}, "kind": "water_level", "value": 1}),
            json!(text),
        ];
        messages.push(json!([messages.clone()]));
        for message in messages {
            let faults = faults(&message).join(" ");
            assert!(!faults.is_empty(), "{message}");
            assert!(!faults.contains(text), "{faults}");
        }
        let broken = format!("{{\"point\": {text}");
        let faults = understand(broken.as_bytes(), &points(), false).faults;
        assert!(!faults[0].to_string().contains(text), "{}", faults[0]);
    }
}

#[test]
fn what_is_retained_tells_states_and_no_moments() {
    let list = json!([
        {"point": "smoke", "kind": "smoke", "value": true},
        {"point": "door", "kind": "door_event", "value": "duress"},
        {"point": "device", "kind": "heartbeat", "value": true},
        {"point": "device", "kind": "heartbeat", "value": false},
    ]);
    let understood = understand(list.to_string().as_bytes(), &points(), true);
    let smoke = About::Point(3, Reading::Good(SignalValue::Flag(true)));
    assert_eq!(abouts(&understood), [smoke, About::Device { is_there: false }]);
    assert_eq!(understood.ignored, 2);
}

#[test]
fn a_reading_with_a_time_has_an_identity() {
    let at = |seq: Option<u64>, value: f64| {
        let t = "2026-11-30T10:00:00+08:00";
        let mut it = json!({"point": "pit", "kind": "water_level", "value": value, "t": t});
        if let Some(seq) = seq {
            it["seq"] = seq.into();
        }
        heard(&it).said[0].serial
    };
    assert_eq!(at(Some(1), 1.0), at(Some(1), 1.0));
    assert_ne!(at(Some(1), 1.0), at(Some(2), 1.0));
    assert_eq!(at(None, 1.0), at(None, 1.0));
    assert_ne!(at(None, 1.0), at(None, 2.0));
    let none = json!({"point": "pit", "kind": "water_level", "value": 1});
    assert_eq!(heard(&none).said[0].serial, None);
}

/// Readings that are right, and such in which one thing is wrong.
fn any_reading() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec!["pit", "cable", "door", "smoke", "device", ""]);
    let kinds = prop::sample::select(
        SignalKind::ALL.iter().map(|kind| kind.word()).chain(["colour"]).collect::<Vec<_>>(),
    );
    let values = prop_oneof![
        Just(json!(true)),
        Just(json!(null)),
        Just(json!("duress")),
        Just(json!("open")),
        (-400.0..400.0).prop_map(|number: f64| json!(number)),
    ];
    let qualities =
        prop::sample::select(vec![json!("good"), json!("bad"), json!("so so"), json!(1)]);
    let seqs = prop::sample::select(vec![json!(0), json!(-1), json!(1_u64 << 60), json!("1")]);
    let of = prop::option::of::<BoxedStrategy<Value>>;
    let as_configured = any::<bool>();
    (names, kinds, as_configured, of(values.boxed()), of(qualities.boxed()), of(seqs.boxed()))
        .prop_map(|(name, kind, as_configured, value, quality, seq)| {
            let configured = KINDS.iter().find(|(point, _)| *point == name);
            let kind = match configured {
                Some((_, kind)) if as_configured => kind.word(),
                None if as_configured => "heartbeat",
                _ => kind,
            };
            let mut reading = json!({"point": name, "kind": kind});
            for (field, given) in [("value", value), ("quality", quality), ("seq", seq)] {
                if let Some(given) = given {
                    reading[field] = given;
                }
            }
            reading
        })
}

proptest! {
    #[test]
    fn the_schema_takes_what_is_taken_here(reading in any_reading()) {
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        compiler.add_resource("in.json", serde_json::from_str(SCHEMA).unwrap()).unwrap();
        let schema = compiler.compile("in.json", &mut schemas).unwrap();
        let is_valid = schemas.validate(&reading, schema).is_ok();
        let faults = faults(&reading);
        // The schema does not know the points of the configuration.
        let is_known = !faults.iter().any(|it| {
            it.contains("configured") || it.starts_with("quality: expected good, for")
        });
        if faults.is_empty() {
            prop_assert!(is_valid, "{reading}");
        } else if is_known {
            prop_assert!(!is_valid, "{reading}: {faults:?}");
        }
    }

    #[test]
    fn any_bytes_end_in_a_fault_or_in_readings(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let understood = understand(&bytes, &points(), false);
        prop_assert!(!understood.faults.is_empty() || !understood.said.is_empty());
    }
}
