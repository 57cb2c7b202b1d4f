//! The plain way in: readings as JSON.

use jiff::Timestamp;
use scene::{CaptureTime, DoorEvent, Reading, SignalKind, SignalValue};
use serde_json::{Map, Value};

use crate::digest::digest;
use crate::mqtt::said::{About, MOST_MESSAGE_BYTES, MessageFault, Said, Understood};
use crate::mqtt::settings::Point;
use crate::value_form::{is_flag, is_number};
use scene::DEVICE_POINT;

/// The schema of a message, JSON Schema 2020-12.
pub const SCHEMA: &str = include_str!("in.schema.json");

/// The most readings in one message.
pub const MOST_READINGS: usize = 100;

/// All fields that a reading may have.
const FIELDS: [&str; 6] = ["point", "kind", "value", "quality", "t", "seq"];

/// The most faults of one message that are told apart.
const MOST_FAULTS: usize = 8;

/// The largest number that every JSON library keeps exact.
const MOST_SEQ: u64 = (1 << 53) - 1;

/// What a message to `{prefix}/in/{device}` says. A `retained` one tells a state as it was: a moment and
/// a sign of life in it are over.
pub(crate) fn understand(payload: &[u8], points: &[Point], retained: bool) -> Understood {
    let mut understood = Understood::default();
    let all = match whole(payload) {
        Ok(all) => all,
        Err(fault) => {
            understood.faults.push(fault);
            return understood;
        }
    };
    let is_list = all.is_array();
    let list = if let Value::Array(list) = all { list } else { vec![all] };
    if list.is_empty() || list.len() > MOST_READINGS {
        let expected = format!("1 to {MOST_READINGS} readings");
        understood.faults.push(MessageFault::new("message", expected));
        return understood;
    }
    for (at, reading) in list.iter().enumerate() {
        let place = if is_list { format!("[{at}].") } else { String::new() };
        match one(reading, points) {
            Ok(said) if retained && is_over(&said, points) => understood.ignored += 1,
            Ok(said) => understood.said.push(said),
            Err(fault) if understood.faults.len() < MOST_FAULTS => {
                let field = format!("{place}{}", fault.field);
                understood.faults.push(MessageFault { field, ..fault });
            }
            Err(_) => understood.ignored += 1,
        }
    }
    understood
}

fn whole(payload: &[u8]) -> Result<Value, MessageFault> {
    if payload.len() > MOST_MESSAGE_BYTES {
        let expected = format!("{MOST_MESSAGE_BYTES} bytes at most");
        return Err(MessageFault::new("message", expected));
    }
    // What the library says of a fault may repeat the message. Its place tells enough.
    serde_json::from_slice(payload).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        MessageFault::new("message", format!("JSON in UTF-8; line {line} column {column} is none"))
    })
}

fn is_over(said: &Said, points: &[Point]) -> bool {
    match said.about {
        About::Device { is_there } => is_there,
        About::Point(at, _) => points.get(at).is_some_and(|it| it.kind == SignalKind::DoorEvent),
    }
}

fn one(reading: &Value, points: &[Point]) -> Result<Said, MessageFault> {
    let Value::Object(reading) = reading else {
        return Err(MessageFault::new("message", "an object, or a list of objects"));
    };
    if let Some(place) = reading.keys().position(|key| !FIELDS.contains(&key.as_str())) {
        let field = format!("field {} in the order of the alphabet", place + 1);
        return Err(MessageFault::new(field, "only point, kind, value, quality, t and seq"));
    }
    let named = text(reading, "point")?.ok_or_else(|| MessageFault::new("point", "a name"))?;
    let point = points.iter().position(|point| point.name == named);
    let kind = match point.and_then(|at| points.get(at)) {
        Some(point) => point.kind,
        None if named == DEVICE_POINT => SignalKind::Heartbeat,
        None => {
            return Err(MessageFault::new("point", "a point that this device is configured with"));
        }
    };
    if text(reading, "kind")? != Some(kind.word()) {
        let expected = format!("{}, as this point is configured", kind.word());
        return Err(MessageFault::new("kind", expected));
    }
    let quality = quality(reading)?;
    let value = value(reading, kind, quality)?;
    let about = match point {
        Some(at) => About::Point(at, value),
        None => match value {
            Reading::Good(SignalValue::Flag(is_there)) => About::Device { is_there },
            _ => return Err(MessageFault::new("quality", "good, for a sign of life")),
        },
    };
    let (device_time, serial) = identity(reading, named)?;
    Ok(Said { about, device_time, serial })
}

