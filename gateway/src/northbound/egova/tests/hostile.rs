//! Whatever a case system answers, nothing panics, and no fault is told at length.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;

use incident::casefile::CaseFeedback;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Map;

use super::super::client::{CallError, Client};
use super::super::notice::{self, Notice};
use super::*;
use crate::mutation::{json, mutations, replace_members};

/// What is shown of an answer has at most 120 characters; the address and our own words come to it.
const MAX_FAULT_CHARS: usize = 400;

fn full_notice() -> Value {
    json!({
        "noticeId": "N-1", "caseId": alert_id(1), "actionName": "处置完成",
        "actionTime": "2026-11-22 10:00:00", "recId": "R1", "taskNum": "T1",
        "taskDefineName": "处置", "mergedCaseId": alert_id(2), "unitName": "城管",
        "reasonCode": "other", "itemContent": "已处置", "signDeadline": "2026-11-22 10:30:00",
        "checkFlag": true, "checkSettleSecs": 30, "checkWindowSecs": 60, "checkMinSamples": 5,
        "whistleLevel": "ordinary", "whistleUnits": ["城管"],
    })
}

fn check_notice(notice: &Value) -> Result<(), TestCaseError> {
    let _id = notice::id(notice);
    if let Ok(read) = Notice::read(notice, "egova", Offset::constant(8)) {
        let payload = read.payload(1);
        prop_assert!(payload.len() <= 2 * notice.to_string().len() + 1024);
        // It may still say what the schema forbids: then the inbox refuses it, in words.
        if let Ok(feedback) = CaseFeedback::parse_for(&read.alert_id, &payload) {
            prop_assert_eq!(feedback.msg_id, read.msg_id);
        }
    }
    Ok(())
}

/// A case system that grants any token, and answers each call with what was put here.
struct Parrot {
    port: u16,
    answer: Arc<Mutex<Vec<u8>>>,
}

impl Parrot {
    fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = Arc::new(Mutex::new(Vec::new()));
        let spoken = Arc::clone(&answer);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let answer = match request(&mut stream).starts_with("POST /oauth") {
                    true => with_head(br#"{"access_token":"T"}"#),
                    false => spoken.lock().unwrap().clone(),
                };
                // A client that has heard enough hangs up.
                let _hung_up = stream.write_all(&answer);
            }
        });
        Self { port, answer }
    }
}

/// A request with all of its body.
fn request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            let length = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length = length.map(|(_, length)| length.parse().unwrap()).next();
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return text,
            Ok(length) => request.extend_from_slice(&piece[..length]),
        }
    }
}

fn with_head(body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn check_answer(books: &Books, parrot: &Parrot, answer: Vec<u8>) -> Result<(), TestCaseError> {
    *parrot.answer.lock().unwrap() = answer;
    let settings = books.settings(SocketAddr::from((Ipv4Addr::LOCALHOST, parrot.port)));
    let called = Client::new(settings).call("u", "GET_NOTICE_INFO", &Map::new());
    match called {
        // Its own words are given as they are; they are no longer than the answer.
        Ok(_) | Err(CallError::Refused { .. }) => {}
        Err(error) => {
            let fault = error.to_string();
            prop_assert!(fault.chars().count() <= MAX_FAULT_CHARS, "{fault}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_json_is_a_notice_or_says_why_not(notice in json()) {
        check_notice(&notice)?;
    }

    #[test]
    fn a_changed_notice_is_read_or_says_why_not(
        members in vec((any::<Index>(), json()), 0..4),
        mutations in mutations(),
    ) {
        let notice = replace_members(&full_notice(), members);
        check_notice(&notice)?;
        let changed = mutations.apply(notice.to_string().as_bytes());
        if let Ok(notice) = serde_json::from_slice(&changed) {
            check_notice(&notice)?;
        }
    }
}

#[test]
fn what_is_changed_is_a_notice_before() {
    let read = Notice::read(&full_notice(), "egova", Offset::constant(8)).unwrap();
    CaseFeedback::parse_for(&read.alert_id, &read.payload(1)).unwrap();
}

#[test]
fn any_answer_is_understood_or_told_in_few_words() {
    let (books, parrot) = (Books::open(), Parrot::open());
    let valid = json!({
        "success": true, "code": 0, "message": "", "data": { "noticeList": [full_notice()] },
    });
    let body = valid.to_string().into_bytes();
    // Bodies first, then whole answers with their heads.
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let changed = (any::<bool>(), mutations(), vec(any::<u8>(), 0..400), any::<bool>());
    let checked = runner.run(&changed, |(is_whole, mutations, bytes, is_any)| {
        let answer = match (is_any, is_whole) {
            (true, true) => bytes,
            (true, false) => with_head(&bytes),
            (false, true) => mutations.apply(&with_head(&body)),
            (false, false) => with_head(&mutations.apply(&body)),
        };
        check_answer(&books, &parrot, answer)
    });
    checked.unwrap();
}
