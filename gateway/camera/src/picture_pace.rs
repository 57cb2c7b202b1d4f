//! How much a camera may send: pictures a second, bytes a second.
//!
//! What is beyond is dropped up to the next key frame, and counted. A camera that goes on like that
//! loses its session: to receive what is dropped costs the other cameras' time.

use std::time::{Duration, Instant};

use crate::access_unit::AccessUnit;

/// Pictures a second: twice what the fastest cameras send. One that splits its pictures into tiny
/// ones would make the gateway work for each of them.
const MOST_PICTURES_PER_SEC: u32 = 120;

/// Coded bytes a second: 64 Mbit/s. A camera with 4K at its highest quality sends half of that.
const MOST_BYTES_PER_SEC: u32 = 8 * 1024 * 1024;

/// What a link that was held up for this long delivers at once is not too much.
const BURST: Duration = Duration::from_secs(5);

/// A camera that sent too much without a break for this long is sent away.
const PATIENCE: Duration = Duration::from_secs(10);

/// An allowance that grows with time, up to what [`BURST`] gives.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    per_sec: f64,
    left: f64,
}

impl Allowance {
    fn new(per_sec: u32) -> Self {
        let per_sec = f64::from(per_sec);
        Self { per_sec, left: per_sec * BURST.as_secs_f64() }
    }

    fn grow(&mut self, passed: Duration) {
        let most = self.per_sec * BURST.as_secs_f64();
        self.left = (self.left + self.per_sec * passed.as_secs_f64()).min(most);
    }

    /// Takes `amount` away, as far as there is any; false if there was too little.
    fn take(&mut self, amount: f64) -> bool {
        let had = self.left >= amount;
        self.left = (self.left - amount).max(0.0);
        had
    }

    fn is_half_full(&self) -> bool {
        self.left * 2.0 >= self.per_sec * BURST.as_secs_f64()
    }
}

/// What becomes of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes on.
    Passes,
    /// It is too much. `is_first`: nothing was dropped in this session before.
    Dropped { is_first: bool },
    /// The camera has sent too much for too long: its session should end.
    SentAway,
}

/// The pace of one session. Pure: time comes with the pictures.
#[derive(Debug)]
pub(crate) struct PicturePace {
    pictures: Allowance,
    bytes: Allowance,
    latest_at: Instant,
    /// Since when too much comes; none once half of the allowance is there again.
    excess_since: Option<Instant>,
    /// Something was dropped, so that nothing can be decoded before the next key frame.
    awaits_key: bool,
    has_dropped: bool,
}

impl PicturePace {
    /// The limits, in words.
    pub(crate) const LIMITS: &str = "more than 120 pictures or 64 Mbit a second";

    /// With the whole allowance.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            pictures: Allowance::new(MOST_PICTURES_PER_SEC),
            bytes: Allowance::new(MOST_BYTES_PER_SEC),
            latest_at: now,
            excess_since: None,
            awaits_key: false,
            has_dropped: false,
        }
    }

    /// Judges a picture that has arrived.
    pub(crate) fn judge(&mut self, unit: &AccessUnit, now: Instant) -> Verdict {
        let passed = now.saturating_duration_since(self.latest_at);
        self.latest_at = self.latest_at.max(now);
        self.pictures.grow(passed);
        self.bytes.grow(passed);
        let bytes = u32::try_from(unit.data.len()).map_or(f64::INFINITY, f64::from);
        // What is dropped counts, too: it has arrived.
        let fits = self.pictures.take(1.0) & self.bytes.take(bytes);
        if !fits {
            self.awaits_key = true;
            let since = *self.excess_since.get_or_insert(now);
            if now.saturating_duration_since(since) >= PATIENCE {
                return Verdict::SentAway;
            }
        } else if self.pictures.is_half_full() && self.bytes.is_half_full() {
            self.excess_since = None;
        }
        if self.awaits_key && !(fits && unit.is_random_access_point) {
            let is_first = !std::mem::replace(&mut self.has_dropped, true);
            return Verdict::Dropped { is_first };
        }
        self.awaits_key = false;
        Verdict::Passes
    }
}

#[cfg(test)]
mod tests;
