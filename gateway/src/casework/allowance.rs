//! How much may come in: so much at once, and so much a day from then on.

use std::collections::HashMap;
use std::time::{Duration, Instant};

const MICROS_A_DAY: u128 = 24 * 3600 * 1_000_000;

/// Senders with an account of their own; any others share one, since a name costs nothing.
const MOST_SENDERS: usize = 64;

/// Something that comes too often is told again after this time, with how often it came.
const TELL_EVERY: Duration = Duration::from_mins(10);

/// What an allowance grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// At once.
    pub(super) burst: u64,
    /// In each day that follows.
    pub(super) a_day: u64,
}

/// An allowance of messages or bytes, by the monotonic clock.
#[derive(Debug, Clone)]
pub(super) struct Allowance {
    terms: Terms,
    left: u64,
    /// Up to when it was filled again.
    filled_at: Instant,
}

impl Allowance {
    /// A full one.
    pub(super) fn new(terms: Terms, now: Instant) -> Self {
        Self { terms, left: terms.burst, filled_at: now }
    }

    /// Whether so much may come now.
    pub(super) fn covers(&mut self, amount: u64, now: Instant) -> bool {
        self.fill(now);
        amount <= self.left
    }

    /// So much came. To be asked for before.
    pub(super) fn spend(&mut self, amount: u64) {
        self.left = self.left.saturating_sub(amount);
    }

    fn is_full(&mut self, now: Instant) -> bool {
        self.covers(self.terms.burst, now)
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled_at).as_micros();
        let gained = passed * u128::from(self.terms.a_day) / MICROS_A_DAY;
        // A part of one stays to be gained: the time moves on only as far as it was paid for.
        if let Some(paid_for) = (gained * MICROS_A_DAY).checked_div(u128::from(self.terms.a_day)) {
            let micros = u64::try_from(paid_for).unwrap_or(u64::MAX);
            // Rounded up, so that no time is paid for twice.
            self.filled_at += Duration::from_micros(micros.saturating_add(u64::from(gained > 0)));
        }
        let gained = u64::try_from(gained).unwrap_or(u64::MAX);
        self.left = self.left.saturating_add(gained).min(self.terms.burst);
    }
}

/// An allowance for each sender and one for all together, since a sender's name is only claimed.
#[derive(Debug)]
pub(super) struct Senders {
    each: Terms,
    by_name: HashMap<String, Allowance>,
    all: Allowance,
}

impl Senders {
    /// Nobody has sent anything yet.
    pub(super) fn new(each: Terms, all: Terms, now: Instant) -> Self {
        Self { each, by_name: HashMap::new(), all: Allowance::new(all, now) }
    }

    /// Whether one more message of `sender` may come now. If so, it is counted.
    pub(super) fn admit(&mut self, sender: &str, now: Instant) -> bool {
        if !self.all.covers(1, now) {
            return false;
        }
        let name = self.account(sender, now);
        let each = self.each;
        let own = self.by_name.entry(name).or_insert_with(|| Allowance::new(each, now));
        let admitted = own.covers(1, now);
        if admitted {
            own.spend(1);
            self.all.spend(1);
        }
        admitted
    }

    /// Whose account is charged.
    fn account(&mut self, sender: &str, now: Instant) -> String {
        let others = String::new();
        if !self.by_name.contains_key(sender) && self.by_name.len() >= MOST_SENDERS {
            // A full account says no more than none.
            self.by_name.retain(|_, own| !own.is_full(now));
        }
        let has_room = self.by_name.len() < MOST_SENDERS;
        if has_room || self.by_name.contains_key(sender) { sender.to_owned() } else { others }
    }
}

/// Tells at once, and then now and then how often it happened.
#[derive(Debug, Default)]
pub(super) struct Telling {
    told_at: Option<Instant>,
    untold: u64,
}

impl Telling {
    /// It happened once more. Gives how often it happened since it was last told, if it is time to
    /// tell it.
    pub(super) fn happened(&mut self, now: Instant) -> Option<u64> {
        self.untold += 1;
        let is_due = self.told_at.is_none_or(|at| now.saturating_duration_since(at) >= TELL_EVERY);
        is_due.then(|| {
            self.told_at = Some(now);
            std::mem::take(&mut self.untold)
        })
    }
}

#[cfg(test)]
mod tests;
