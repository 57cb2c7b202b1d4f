//! How long to wait before trying again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Exponential back-off with jitter: 1 s, 2 s, 4 s … 60 s, each shortened by up to a half.
///
/// Jitter keeps hundreds of cameras behind one switch from coming back in the same instant.
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    attempts: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(60))
    }
}

impl Backoff {
    /// Starts at `first` and doubles up to `cap`.
    pub fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap, attempts: 0 }
    }

    /// The same after so many tries.
    #[must_use]
    pub fn after(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// How many tries there were.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The next pause.
    pub fn next_delay(&mut self) -> Duration {
        let doubled =
            self.first.saturating_mul(1_u32.checked_shl(self.attempts).unwrap_or(u32::MAX));
        self.attempts = self.attempts.saturating_add(1);
        let longest = doubled.min(self.cap);
        // std's hasher keys are random, and others at each call: entropy enough to spread reconnects.
        let dice = RandomState::new().hash_one(self.attempts) % 1000;
        let millis = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(millis - millis / 2 * dice / 1000)
    }

    /// The last try went well: start over.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_the_cap_and_stays_within_half_of_it() {
        let mut backoff = Backoff::default();
        for expected_secs in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let longest = Duration::from_secs(expected_secs);
            let delay = backoff.next_delay();
            assert!(delay <= longest && delay >= longest / 2, "{delay:?} for {longest:?}");
        }
        for _ in 0..100 {
            assert!(backoff.next_delay() <= Duration::from_secs(60));
        }
        backoff.reset();
        assert!(backoff.next_delay() <= Duration::from_secs(1));
    }
}
