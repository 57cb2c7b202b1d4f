//! Weekly windows as an operator writes them: `Mon-Fri 07:00-09:30`, `holiday 18:00-23:00`.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday};

use super::calendar::Calendar;

const MINUTES_PER_DAY: u16 = 24 * 60;
/// How far ahead the bounds of windows are looked for: windows of single weekdays come every week.
const DAYS_AHEAD: usize = 10;
const WEEK: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

/// One or more windows, in local time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours(Vec<Window>);

/// From one minute of certain days to another; past midnight if the end is not after the start.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Window {
    days: Vec<Days>,
    /// Minutes of the day, 0..1440.
    from: u16,
    /// Minutes of the day, 1..=1440.
    to: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Days {
    Daily,
    Workday,
    /// Neither worked nor a holiday: an ordinary weekend.
    Weekend,
    Holiday,
    /// From one weekday to another, both included, whatever the calendar says.
    Span(Weekday, Weekday),
}

/// Why a window was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` is no window of hours: {reason}; expected days and hours such as \
     \"Mon-Fri 07:00-09:30\", \"Sat,Sun 18:00-23:00\", \"workday 08:00-18:00\" or \
     \"daily 22:00-06:00\" (days: Mon to Sun, daily, workday, weekend, holiday)"
)]
pub struct HoursError {
    found: String,
    reason: String,
}

impl Hours {
    /// Reads windows such as `Mon-Fri 07:00-09:30`; a window whose end is not after its start runs
    /// past midnight and belongs to the day on which it starts.
    ///
    /// # Errors
    /// [`HoursError`] for the first text that is no window.
    pub fn parse<T: AsRef<str>>(windows: &[T]) -> Result<Self, HoursError> {
        windows.iter().map(|text| text.as_ref().parse()).collect::<Result<_, _>>().map(Self)
    }

    /// Whether `local` lies in one of the windows: from its first minute on, up to but not at its
    /// end.
    #[must_use]
    pub fn contain(&self, local: DateTime, calendar: &Calendar) -> bool {
        self.0.iter().any(|window| window.contains(local, calendar))
    }

    /// The minutes after `local` at which a window may begin or end, in order, for ten days.
    pub(super) fn bounds_after(&self, local: DateTime) -> BTreeSet<DateTime> {
        let minutes = self.0.iter().flat_map(|window| [window.from, window.to % MINUTES_PER_DAY]);
        let minutes: BTreeSet<u16> = minutes.chain([0]).collect();
        let days = local.date().series(1.day()).take(DAYS_AHEAD);
        let bounds = days.flat_map(|day| {
            let at = |minute: &u16| {
                let (hour, minute) = (i8::try_from(minute / 60), i8::try_from(minute % 60));
                Some(day.at(hour.ok()?, minute.ok()?, 0, 0))
            };
            minutes.iter().filter_map(at).collect::<Vec<_>>()
        });
        bounds.filter(|bound| *bound > local).collect()
    }
}

impl Window {
    fn contains(&self, local: DateTime, calendar: &Calendar) -> bool {
        let minute =
            u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let starts_on = |day: Date| self.days.iter().any(|days| days.contain(day, calendar));
        let today = local.date();
        if self.from < self.to {
            return self.from <= minute && minute < self.to && starts_on(today);
        }
        (self.from <= minute && starts_on(today))
            || (minute < self.to && today.yesterday().is_ok_and(starts_on))
    }
}

impl FromStr for Window {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let wrong = |reason: String| HoursError { found: text.to_owned(), reason };
        let (days, span) = text
            .trim()
            .rsplit_once(char::is_whitespace)
            .ok_or_else(|| wrong("days or hours are missing".to_owned()))?;
        let (from, to) =
            span.split_once('-').ok_or_else(|| wrong(format!("`{span}` has no `-`")))?;
        let (from, to) = (minute(from).map_err(wrong)?, minute(to).map_err(wrong)?);
        if from == MINUTES_PER_DAY {
            return Err(wrong("a window cannot start at 24:00".to_owned()));
        }
        if from == to {
            return Err(wrong("it ends when it starts; a whole day is 00:00-24:00".to_owned()));
        }
        let days = days.split(',').map(|word| Days::parse(word.trim()));
        let days = days.collect::<Result<_, _>>().map_err(wrong)?;
        // 00:00 as an end is midnight at the end of the day.
        let to = if to == 0 { MINUTES_PER_DAY } else { to };
        Ok(Self { days, from, to })
    }
}

impl Days {
    fn parse(word: &str) -> Result<Self, String> {
        match word {
            "daily" => return Ok(Self::Daily),
            "workday" => return Ok(Self::Workday),
            "weekend" => return Ok(Self::Weekend),
            "holiday" => return Ok(Self::Holiday),
            _ => {}
        }
        let day = |word: &str| {
            let named = WEEK.iter().find(|(name, _)| name.eq_ignore_ascii_case(word.trim()));
            named.map(|(_, day)| *day).ok_or_else(|| format!("`{}` is no day", word.trim()))
        };
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        Ok(Self::Span(day(first)?, day(last)?))
    }

    fn contain(self, date: Date, calendar: &Calendar) -> bool {
        match self {
            Self::Daily => true,
            Self::Workday => calendar.is_workday(date),
            Self::Weekend => !calendar.is_workday(date) && !calendar.is_holiday(date),
            Self::Holiday => calendar.is_holiday(date),
            Self::Span(first, last) => first.until(date.weekday()) <= first.until(last),
        }
    }
}

/// `HH:MM` as minutes of the day, 0..=1440.
fn minute(text: &str) -> Result<u16, String> {
    let wrong = || format!("`{}` is no time of day from 00:00 to 24:00", text.trim());
    let (hour, minute) = text.trim().split_once(':').ok_or_else(wrong)?;
    let number = |text: &str, most: u16| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|number| digits && *number <= most)
    };
    let minutes = number(hour, 24).zip(number(minute, 59)).map(|(h, m)| h * 60 + m);
    minutes.filter(|minutes| *minutes <= MINUTES_PER_DAY).ok_or_else(wrong)
}

#[cfg(test)]
mod tests;
