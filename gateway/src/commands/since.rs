//! `--since` on the command line: a span before now, or a time.

use std::time::Duration;

use jiff::Timestamp;
use runtime::utc_now;
use scene::CaptureTime;

/// `--since` of `retune` and `ledger export`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// This span before now.
    Ago(Duration),
    /// From then on.
    At(CaptureTime),
}

impl Since {
    /// The time that is meant.
    pub(super) fn time(self) -> CaptureTime {
        match self {
            Self::Ago(span) => utc_now().before(span),
            Self::At(at) => at,
        }
    }
}

/// Reads what was typed.
///
/// # Errors
/// What is expected, in words.
pub(super) fn since(text: &str) -> Result<Since, String> {
    let span = || {
        let (unit, secs) = [('d', 86_400), ('h', 3600), ('m', 60)]
            .into_iter()
            .find(|(unit, _)| text.ends_with(*unit))?;
        let count = text.strip_suffix(unit)?.parse::<u32>().ok()?;
        Some(Since::Ago(Duration::from_secs(u64::from(count) * secs)))
    };
    let time = || {
        let at = text.parse::<Timestamp>().ok()?;
        Some(Since::At(CaptureTime::from_unix_micros(at.as_microsecond())))
    };
    let expected = "expected a span such as 7d, 12h or 90m, or a time such as \
                    2026-07-15T08:00:00+08:00";
    span().or_else(time).ok_or_else(|| expected.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_or_a_time_says_since_when() {
        let ago = |secs| Ok(Since::Ago(Duration::from_secs(secs)));
        assert_eq!(since("7d"), ago(604_800));
        assert_eq!((since("12h"), since("90m")), (ago(43_200), ago(5400)));
        let at = CaptureTime::from_unix_micros(1_784_073_600_000_000);
        assert_eq!(since("2026-07-15T08:00:00+08:00"), Ok(Since::At(at)));
        for wrong in ["", "7", "d", "-7d", "7 days", "1.5h", "2026-07-15", "2026-07-15T08:00:00"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
