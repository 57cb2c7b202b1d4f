//! Files from messages in any order, and messages against their schema.

use std::sync::OnceLock;

use contract::Contract;
use expect_test::expect;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{CaseEvent, CaseFeedback, CaseFile, CaseStatus, StageNames};
use crate::alert::CloseReason;
use crate::alert::schema::CASE_FEEDBACK_V1;

const EXAMPLE: &str = include_str!("../alert/schema/example-3-case-feedback-handled.json");
const ALERT: &str = "01932f10-7a10-7b00-8a00-0000000000a1";

fn published() -> &'static Contract {
    static PUBLISHED: OnceLock<Contract> = OnceLock::new();
    PUBLISHED.get_or_init(|| Contract::new(CASE_FEEDBACK_V1))
}

/// A message with every field that there is.
fn full() -> Value {
    json!({
        "spec": "cg.case/1", "msg_id": "01932f30-0000-7d00-8a00-0000000000e4", "alert_id": ALERT,
        "seq": 4, "time": "2026-11-22T09:58:00+08:00", "event": "handled",
        "case": { "system": "casesim", "rec_id": "10479", "task_num": "PG-1",
            "stage_name": "处置反馈", "merged_into": "01932f10-7a10-7b00-8a00-0000000000a2" },
        "reason": { "code": "already_fixed", "text": "车已开走" },
        "actor": { "role": "grid_officer", "org": "binhe", "id": "7" },
        "deadlines": { "accept": "2026-11-22T10:00:00Z", "sign": "2026-11-22T10:00:00.5Z",
            "handle": "2026-11-22T10:00:00+08:00", "verify": "2026-11-22T10:58:00+08:00" },
        "whistle": { "level": "key", "departments": ["fire"], "upgraded_from": "ordinary" },
        "verify": { "mode": "auto", "settle_s": 60, "window_s": 180, "min_samples": 10 },
        "label": { "correct": true, "true_code": "other" },
        "score": { "efficiency": 80, "cooperation": 90, "professionalism": 100,
            "responsibility": 0, "citizen_satisfied": true },
    })
}

/// Every place of a message, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        places(child, &format!("{at}/{key}"), found);
    }
}

/// What somebody's software might write in any place.
fn oddities() -> Vec<Value> {
    let long = "很".repeat(301);
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1),
        json!(2.0),
        json!(2.5),
        json!(1e300),
        json!(3600),
        json!(3601),
        json!(200),
        json!(101),
        json!(u64::MAX),
        json!(""),
        json!("x"),
        json!(long),
        json!("很".repeat(64)),
        json!("很".repeat(65)),
        json!("很".repeat(32)),
        json!("handled"),
        json!("none"),
        json!("difficult"),
        json!("key"),
        json!("2026-11-22T09:58:00+08:00"),
        json!("2026-11-22T09:58:00"),
        json!("2026-11-22 09:58:00Z"),
        json!("2026-13-22T09:58:00Z"),
        json!("2026-11-22"),
        json!("2026-11-22T09:58:00.Z"),
        json!("2026-02-30T09:58:00Z"),
        json!("2026-11-22T09:58:00.123456789Z"),
        json!("2026-11-22T25:58:00Z"),
        json!("01932F30-0000-7D00-8A00-0000000000E4"),
        json!("01932f3000007d008a000000000000e4"),
        json!("01932f30-0000-9d00-8a00-0000000000e4"),
        json!("01932f30-0000-7d00-0a00-0000000000e4"),
        json!("00000000-0000-0000-0000-000000000000"),
        json!(ALERT),
        json!([]),
        json!({}),
        json!({ "x": 1 }),
        json!(vec!["x"; 17]),
        json!(vec!["x"; 16]),
        json!([1]),
    ]
}

#[test]
fn the_parser_and_the_schema_are_of_one_mind() {
    let (mut all, mut refused) = (0, 0);
    let mut judge = |message: &Value, what: &str| {
        let by_schema = published().allows(message);
        let parsed = CaseFeedback::parse(message.to_string().as_bytes());
        assert_eq!(by_schema, parsed.is_ok(), "{what}: {parsed:?}\n{message:#}");
        all += 1;
        refused += u32::from(!by_schema);
    };
    let example: Value = serde_json::from_str(EXAMPLE).unwrap();
    for message in [example, full()] {
        judge(&message, "as it is");
        let mut found = Vec::new();
        places(&message, "", &mut found);
        for place in &found {
            for odd in oddities() {
                let mut changed = message.clone();
                *changed.pointer_mut(place).unwrap() = odd;
                judge(&changed, place);
            }
            let (parent, key) = place.rsplit_once('/').unwrap_or(("", ""));
            let mut shorter = message.clone();
            if let Some(Value::Object(members)) = shorter.pointer_mut(parent) {
                members.remove(key);
                members.insert("surprise".to_owned(), json!(1));
                judge(&shorter, "with a surprise");
                let Some(Value::Object(members)) = shorter.pointer_mut(parent) else { panic!() };
                members.remove("surprise");
                judge(&shorter, "without a field");
            }
        }
    }
    assert!(all > 2_000 && refused > 1_000 && refused < all, "{refused} of {all}");
}

