//! The daily cap: how many alerts of its own a rule may open on one local day.
//!
//! A rule that fires all day is badly placed, or one visit settles all of its alerts. Beyond the
//! cap, all further incidents of that day go into one summary alert that counts them: no flood,
//! and no silence.

use jiff::civil::Date;

/// Alerts opened on one local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) date: Date,
    pub(crate) opened: u32,
}

impl Day {
    /// Counts one more alert on `date`; returns how many were opened on that day before.
    pub(super) fn count(day: &mut Option<Self>, date: Date) -> u32 {
        let opened = day.filter(|day| day.date == date).map_or(0, |day| day.opened);
        *day = Some(Self { date, opened: opened.saturating_add(1) });
        opened
    }
}
