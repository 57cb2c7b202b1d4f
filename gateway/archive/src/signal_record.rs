//! A signal of a door or sensor as a record: which point, which kind, what it said.
//!
//! Point, kind and event are numbers of names, which stand in the heading of the block. So a kind that
//! comes or goes changes no number.

use std::sync::Arc;

use scene::{
    CaptureTime, Class, Clock, DoorEvent, Reading, Signal, SignalKind, SignalSource, SignalValue,
};

use crate::clock_record::{put_clock, read_clock};
use crate::varint::{Reader, put};

/// The device vouches for the value.
const GOOD: u8 = 0;
/// It doubts it.
const UNCERTAIN: u8 = 1;
/// There is none.
const BAD: u8 = 2;
/// What the two lowest bits hold: one of the three above.
const QUALITY: u8 = 0b11;
/// The value is a flag, and this bit is it.
const TRUE: u8 = 1 << 2;
/// The value is a number, and its eight bytes follow.
const NUMBER: u8 = 1 << 3;
/// The value is an event, and the number of its name follows.
const EVENT: u8 = 1 << 4;

/// A signal without its device, which is known from the folder.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SignalRecord {
    point: Arc<str>,
    kind: SignalKind,
    reading: Reading,
    clock: Clock,
}

/// Appends all of `signal` but its device and time; `number` finds a name's number.
pub(crate) fn put_signal_record(
    out: &mut Vec<u8>,
    signal: &Signal,
    mut number: impl FnMut(&str) -> usize,
) {
    put(out, number(&signal.source().point) as u64);
    put(out, number(signal.kind().word()) as u64);
    let quality = match signal.reading() {
        Reading::Good(_) => GOOD,
        Reading::Uncertain(_) => UNCERTAIN,
        Reading::Bad => BAD,
    };
    match signal.reading().value() {
        None => out.push(quality),
        Some(SignalValue::Flag(flag)) => out.push(quality | if flag { TRUE } else { 0 }),
        Some(SignalValue::Number(value)) => {
            out.push(quality | NUMBER);
            out.extend(value.to_le_bytes());
        }
        Some(SignalValue::Code(event)) => {
            out.push(quality | EVENT);
            put(out, number(event.word()) as u64);
        }
    }
    put_clock(out, signal.clock());
}

/// What [`put_signal_record`] wrote; none if it is damaged.
pub(crate) fn read_signal_record(reader: &mut Reader, names: &[Class]) -> Option<SignalRecord> {
    let point = name(reader, names)?.into();
    let word = name(reader, names)?;
    let kind = SignalKind::of_word(word)?;
    let flags = reader.byte()?;
    let value = if flags & NUMBER != 0 {
        SignalValue::Number(f64::from_le_bytes(reader.bytes(8)?.try_into().ok()?))
    } else if flags & EVENT != 0 {
        let word = name(reader, names)?;
        SignalValue::Code(DoorEvent::of_word(word)?)
    } else {
        SignalValue::Flag(flags & TRUE != 0)
    };
    let reading = match flags & QUALITY {
        GOOD => Reading::Good(value),
        UNCERTAIN => Reading::Uncertain(value),
        BAD => Reading::Bad,
        _ => return None,
    };
    Some(SignalRecord { point, kind, reading, clock: read_clock(reader)? })
}

impl SignalRecord {
    /// As `device` gave it at `at`; none if it is damaged.
    pub(crate) fn signal(self, device: &Arc<str>, at: CaptureTime) -> Option<Signal> {
        let source = SignalSource { device: Arc::clone(device), point: self.point };
        Signal::new(source, self.kind, self.reading, at, self.clock).ok()
    }
}

fn name<'a>(reader: &mut Reader, names: &'a [Class]) -> Option<&'a str> {
    names.get(usize::try_from(reader.unsigned()?).ok()?).map(Class::as_str)
}
