//! Whoever may write to the gateway sends as much as it can: nothing grows without end, nobody else
//! is silenced, and the history, the alerts and the evidence never pay.

use std::time::Instant;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// What the ledger's files take on the disk.
fn ledger_bytes(fixture: &Fixture) -> u64 {
    fixture.ledger.seal().unwrap();
    fixture.ledger.path().metadata().unwrap().len()
}

fn kept(fixture: &Fixture) -> u64 {
    let kinds = ["case", "case_event", "command", "command_answer"];
    fixture.ledger.kept_bytes(&kinds).unwrap()
}

fn unknown(number: u64) -> String {
    format!("01932f10-7a10-7b00-8a01-{number:012x}")
}

/// Feedback on another alert, of about 60 KB.
fn stranger(number: u64) -> (String, Vec<u8>) {
    let id = unknown(number);
    let mut payload = String::from_utf8(feedback(1, "received")).unwrap().replace(ALERT, &id);
    payload.insert_str(1, &" ".repeat(60_000));
    (format!("case/{id}"), payload.into_bytes())
}

#[test]
fn feedback_on_unknown_alerts_leaves_next_to_nothing_and_silences_nobody() {
    let mut fixture = Fixture::new();
    fixture.step(1, "open", &json!({}));
    let inbox = fixture.inbox();
    let before = ledger_bytes(&fixture);
    let started = Instant::now();
    for number in 1..=5_000 {
        let (topic, payload) = stranger(number);
        inbox.accept(&topic, &payload).unwrap();
        inbox.accept(&format!("case/junk-{number}"), b"{").unwrap();
        inbox.accept(&format!("cmd/junk-{number}"), b"{").unwrap();
    }
    let answered = fixture.ledger.answers_waiting().unwrap();
    // 400 at once, and four a second.
    assert!(answered <= 410 + 4 * started.elapsed().as_secs(), "{answered}");
    assert!(fixture.ledger.strays().unwrap().len() <= ledger::MOST_STRAYS);
    assert_eq!(fixture.ledger.history(0, 9).unwrap().len(), 1, "the alert's own step");
    let grown = ledger_bytes(&fixture) - before;
    assert!(grown < 1 << 20, "300 MB came, {grown} bytes stay");
    // Nobody who has something to say pays for it.
    while !fixture.answers().is_empty() {
        fixture.send();
    }
    inbox.accept(&format!("case/{ALERT}"), &feedback(1, "received")).unwrap();
    let mute = json!({ "command": "mute", "rule": "standing", "secs": 60 }).to_string();
    let worker = fixture.worker(&inbox);
    inbox.accept("cmd/m1", mute.as_bytes()).unwrap();
    let mut answers = fixture.answered();
    while answers.lines().count() < 2 {
        answers += &fixture.answered();
    }
    worker.stop();
    assert!(answers.contains(r#""result":"applied","seq":1"#), "{answers}");
    assert!(answers.contains(r#""req_id":"m1","result":"done""#), "{answers}");
}

#[test]
fn a_known_case_takes_so_many_messages_and_so_many_bytes() {
    let fixture = Fixture::new();
    fixture.step(1, "open", &json!({}));
    let (inbox, topic) = (fixture.inbox(), format!("case/{ALERT}"));
    for seq in 1..=1_500 {
        let text = json!({ "reason": { "code": "other", "text": "处".repeat(300) } });
        let mut payload = String::from_utf8(feedback_with(seq, "press", text)).unwrap();
        payload.insert_str(1, &" ".repeat(50_000));
        inbox.accept(&topic, payload.as_bytes()).unwrap();
    }
    let events = fixture.ledger.case_events(ALERT).unwrap();
    let bytes: usize = events.iter().map(|event| event.payload.len()).sum();
    assert!((700..=1_000).contains(&events.len()) && bytes <= 1 << 20, "{}", events.len());
    assert!(kept(&fixture) < 4 << 20, "{}", kept(&fixture));
    assert!(CaseFile::of(&parsed(&events), &StageNames::new()).feedback_seq >= 700);
}

fn parsed(events: &[ledger::CaseEventRow]) -> Vec<incident::casefile::CaseFeedback> {
    let parse = |event: &ledger::CaseEventRow| {
        incident::casefile::CaseFeedback::parse(&event.payload).unwrap()
    };
    events.iter().map(parse).collect()
}

#[test]
fn a_number_that_leaps_too_far_silences_nothing_that_follows() {
    let mut fixture = Fixture::new();
    fixture.step(1, "open", &json!({}));
    let (inbox, topic) = (fixture.inbox(), format!("case/{ALERT}"));
    inbox.accept(&topic, &feedback(1, "received")).unwrap();
    let id = |number: u64| json!({ "msg_id": format!("01932f30-0000-7d00-8a00-{number:012x}") });
    let leaps = [
        "9007199254740991",
        "9223372036854775807",
        "18446744073709551616",
        "9007199254740991.0",
        "1e15",
        "1e400",
        "-1",
        "0",
        "2.5",
        "1002",
    ];
    for (number, seq) in leaps.into_iter().enumerate() {
        let message = feedback_with(77, "closed", id(0xf000 + number as u64));
        let message = String::from_utf8(message).unwrap().replace(":77,", &format!(":{seq},"));
        assert!(message.contains(seq), "{message}");
        inbox.accept(&topic, message.as_bytes()).unwrap();
    }
    inbox.accept(&topic, &feedback(2, "accepted")).unwrap();
    inbox.accept(&topic, &feedback(3, "dispatched")).unwrap();
    let answers = fixture.answers();
    let of = |result: &str| answers.matches(&format!("\"result\":\"{result}\"")).count();
    assert_eq!((of("applied"), of("invalid")), (3, leaps.len()), "{answers}");
    assert!(answers.contains("found 9007199254740991, expected 1001 at most"), "{answers}");
}

#[test]
fn a_leap_that_an_earlier_version_kept_silences_nothing_either() {
    let mut fixture = Fixture::new();
    fixture.step(1, "open", &json!({}));
    let (inbox, topic) = (fixture.inbox(), format!("case/{ALERT}"));
    inbox.accept(&topic, &feedback(1, "received")).unwrap();
    let far = feedback(9_007_199_254_740_991, "closed");
    let keep = ledger::CaseEventRow {
        seq: 9_007_199_254_740_991,
        msg_id: "far".to_owned(),
        payload: far.clone(),
        received_at_micros: 0,
    };
    let note = ledger::HistoryEntry {
        kind: "case".to_owned(),
        subject: ALERT.to_owned(),
        at_micros: 0,
        body: far,
    };
    let judge = |_: &ledger::KnownCase| ledger::Judgement {
        keep: Some(keep),
        note,
        answer: None,
        outcome: (),
    };
    fixture.ledger.take_feedback(ALERT, judge).unwrap();
    fixture.answers();
    inbox.accept(&topic, &feedback(2, "accepted")).unwrap();
    assert!(fixture.answers().contains(r#""result":"applied","seq":2"#));
    let worker = fixture.worker(&inbox);
    assert_eq!(fixture.heard(), "cam-01 Accepted 2 -");
    worker.stop();
}

#[test]
fn commands_beyond_what_people_can_ask_are_refused_and_repetitions_are_not_written_down() {
    let mut fixture = Fixture::new();
    let inbox = fixture.inbox();
    let mute = json!({ "command": "mute", "rule": "standing", "secs": 60 }).to_string();
    let started = Instant::now();
    for number in 0..2_000 {
        inbox.accept(&format!("cmd/r{number}"), mute.as_bytes()).unwrap();
    }
    let noted = fixture.ledger.history(0, 5_000).unwrap().len() as u64;
    let snapshot = json!({ "command": "snapshot", "camera": "cam-01" }).to_string();
    let other = fixture.inbox();
    for number in 0..300 {
        other.accept(&format!("cmd/s{number}"), snapshot.as_bytes()).unwrap();
    }
    let pictures = fixture.ledger.history(0, 5_000).unwrap().len() as u64 - noted;
    assert!((60..62).contains(&pictures), "{pictures} pictures");
    assert!(noted <= 202 + started.elapsed().as_secs(), "{noted}");
    let answers = fixture.answers();
    assert!(answers.contains("too many messages came lately; send it again later"), "{answers}");
    let worker = fixture.worker(&inbox);
    while !fixture.answers().contains("\"req_id\":\"r0\"") {
        std::thread::yield_now();
    }
    worker.stop();
    fixture.send();
    let before = fixture.ledger.history(0, 5_000).unwrap().len();
    for _ in 0..50 {
        inbox.accept("cmd/r0", mute.as_bytes()).unwrap();
        fixture.send();
    }
    assert_eq!(fixture.ledger.history(0, 5_000).unwrap().len(), before);
}

#[derive(Debug, Clone)]
enum Sent {
    /// Known alert, number, size of its text.
    Feedback(bool, u64, usize),
    Command(u16, usize),
    Junk(u16),
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![
        (any::<bool>(), 1_u64..60, 0_usize..300).prop_map(|(a, b, c)| Sent::Feedback(a, b, c)),
        (any::<u16>(), 0_usize..3_000).prop_map(|(a, b)| Sent::Command(a, b)),
        any::<u16>().prop_map(Sent::Junk),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_comes_the_desk_takes_no_more_than_its_share(
        messages in vec(sent(), 1..120),
        share in 4_000_u64..400_000,
    ) {
        let mut fixture = Fixture::new();
        fixture.desk_max_bytes = share;
        fixture.step(1, "open", &json!({}));
        let steps = fixture.ledger.kept_bytes(&["alert"]).unwrap();
        let inbox = fixture.inbox();
        for message in messages {
            match message {
                Sent::Feedback(known, seq, length) => {
                    let id = if known { ALERT.to_owned() } else { unknown(seq) };
                    let text = json!({ "reason": { "code": "other", "text": "x".repeat(length) } });
                    let payload = String::from_utf8(feedback_with(seq, "press", text)).unwrap();
                    let payload = payload.replace(ALERT, &id);
                    inbox.accept(&format!("case/{id}"), payload.as_bytes()).unwrap();
                }
                Sent::Command(name, length) => {
                    let command = json!({
                        "command": "snapshot", "camera": "c".repeat(length)
                    });
                    let payload = command.to_string();
                    inbox.accept(&format!("cmd/{name}"), payload.as_bytes()).unwrap();
                }
                Sent::Junk(name) => inbox.accept(&format!("case/{name}"), b"junk").unwrap(),
            }
        }
        // What is kept of cases besides the history comes to as much again at most.
        let noted = fixture.ledger.kept_bytes(&["case", "command"]).unwrap();
        prop_assert!(noted <= share, "{noted} of {share}");
        prop_assert!(kept(&fixture) <= 2 * share);
        prop_assert_eq!(fixture.ledger.kept_bytes(&["alert"]).unwrap(), steps);
        prop_assert!(fixture.ledger.verify_chain().unwrap().is_ok());
    }
}
