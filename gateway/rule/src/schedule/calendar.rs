//! Holidays, and the weekends that are worked in return (调休).

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};

/// The days on which a city rests or works against the week's habit. The default knows none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    holidays: BTreeSet<Date>,
    workdays: BTreeSet<Date>,
}

/// Why a calendar was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is both a holiday and a working day: write it once")]
pub struct CalendarError(pub Date);

impl Calendar {
    /// A calendar of `holidays` (放假) and of weekend days that are worked (`workdays`, 调休上班).
    ///
    /// # Errors
    /// [`CalendarError`] naming a day that is given as both.
    pub fn new(
        holidays: impl IntoIterator<Item = Date>,
        workdays: impl IntoIterator<Item = Date>,
    ) -> Result<Self, CalendarError> {
        let holidays: BTreeSet<Date> = holidays.into_iter().collect();
        let workdays: BTreeSet<Date> = workdays.into_iter().collect();
        match holidays.intersection(&workdays).next() {
            Some(day) => Err(CalendarError(*day)),
            None => Ok(Self { holidays, workdays }),
        }
    }

    /// Whether `day` is a holiday.
    #[must_use]
    pub fn is_holiday(&self, day: Date) -> bool {
        self.holidays.contains(&day)
    }

    /// Whether people work on `day`: a weekday that is no holiday, or a weekend day worked in
    /// return for one.
    #[must_use]
    pub fn is_workday(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        self.workdays.contains(&day) || !(weekend || self.is_holiday(day))
    }
}
