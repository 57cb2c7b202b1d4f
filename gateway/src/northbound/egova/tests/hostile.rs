//! Whatever a case system answers, nothing panics, and no fault is told at length.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;

use ::fuzz::Executor;
use incident::casefile::CaseFeedback;
use serde_json::Map;

use super::super::client::{CallError, Client};
use super::super::notice::{self, Notice};
use super::*;

/// What is shown of an answer has at most 120 characters; the address and our own words come to it.
const MAX_FAULT_CHARS: usize = 400;

/// A notice.
pub(crate) fn notice_of() -> Executor {
    Executor::each(|input| match serde_json::from_slice(input) {
        Ok(notice) => check_notice(&notice),
        Err(_) => "no JSON".to_owned(),
    })
}

fn check_notice(notice: &Value) -> String {
    let _id = notice::id(notice);
    match Notice::read(notice, "egova", Offset::constant(8)) {
        Ok(read) => {
            let payload = read.payload(1);
            assert!(payload.len() <= 2 * notice.to_string().len() + 1024);
            // It may still say what the schema forbids: then the inbox refuses it, in words.
            match CaseFeedback::parse_for(&read.alert_id, &payload) {
                Ok(feedback) => {
                    assert_eq!(feedback.msg_id, read.msg_id);
                    format!("{:?}", feedback.event)
                }
                Err(fault) => fault.to_string().chars().take(60).collect(),
            }
        }
        Err(fault) => fault.to_string().chars().take(60).collect(),
    }
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

/// A whole answer of the case system, with its head.
pub(crate) fn answer_of() -> Executor {
    let (books, parrot) = (Books::open(), Parrot::open());
    Executor::each(move |answer| {
        *parrot.answer.lock().unwrap() = answer.to_vec();
        let settings = books.settings(SocketAddr::from((Ipv4Addr::LOCALHOST, parrot.port)));
        match Client::new(settings).call("u", "GET_NOTICE_INFO", &Map::new()) {
            // Its own words are given as they are; they are no longer than the answer.
            Ok(_) => "answered".to_owned(),
            Err(CallError::Refused { .. }) => "refused".to_owned(),
            Err(error) => {
                let fault = error.to_string();
                assert!(fault.chars().count() <= MAX_FAULT_CHARS, "{fault}");
                fault.chars().filter(char::is_ascii_alphabetic).take(60).collect()
            }
        }
    })
}

#[test]
fn what_is_changed_is_a_notice_before() {
    let notice = include_bytes!("../../../../../tests/fuzz/corpus/egova-notice/full.json");
    let read = Notice::read(&serde_json::from_slice(notice).unwrap(), "egova", Offset::constant(8));
    let read = read.unwrap();
    CaseFeedback::parse_for(&read.alert_id, &read.payload(1)).unwrap();
    let answer = include_bytes!("../../../../../tests/fuzz/corpus/egova-answer/notices.http");
    assert_eq!(answer_of().execute(answer), "answered");
}
