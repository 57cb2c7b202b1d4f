//! Entries for fuzzers: what a device says, from the bytes of its stream to what is told of it.

use std::collections::BTreeMap;

use scene::SignalKind;

use crate::dahua::{self, Line};
use crate::hearing::Heard;
use crate::http::multipart::{LONGEST_TEXT, Multipart, Part};
use crate::isapi::{self, Said};
use crate::onvif;

/// Bytes that arrive at once.
const PIECE: usize = 61;
/// More than this is never kept of a stream, beside what arrives at once.
const MOST_KEPT: usize = LONGEST_TEXT + 16 * 1024;

/// An ISAPI stream: the first line is its `Content-Type`, the rest its bytes. Tells what came of it,
/// in a few words.
///
/// # Panics
/// If the memory that is kept is not bounded.
#[must_use]
pub fn isapi(input: &[u8]) -> String {
    let mut words = Words::default();
    texts(input, |text| match text {
        Part::Text(text) => match isapi::said(text, 480) {
            Ok(Said::Beat(time)) => words.note(if time.is_some() { "beat-at" } else { "beat" }),
            Ok(Said::Told(heard, _)) => words.heard(&heard),
            Ok(Said::Nothing) => words.note("nothing"),
            Err(fault) => words.note(fault),
        },
        other => words.part(other),
    });
    words.told()
}

/// A stream of Dahua's `eventManager`: the first line is its `Content-Type`, the rest its bytes. Tells
/// what came of it, in a few words.
///
/// # Panics
/// If the memory that is kept is not bounded.
#[must_use]
pub fn dahua(input: &[u8]) -> String {
    let mut words = Words::default();
    let inputs = BTreeMap::from([(1, SignalKind::Smoke)]);
    texts(input, |text| match text {
        Part::Text(text) => {
            for line in dahua::lines(text) {
                match line {
                    Line::Beat => words.note("beat"),
                    Line::Event(event) => match dahua::told(&event, &inputs) {
                        Some(heard) => words.heard(&heard),
                        None => words.note("nothing"),
                    },
                    Line::Fault(fault) => words.note(fault),
                }
            }
        }
        other => words.part(other),
    });
    words.told()
}

/// One answer of an ONVIF device. Tells what came of it, in a few words.
#[must_use]
pub fn onvif(input: &[u8]) -> String {
    let mut words = Words::default();
    let inputs = BTreeMap::from([("in-1".to_owned(), SignalKind::Smoke)]);
    match onvif::read(&String::from_utf8_lossy(input)) {
        Ok(reply) => {
            let parts = [
                ("time", reply.system_time.is_some()),
                ("service", reply.event_service.is_some()),
                ("subscription", reply.subscription.is_some()),
                ("parameters", !reply.parameters.is_empty()),
                ("clock", reply.current_time.is_some()),
                ("fault", reply.is_fault),
                ("unauthorized", reply.is_unauthorized),
            ];
            parts.iter().filter(|(_, is_there)| *is_there).for_each(|(part, _)| words.note(part));
            for message in &reply.messages {
                match onvif::told(message, &inputs) {
                    Some(heard) => words.heard(&heard),
                    None => words.note("nothing"),
                }
            }
        }
        Err(fault) => words.note(fault),
    }
    words.told()
}

fn texts(input: &[u8], mut take: impl FnMut(&Part)) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (head, stream) = input.split_at(end);
    let mut multipart = Multipart::new(head.trim_ascii());
    for piece in stream.get(1..).unwrap_or_default().chunks(PIECE) {
        multipart.push(piece);
        while let Some(part) = multipart.next() {
            take(&part);
        }
        assert!(multipart.kept_bytes() <= MOST_KEPT + PIECE, "{}", multipart.kept_bytes());
    }
}

/// What came, and how often, up to a few.
#[derive(Debug, Default)]
struct Words(BTreeMap<String, u8>);

impl Words {
    fn note(&mut self, word: &str) {
        let count = self.0.entry(word.to_owned()).or_default();
        *count = count.saturating_add(1).min(3);
    }

    fn heard(&mut self, heard: &Heard) {
        let value = heard.reading.value().map_or("bad".to_owned(), |value| value.to_string());
        let serial = if heard.serial.is_some() { " numbered" } else { "" };
        self.note(&format!("{} {value}{serial}", heard.kind));
    }

    fn part(&mut self, part: &Part) {
        self.note(match part {
            Part::Text(_) => "text",
            Part::Other => "other",
            Part::TooLong => "too-long",
        });
    }

    fn told(self) -> String {
        let words: Vec<String> =
            self.0.into_iter().map(|(word, count)| format!("{word} {count}")).collect();
        words.join(", ")
    }
}
