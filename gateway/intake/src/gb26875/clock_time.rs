//! Times as a transmitter writes them: six bytes from the second to the year, no time zone.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use scene::CaptureTime;

use crate::gb26875::dialect::Dialect;

/// A time in six bytes, by the clock of a place that is `utc_offset_secs` ahead. None if there is no
/// such time.
pub(crate) fn read(bytes: &[u8], dialect: Dialect, utc_offset_secs: i32) -> Option<CaptureTime> {
    let field = |at: usize| {
        let byte = *bytes.get(at)?;
        let number = match dialect {
            Dialect::Binary | Dialect::Short => byte,
            Dialect::Bcd if byte >> 4 < 10 && byte & 15 < 10 => (byte >> 4) * 10 + (byte & 15),
            Dialect::Bcd => return None,
        };
        i8::try_from(number).ok().filter(|number| *number < 100)
    };
    let year = 2000 + i16::from(field(5)?);
    let (month, day) = (field(4)?, field(3)?);
    let (hour, minute, second) = (field(2)?, field(1)?, field(0)?);
    let time = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let offset = Offset::from_seconds(utc_offset_secs).ok()?;
    Some(CaptureTime::from_unix_micros(offset.to_timestamp(time).ok()?.as_microsecond()))
}

/// The six bytes of a time. Zeros if it cannot be written: before 2000 or after 2099.
pub(crate) fn write(at: CaptureTime, dialect: Dialect, utc_offset_secs: i32) -> [u8; 6] {
    let timestamp = jiff::Timestamp::from_microsecond(at.unix_micros()).ok();
    let offset = Offset::from_seconds(utc_offset_secs).ok();
    let Some((timestamp, offset)) = timestamp.zip(offset) else { return [0; 6] };
    let time = offset.to_datetime(timestamp);
    if !(2000..2100).contains(&time.year()) {
        return [0; 6];
    }
    let year = i8::try_from(time.year() - 2000).unwrap_or(0);
    [time.second(), time.minute(), time.hour(), time.day(), time.month(), year].map(|number| {
        let number = number.unsigned_abs();
        if dialect == Dialect::Bcd { ((number / 10) << 4) | (number % 10) } else { number }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scene::CaptureTime;

    use super::{read, write};
    use crate::gb26875::dialect::Dialect;

    const CHINA_SECS: i32 = 28_800;

    #[test]
    fn the_same_time_in_both_dialects() {
        let at = CaptureTime::from_unix_micros(1_789_799_405_000_000); // 2026-09-19 14:30:05 +08:00
        let bcd = [0x05, 0x30, 0x14, 0x19, 0x09, 0x26];
        let binary = [5, 30, 14, 19, 9, 26];
        assert_eq!(write(at, Dialect::Bcd, CHINA_SECS), bcd);
        assert_eq!(write(at, Dialect::Binary, CHINA_SECS), binary);
        assert_eq!(read(&bcd, Dialect::Bcd, CHINA_SECS), Some(at));
        assert_eq!(read(&binary, Dialect::Binary, CHINA_SECS), Some(at));
        assert_eq!(read(&[0x0A, 0x30, 0x14, 0x19, 0x09, 0x26], Dialect::Bcd, CHINA_SECS), None);
        assert_eq!(read(&[5, 60, 14, 19, 9, 26], Dialect::Binary, CHINA_SECS), None);
        assert_eq!(read(&[0; 6], Dialect::Binary, CHINA_SECS), None);
        assert_eq!(read(&[5, 30], Dialect::Binary, CHINA_SECS), None);
        assert_eq!(write(CaptureTime::from_unix_micros(0), Dialect::Bcd, CHINA_SECS), [0; 6]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(secs in 946_771_200_i64..4_102_358_400, is_bcd: bool) {
            let dialect = if is_bcd { Dialect::Bcd } else { Dialect::Binary };
            let at = CaptureTime::from_unix_micros(secs * 1_000_000);
            prop_assert_eq!(read(&write(at, dialect, CHINA_SECS), dialect, CHINA_SECS), Some(at));
        }

        #[test]
        fn any_bytes_are_a_time_or_none(bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            let _ = read(&bytes, Dialect::Binary, CHINA_SECS);
            let _ = read(&bytes, Dialect::Bcd, CHINA_SECS);
        }
    }
}
