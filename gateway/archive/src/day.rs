//! The days by which observations are filed: UTC, as `yyyymmdd`.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use scene::CaptureTime;

/// One day, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(Date);

impl Day {
    /// The day of an instant. An instant outside the calendar gets its first or last day.
    pub(crate) fn of(at: CaptureTime) -> Self {
        let micros = at.unix_micros();
        let outside = if micros < 0 { Timestamp::MIN } else { Timestamp::MAX };
        let instant = Timestamp::from_microsecond(micros).unwrap_or(outside);
        Self(Offset::UTC.to_datetime(instant).date())
    }

    /// From the name of a day's file, without its extension.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let day = Date::strptime("%Y%m%d", name).map(Self).ok()?;
        (day.to_string() == name).then_some(day)
    }

    /// The day that is `days` earlier.
    pub(crate) fn before(self, days: u16) -> Self {
        Self(self.0.saturating_sub(i32::from(days).days()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y%m%d"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_utc() {
        let micros = 1_784_764_800_000_000; // 2026-07-23T00:00:00Z
        let day = |micros| Day::of(CaptureTime::from_unix_micros(micros)).to_string();
        assert_eq!((day(micros - 1), day(micros)), ("20260722".to_owned(), "20260723".to_owned()));
        assert_eq!(
            Day::parse("20260301").map(|d| d.before(1).to_string()),
            Some("20260228".into())
        );
        for name in ["2026301", "20260230", "20260301x", "notes"] {
            assert_eq!(Day::parse(name), None, "{name}");
        }
        assert_eq!(day(i64::MAX), "99991230");
    }
}
