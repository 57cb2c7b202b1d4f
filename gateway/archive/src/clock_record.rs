//! Where a time came from, as the files say it.

use scene::{Clock, ClockSource};

use crate::varint::{Reader, put};

/// The clock is the device's own.
const SENDER_REPORT: u8 = 1;
/// The clock's error is known and follows.
const ERROR_KNOWN: u8 = 1 << 1;

/// Appends where a time came from.
pub(crate) fn put_clock(out: &mut Vec<u8>, clock: Clock) {
    let own = if clock.source == ClockSource::SenderReport { SENDER_REPORT } else { 0 };
    match clock.error_ms {
        None => out.push(own),
        Some(error_ms) => {
            out.push(own | ERROR_KNOWN);
            put(out, u64::from(error_ms));
        }
    }
}

/// What [`put_clock`] wrote; none if it is damaged.
pub(crate) fn read_clock(reader: &mut Reader) -> Option<Clock> {
    let flags = reader.byte()?;
    let own = flags & SENDER_REPORT != 0;
    let source = if own { ClockSource::SenderReport } else { ClockSource::Arrival };
    let error_ms = match flags & ERROR_KNOWN {
        0 => None,
        _ => Some(u32::try_from(reader.unsigned()?).ok()?),
    };
    Some(Clock { source, error_ms })
}