fn text<'a>(reading: &'a Map<String, Value>, field: &str) -> Result<Option<&'a str>, MessageFault> {
    match reading.get(field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(MessageFault::new(field, "a text")),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Quality {
    Good,
    Uncertain,
    Bad,
}

fn quality(reading: &Map<String, Value>) -> Result<Quality, MessageFault> {
    match text(reading, "quality")? {
        None | Some("good") => Ok(Quality::Good),
        Some("uncertain") => Ok(Quality::Uncertain),
        Some("bad") => Ok(Quality::Bad),
        Some(_) => Err(MessageFault::new("quality", "good, uncertain or bad")),
    }
}

fn value(
    reading: &Map<String, Value>,
    kind: SignalKind,
    quality: Quality,
) -> Result<Reading, MessageFault> {
    let given = reading.get("value");
    if quality == Quality::Bad {
        let is_absent = matches!(given, None | Some(Value::Null));
        let fault = || MessageFault::new("value", "null or nothing, as the quality is bad");
        return if is_absent { Ok(Reading::Bad) } else { Err(fault()) };
    }
    let value = match given {
        Some(Value::Bool(flag)) if is_flag(kind) => SignalValue::Flag(*flag),
        Some(Value::Number(number)) if is_number(kind) => {
            let number = number.as_f64().filter(|number| is_possible(kind, *number));
            SignalValue::Number(number.ok_or_else(|| wanted_value(kind))?)
        }
        Some(Value::String(word)) if kind == SignalKind::DoorEvent => {
            SignalValue::Code(door_event(word).ok_or_else(|| wanted_value(kind))?)
        }
        _ => return Err(wanted_value(kind)),
    };
    Ok(if quality == Quality::Good { Reading::Good(value) } else { Reading::Uncertain(value) })
}

/// Whether a number can be of its kind; the schema says the same.
pub(crate) fn is_possible(kind: SignalKind, number: f64) -> bool {
    let least = match kind {
        SignalKind::ResidualCurrent => 0.0,
        SignalKind::Temperature => -273.15,
        _ => f64::MIN,
    };
    number.is_finite() && number >= least
}

fn wanted_value(kind: SignalKind) -> MessageFault {
    let expected = match kind {
        SignalKind::DoorEvent => {
            "one of forced_open, held_open, access_granted, access_denied, duress, tailgating and \
             fire_release"
        }
        SignalKind::ResidualCurrent => "a number in mA, at least 0",
        SignalKind::Temperature => "a number in degrees Celsius, at least -273.15",
        SignalKind::WaterLevel => "a number in metres",
        _ => "true or false",
    };
    MessageFault::new("value", expected)
}

fn door_event(word: &str) -> Option<DoorEvent> {
    const ALL: [DoorEvent; 7] = [
        DoorEvent::ForcedOpen,
        DoorEvent::HeldOpen,
        DoorEvent::AccessGranted,
        DoorEvent::AccessDenied,
        DoorEvent::Duress,
        DoorEvent::Tailgating,
        DoorEvent::FireRelease,
    ];
    ALL.into_iter().find(|event| event.word() == word)
}

/// The device's time, and what tells the reading apart from others at that time. A reading without a
/// time has no identity: a device that was reset counts from 1 again.
fn identity(
    reading: &Map<String, Value>,
    point: &str,
) -> Result<(Option<CaptureTime>, Option<u64>), MessageFault> {
    let seq = match reading.get("seq") {
        None => None,
        Some(seq) => {
            let seq = seq.as_u64().filter(|seq| *seq <= MOST_SEQ);
            Some(seq.ok_or_else(|| MessageFault::new("seq", "a whole number, 0 to 2^53 - 1"))?)
        }
    };
    let Some(time) = text(reading, "t")? else {
        return match seq {
            None => Ok((None, None)),
            Some(_) => Err(MessageFault::new("t", "a time, as there is a seq")),
        };
    };
    let time = time.parse::<Timestamp>().map_err(|_| {
        MessageFault::new(
            "t",
            "a time by RFC 3339 with its offset, such as 2026-11-30T10:00:00+08:00",
        )
    })?;
    let serial = match seq {
        Some(seq) => digest(&[b"seq", point.as_bytes(), &seq.to_le_bytes()]),
        None => {
            let value = reading.get("value").map(ToString::to_string).unwrap_or_default();
            digest(&[b"value", point.as_bytes(), value.as_bytes()])
        }
    };
    Ok((Some(CaptureTime::from_unix_micros(time.as_microsecond())), Some(serial)))
}

#[cfg(test)]
mod tests;