#[test]
fn refusals_name_the_place_and_what_was_expected() {
    let complain = |place: &str, odd: Value| {
        let mut message = full();
        *message.pointer_mut(place).unwrap() = odd;
        let refused = CaseFeedback::parse_for(ALERT, message.to_string().as_bytes());
        format!("{}\n", refused.unwrap_err())
    };
    let mut log = String::new();
    log += &complain("/verify/window_s", json!(9));
    log += &complain("/case/stage_name", json!("长".repeat(33)));
    log += &complain("/event", json!("done"));
    log += &complain("/deadlines/sign", json!("tomorrow"));
    log += &complain("/whistle", json!({}));
    log += &complain("/alert_id", json!("01932f10-7a10-7b00-8a00-0000000000a9"));
    log += &format!("{}\n", CaseFeedback::parse(b"{} x").unwrap_err());
    log += &format!("{}\n", CaseFeedback::parse(&[b'['; 70_000]).unwrap_err());
    log += &format!("{}\n", CaseFeedback::parse(&[b'['; 60_000]).unwrap_err());
    expect![[r#"
        $.verify.window_s: found 9, expected a whole number, 10 to 86400 at line 1 column 808
        $.case.stage_name: 33 characters, expected 32 at most at line 1 column 298
        $.event: unknown variant `done`, expected one of `received`, `accepted`, `rejected`, `false_alarm`, `merged`, `dispatched`, `signed`, `handling`, `returned`, `postponed`, `whistle`, `handled`, `verify_request`, `closed`, `reopened`, `cancelled`, `press`, `supervise`, `evidence_request`, `evaluated` at line 1 column 416
        $.deadlines.sign: found `tomorrow`, expected a time such as 2026-11-22T09:58:00+08:00 at line 1 column 349
        $.whistle: missing field `level` at line 1 column 823
        $.alert_id: the message is about 01932f10-7a10-7b00-8a00-0000000000a9, but it came on the topic of 01932f10-7a10-7b00-8a00-0000000000a1; publish it on case/01932f10-7a10-7b00-8a00-0000000000a9
        $: missing field `spec` at line 1 column 2
        $: 70000 bytes, expected 65536 at most
        $: invalid type: sequence, expected an object at line 1 column 0
    "#]].assert_eq(&log);
}

fn message(seq: u64, event: &str, more: &Value) -> CaseFeedback {
    let mut message = json!({
        "spec": "cg.case/1", "alert_id": ALERT, "seq": seq, "event": event,
        "msg_id": format!("01932f30-0000-7d00-8a00-{seq:012x}"),
        "time": "2026-11-22T09:58:00+08:00", "case": { "system": "casesim" },
    });
    for (key, value) in more.as_object().unwrap() {
        message[key] = value.clone();
    }
    CaseFeedback::parse(message.to_string().as_bytes()).unwrap()
}

fn file(events: &[(u64, &str)]) -> CaseFile {
    let messages: Vec<_> = events.iter().map(|(seq, it)| message(*seq, it, &json!({}))).collect();
    CaseFile::of(&messages, &StageNames::new())
}

#[test]
fn the_newest_step_decides_and_side_remarks_do_not() {
    let told = |events: &[(u64, &str)]| {
        let file = file(events);
        let request = file.request.map(|request| request.asked_by_seq);
        format!("{:?} {:?} {request:?}", file.stage, file.status())
    };
    expect![["None Alone None"]].assert_eq(&told(&[]));
    expect![["Rejected Alone None"]].assert_eq(&told(&[(1, "received"), (2, "rejected")]));
    expect![["Dispatched TakenUp None"]].assert_eq(&told(&[
        (1, "accepted"),
        (2, "dispatched"),
        (3, "press"),
    ]));
    expect![["VerifyRequested TakenUp Some(3)"]].assert_eq(&told(&[
        (5, "verify_request"),
        (3, "handled"),
        (4, "press"),
    ]));
    expect![["Handled TakenUp Some(5)"]].assert_eq(&told(&[
        (3, "handled"),
        (4, "returned"),
        (5, "handled"),
    ]));
    expect![["Returned TakenUp None"]].assert_eq(&told(&[(3, "handled"), (4, "returned")]));
    expect![["Closed Over(CaseClosed) None"]].assert_eq(&told(&[
        (3, "handled"),
        (9, "closed"),
        (10, "evaluated"),
    ]));
    expect![["Reopened TakenUp None"]].assert_eq(&told(&[(9, "closed"), (10, "reopened")]));
    expect![["FalseAlarm Over(FalseAlarm) None"]]
        .assert_eq(&told(&[(2, "false_alarm"), (1, "received")]));
}

#[test]
fn a_false_alarm_stays_one_until_the_case_is_taken_up_again() {
    let after = |event: &str| {
        let file = file(&[(1, "received"), (2, "false_alarm"), (3, event)]);
        format!("{event}: {:?} {:?}\n", file.stage, file.status())
    };
    expect![[r#"
        received: Received Over(FalseAlarm)
        accepted: Accepted TakenUp
        rejected: Rejected Over(FalseAlarm)
        false_alarm: FalseAlarm Over(FalseAlarm)
        merged: Merged Over(FalseAlarm)
        dispatched: Dispatched TakenUp
        signed: Signed TakenUp
        handling: Handling TakenUp
        returned: Returned TakenUp
        postponed: Postponed TakenUp
        whistle: FalseAlarm Over(FalseAlarm)
        handled: Handled TakenUp
        verify_request: VerifyRequested TakenUp
        closed: Closed Over(FalseAlarm)
        reopened: Reopened TakenUp
        cancelled: Cancelled Over(FalseAlarm)
        press: FalseAlarm Over(FalseAlarm)
        supervise: FalseAlarm Over(FalseAlarm)
        evidence_request: FalseAlarm Over(FalseAlarm)
        evaluated: FalseAlarm Over(FalseAlarm)
    "#]]
    .assert_eq(&CaseEvent::NAMES.map(after).concat());
    let again = file(&[(1, "false_alarm"), (2, "reopened"), (3, "closed")]);
    assert_eq!(again.status(), CaseStatus::Over(CloseReason::CaseClosed));
}

#[test]
fn a_check_that_nobody_wants_is_not_asked_for() {
    let unwanted = message(2, "handled", &json!({ "verify": { "mode": "none" } }));
    assert_eq!(CaseFile::of([&unwanted], &StageNames::new()).request, None);
}

#[test]
fn a_stage_has_the_name_that_was_told_or_else_the_city_s() {
    let names = StageNames::from([
        (CaseEvent::Dispatched, "派遣".to_owned()),
        (CaseEvent::Press, "督办".to_owned()),
    ]);
    let named = |messages: &[CaseFeedback]| CaseFile::of(messages, &names).stage_name;
    let dispatched = message(2, "dispatched", &json!({}));
    assert_eq!(named(std::slice::from_ref(&dispatched)).unwrap(), "派遣");
    let told =
        message(2, "dispatched", &json!({ "case": { "system": "s", "stage_name": "指挥派遣" } }));
    assert_eq!(named(&[told]).unwrap(), "指挥派遣");
    let unnamed = message(3, "signed", &json!({}));
    assert_eq!(named(&[dispatched.clone(), unnamed]), None);
    assert_eq!(named(&[dispatched.clone(), message(3, "supervise", &json!({}))]).unwrap(), "派遣");
    assert_eq!(named(&[dispatched, message(3, "press", &json!({}))]).unwrap(), "督办");
}

#[test]
fn events_have_the_names_of_the_schema() {
    let schema: Value = serde_json::from_str(CASE_FEEDBACK_V1).unwrap();
    assert_eq!(schema["properties"]["event"]["enum"], json!(CaseEvent::NAMES));
    let mut known = std::collections::BTreeSet::new();
    for name in CaseEvent::NAMES {
        let event: CaseEvent = serde_json::from_value(json!(name)).unwrap();
        assert_eq!(serde_json::to_value(event).unwrap(), json!(name));
        assert!(known.insert(event), "{name}");
    }
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_make_the_same_file(
        events in proptest::collection::vec(0..CaseEvent::NAMES.len(), 1..12),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let messages: Vec<CaseFeedback> = events
            .iter()
            .zip(1..)
            .map(|(event, seq)| message(seq, CaseEvent::NAMES[*event], &json!({ "case": { "system": "s", "rec_id": seq.to_string() } })))
            .collect();
        let in_order = CaseFile::of(&messages, &StageNames::new());
        // All of them once, in a drawn order, and some again in between.
        let mut shuffled: Vec<&CaseFeedback> = order.iter().map(|index| index.get(&messages)).collect();
        shuffled.extend(messages.iter().rev());
        let out_of_order = CaseFile::of(shuffled.iter().copied(), &StageNames::new());
        prop_assert_eq!(&in_order, &out_of_order);
        // And what arrives one by one ends there too, whatever was believed in between.
        let mut heard: Vec<&CaseFeedback> = Vec::new();
        let mut latest = CaseFile::default();
        for arrived in shuffled {
            heard.push(arrived);
            latest = CaseFile::of(heard.iter().copied(), &StageNames::new());
        }
        prop_assert_eq!(in_order, latest);
    }
}
