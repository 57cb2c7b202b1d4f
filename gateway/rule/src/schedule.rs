//! When a rule applies: weekly windows, holidays, and hours in which a class is legal.

mod calendar;
mod hours;

pub use calendar::{Calendar, CalendarError};
pub use hours::{Hours, HoursError};

use std::sync::Arc;

use jiff::civil::DateTime;
use scene::Class;

/// When a rule applies, in the camera's local time. The default applies always.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schedule {
    /// Outside of these the rule rests; none: it never does.
    pub hours: Option<Hours>,
    /// Exceptions: a class is legal in some hours, such as stalls at a night market.
    pub allowed: Vec<Allowance>,
    /// Which days are holidays.
    pub calendar: Arc<Calendar>,
}

/// Objects of these classes do not count in these hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    /// The classes.
    pub classes: Vec<Class>,
    /// When they are legal.
    pub hours: Hours,
}

impl Schedule {
    /// Whether nothing ever changes with the time of day.
    #[must_use]
    pub const fn is_constant(&self) -> bool {
        self.hours.is_none() && self.allowed.is_empty()
    }

    /// Whether the rule applies at `local`.
    #[must_use]
    pub fn applies(&self, local: DateTime) -> bool {
        self.hours.as_ref().is_none_or(|hours| hours.contain(local, &self.calendar))
    }

    /// The next minute after `local` at which the rule begins or ceases to apply; none within ten
    /// days.
    #[must_use]
    pub fn turns_after(&self, local: DateTime) -> Option<DateTime> {
        let hours = self.hours.as_ref()?;
        let applies = self.applies(local);
        hours.bounds_after(local).into_iter().find(|bound| self.applies(*bound) != applies)
    }

    /// Whether an object of `class` counts at `local`.
    #[must_use]
    pub fn counts(&self, class: &Class, local: DateTime) -> bool {
        !self.allowed.iter().any(|allowance| {
            allowance.classes.contains(class) && allowance.hours.contain(local, &self.calendar)
        })
    }
}
