//! A time as a device writes it (RFC 3339, ISO 8601), with or without its offset from UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use scene::CaptureTime;

/// The longest that is read, in bytes.
const LONGEST: usize = 40;

/// A time that a device wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrittenTime {
    /// With its offset.
    Certain(CaptureTime),
    /// Without: the local time of the device.
    Local(DateTime),
}

impl WrittenTime {
    /// None if it is no time.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST {
            return None;
        }
        let certain = text.parse::<Timestamp>().ok();
        certain
            .map(|it| Self::Certain(CaptureTime::from_unix_micros(it.as_microsecond())))
            .or_else(|| text.parse().ok().map(Self::Local))
    }

    /// When that was, on a device whose local time is so many minutes ahead of UTC.
    pub(crate) fn at(self, utc_offset_minutes: i32) -> Option<CaptureTime> {
        match self {
            Self::Certain(at) => Some(at),
            Self::Local(local) => {
                let offset = Offset::from_seconds(utc_offset_minutes.checked_mul(60)?).ok()?;
                let at = TimeZone::fixed(offset).to_timestamp(local).ok()?;
                Some(CaptureTime::from_unix_micros(at.as_microsecond()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_and_without_its_offset() {
        let at = |text| WrittenTime::parse(text).and_then(|it| it.at(480));
        let secs = |secs: i64| Some(CaptureTime::from_unix_micros(secs * 1_000_000));
        assert_eq!(at("2025-10-22T13:55:52+08:00"), secs(1_761_112_552));
        assert_eq!(at("2025-10-22T13:55:52"), secs(1_761_112_552));
        assert_eq!(at("2025-10-22 05:55:52Z"), secs(1_761_112_552));
        assert_eq!(at("1970-01-01T08:00:41"), secs(41));
        assert_eq!(at("1970-01-01T00:00:00"), secs(-28_800));
        for text in ["", "Zhang San", "2025-13-01T00:00:00", "9999-12-31T23:59:59+99:99"] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
