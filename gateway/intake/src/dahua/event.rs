//! The lines of an event stream, and of their data the fields that are ever read. There are no others: no
//! name, no number of a card or a user, no picture.

use memchr::memmem;
use scene::CaptureTime;
use serde::Deserialize;

use crate::loose::{FromWord, Loose};

/// Events in one part; most have one.
const MOST_EVENTS: usize = 64;
/// The longest beginning of an event, up to its data, in bytes.
const LONGEST_HEAD: usize = 256;

/// What a part says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// A sign of life.
    Beat,
    /// Something happened.
    Event(Event),
    /// It was not understood: what was expected. It holds no word of it.
    Fault(&'static str),
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(super) code: Code,
    pub(super) action: Action,
    /// From 0.
    pub(super) index: u32,
    /// Of access: 1 is granted, 0 is refused.
    pub(super) status: Option<u64>,
    /// Of a door: whether it is open.
    pub(super) is_open: Option<bool>,
    pub(super) serial: Option<u64>,
    pub(super) device_time: Option<CaptureTime>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    AccessControl,
    DoorStatus,
    BreakIn,
    DoorNotClosed,
    Duress,
    ChassisIntruded,
    AlarmLocal,
    Other,
}

/// Whether it begins, ends, or is a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Start,
    Stop,
    Pulse,
}

/// The listed fields of the data.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Data {
    rec_no: Loose<u64>,
    status: Loose<Status>,
    #[serde(rename = "RealUTC")]
    real_utc: Loose<u64>,
    #[serde(rename = "UTC")]
    utc: Loose<u64>,
    create_time: Loose<u64>,
}

/// A number for access, a word for doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Number(u64),
    IsOpen(bool),
}

impl FromWord for Status {
    fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let word = [("open", true), ("close", false), ("closed", false)];
        let word = word.into_iter().find(|(word, _)| text.eq_ignore_ascii_case(word));
        word.map(|(_, is_open)| Self::IsOpen(is_open))
            .or_else(|| text.parse().ok().map(Self::Number))
    }

    fn from_number(number: u64) -> Option<Self> {
        Some(Self::Number(number))
    }
}

/// All that one part says.
pub(crate) fn lines(text: &[u8]) -> Vec<Line> {
    if text.trim_ascii().eq_ignore_ascii_case(b"heartbeat") {
        return vec![Line::Beat];
    }
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(at) = begin_of_event(rest) {
        if lines.len() >= MOST_EVENTS {
            lines.push(Line::Fault("a part of the stream holds more events than a device has"));
            break;
        }
        let (line, length) = event(rest.get(at..).unwrap_or_default());
        lines.push(line);
        rest = rest.get(at + length..).unwrap_or_default();
    }
    if lines.is_empty() {
        lines.push(Line::Fault("a part of the stream is neither Heartbeat nor Code=…"));
    }
    lines
}

/// Where the next line begins that is an event. Each byte is looked at once, however often a line
/// names an event.
fn begin_of_event(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = text.get(at..)?.trim_ascii_start();
        let begin = text.len() - rest.len();
        if rest.starts_with(b"Code=") {
            return Some(begin);
        }
        at = begin + memchr::memchr(b'\n', rest)? + 1;
    }
}

/// The event with which `text` begins, and how long it is.
fn event(text: &[u8]) -> (Line, usize) {
    let data = memmem::find(text.get(..text.len().min(LONGEST_HEAD)).unwrap_or_default(), b"data=");
    let line = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    // Without data, or where the data are another event's, the line is all.
    let data = data.filter(|at| *at < line).map(|at| at + b"data=".len());
    let head = text.get(..data.unwrap_or(line)).unwrap_or_default();
    let (mut end, mut read) = (line, Data::default());
    if let Some(begin) = data {
        let json = text.get(begin..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_slice(json).into_iter::<Data>();
        match values.next() {
            Some(Ok(data)) if json.trim_ascii_start().starts_with(b"{") => {
                (end, read) = (begin + values.byte_offset(), data);
            }
            // What the library says of it may hold what the device said.
            _ => return (Line::Fault("the data of an event are no whole JSON object"), end.max(1)),
        }
    }
    (head_of_event(head, &read), end.max(1))
}

fn head_of_event(head: &[u8], data: &Data) -> Line {
    let (mut code, mut action, mut index) = (None, None, None);
    for field in head.split(|byte| *byte == b';') {
        let text = std::str::from_utf8(field.trim_ascii()).unwrap_or_default();
        match text.split_once('=') {
            Some(("Code", word)) => code = Some(Code::of(word)),
            Some(("action", word)) => action = Action::of(word),
            Some(("index", number)) => index = number.parse().ok(),
            _ => {}
        }
    }
    let (Some(code), Some(action)) = (code, action) else {
        return Line::Fault("an event has a Code, and an action: Start, Stop or Pulse");
    };
    let time = [data.real_utc, data.utc, data.create_time].into_iter().find_map(|time| time.0);
    let time = time.and_then(|secs| i64::try_from(secs).ok()?.checked_mul(1_000_000));
    Line::Event(Event {
        code,
        action,
        index: index.unwrap_or(0),
        status: data
            .status
            .0
            .and_then(|it| if let Status::Number(it) = it { Some(it) } else { None }),
        is_open: data
            .status
            .0
            .and_then(|it| if let Status::IsOpen(it) = it { Some(it) } else { None }),
        serial: data.rec_no.0,
        device_time: time.map(CaptureTime::from_unix_micros),
    })
}

impl Code {
    fn of(word: &str) -> Self {
        match word {
            "AccessControl" => Self::AccessControl,
            "DoorStatus" => Self::DoorStatus,
            "BreakIn" => Self::BreakIn,
            "DoorNotClosed" => Self::DoorNotClosed,
            "Duress" => Self::Duress,
            "ChassisIntruded" => Self::ChassisIntruded,
            "AlarmLocal" => Self::AlarmLocal,
            _ => Self::Other,
        }
    }
}

impl Action {
    fn of(word: &str) -> Option<Self> {
        match word {
            "Start" => Some(Self::Start),
            "Stop" => Some(Self::Stop),
            "Pulse" => Some(Self::Pulse),
            _ => None,
        }
    }
}
