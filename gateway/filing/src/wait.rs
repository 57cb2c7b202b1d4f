//! How long a write to the disk has been under way: one that does not end is known while it lasts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// One writer at a time; anybody may look.
#[derive(Debug)]
pub struct DiskWait {
    made_at: Instant,
    /// When the write that is under way began, in milliseconds since then and one more; 0: none is.
    since_millis: AtomicU64,
}

/// A write that is under way. Dropped, it is over.
#[derive(Debug)]
#[must_use]
pub struct UnderWay<'a>(&'a DiskWait);

impl Default for DiskWait {
    fn default() -> Self {
        Self { made_at: Instant::now(), since_millis: AtomicU64::new(0) }
    }
}

impl DiskWait {
    /// A write begins.
    pub fn begin(&self) -> UnderWay<'_> {
        self.since_millis.store(self.millis() + 1, Ordering::Relaxed);
        UnderWay(self)
    }

    /// For how long the write that is under way has lasted; zero if none is.
    #[must_use]
    pub fn lasts(&self) -> Duration {
        match self.since_millis.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since => Duration::from_millis((self.millis() + 1).saturating_sub(since)),
        }
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.made_at.elapsed().as_millis()).unwrap_or(u64::MAX - 1)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.since_millis.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_seen_while_it_lasts() {
        let wait = DiskWait::default();
        assert_eq!(wait.lasts(), Duration::ZERO);
        let under_way = wait.begin();
        while wait.lasts() < Duration::from_millis(3) {
            std::thread::yield_now();
        }
        drop(under_way);
        assert_eq!(wait.lasts(), Duration::ZERO);
    }
}
