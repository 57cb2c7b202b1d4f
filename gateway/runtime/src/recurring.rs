//! What happens again and again, in the log: told at once, then ever less often with a count, and its end once.

use std::time::{Duration, Instant};

/// It is told again after this at the earliest, then after twice as long, and so on ...
const FIRST_PAUSE: Duration = Duration::from_mins(1);
/// ... up to this.
const LONGEST_PAUSE: Duration = Duration::from_hours(6);
/// It is over if it has not happened for so long: what comes and goes every few seconds goes on.
const QUIET: Duration = Duration::from_mins(2);
/// So many different reasons are told at once. One that a device can vary at will says nothing more.
const MOST_REASONS: usize = 8;

/// One thing that may go on for long.
#[derive(Debug, Default)]
pub struct Recurring {
    times: u64,
    last_at: Option<Instant>,
    due_at: Option<Instant>,
    pause: Duration,
    reasons: Vec<String>,
    is_told: bool,
}

impl Recurring {
    /// It happens, for this reason. How often it has, if that is to be told now.
    pub fn happens(&mut self, reason: &str, now: Instant) -> Option<u64> {
        self.times = self.times.saturating_add(1);
        self.last_at = Some(now);
        let is_known = self.reasons.iter().any(|known| known == reason);
        let is_new = !is_known && self.reasons.len() < MOST_REASONS;
        if is_new {
            self.reasons.push(reason.to_owned());
        }
        let is_due = self.due_at.is_none_or(|due_at| now >= due_at);
        if is_due {
            self.pause = self.pause.saturating_mul(2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            self.due_at = now.checked_add(self.pause);
        }
        self.is_told = is_new || is_due;
        self.is_told.then_some(self.times)
    }

    /// It does not happen. How often it did, if it is over by that, which is told once.
    pub fn goes_well(&mut self, now: Instant) -> Option<u64> {
        let last_at = self.last_at?;
        if now.saturating_duration_since(last_at) < QUIET {
            return None;
        }
        let times = self.times;
        *self = Self::default();
        Some(times)
    }

    /// Whether it has happened at all.
    #[must_use]
    pub fn has_happened(&self) -> bool {
        self.last_at.is_some()
    }

    /// Whether the latest time was told, or there was none: then what follows from it is worth telling, too.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.is_told || !self.has_happened()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_for_a_day_is_told_a_dozen_times_and_its_end_once() {
        let (begin, mut thing) = (Instant::now(), Recurring::default());
        let at = |secs: u64| begin + Duration::from_secs(secs);
        let told: Vec<(u64, u64)> = (0..86_400)
            .step_by(5)
            .filter_map(|secs| Some((secs, thing.happens("dark", at(secs))?)))
            .collect();
        assert_eq!(told[..3], [(0, 1), (60, 13), (180, 37)]);
        assert!((8..=13).contains(&told.len()), "{told:?}");
        assert_eq!(thing.goes_well(at(86_400 + 10)), None, "it may come again");
        assert_eq!(thing.goes_well(at(86_400 + 200)), Some(17_280));
        assert_eq!(thing.goes_well(at(90_000)), None, "once");
        assert_eq!(thing.happens("dark", at(90_000)), Some(1), "and it begins anew");
    }

    #[test]
    fn what_comes_and_goes_is_told_no_more_often() {
        let (begin, mut thing) = (Instant::now(), Recurring::default());
        let mut lines = 0;
        for secs in 0..86_400 {
            let now = begin + Duration::from_secs(secs);
            lines += u64::from(match secs % 5 {
                0 => thing.happens("dark", now).is_some(),
                _ => thing.goes_well(now).is_some(),
            });
        }
        assert!(lines <= 13, "{lines}");
    }

    #[test]
    fn another_reason_is_news_but_not_the_hundredth() {
        let (now, mut thing) = (Instant::now(), Recurring::default());
        assert!(thing.happens("a", now).is_some() && thing.is_told());
        assert!(thing.happens("a", now).is_none() && !thing.is_told());
        assert!(thing.happens("b", now).is_some());
        let told = (0..100).filter(|number| thing.happens(&number.to_string(), now).is_some());
        assert_eq!(told.count(), MOST_REASONS - 2);
    }
}
