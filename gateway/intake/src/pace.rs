//! How fast a device may talk: a pace in the long run, and some at once.

use std::time::Duration;

use tokio::time::Instant;

/// Tokens that come back at a steady pace.
#[derive(Debug)]
pub(crate) struct Pace {
    each_sec: f64,
    most: f64,
    left: f64,
    filled_at: Instant,
}

impl Pace {
    /// So many each second in the long run, and `most` at once.
    pub(crate) fn new(each_sec: f64, most: f64) -> Self {
        Self { each_sec, most, left: most, filled_at: Instant::now() }
    }

    /// Takes one, if there is one.
    pub(crate) fn allows_one(&mut self) -> bool {
        self.fill();
        let allows = self.left >= 1.0;
        if allows {
            self.left -= 1.0;
        }
        allows
    }

    /// Takes `count`, and tells how long to wait until they are there.
    pub(crate) fn wait_for(&mut self, count: usize) -> Duration {
        self.fill();
        self.left -= count as f64;
        Duration::try_from_secs_f64(-self.left / self.each_sec).unwrap_or_default()
    }

    fn fill(&mut self) {
        let now = Instant::now();
        let secs = now.saturating_duration_since(self.filled_at).as_secs_f64();
        (self.left, self.filled_at) = ((self.left + secs * self.each_sec).min(self.most), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_taken_and_then_a_steady_pace() {
        let mut pace = Pace::new(10.0, 3.0);
        let taken = |pace: &mut Pace| (0..100).filter(|_| pace.allows_one()).count();
        assert_eq!(taken(&mut pace), 3);
        tokio::time::advance(Duration::from_millis(201)).await;
        assert_eq!(taken(&mut pace), 2);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(taken(&mut pace), 3);
        assert_eq!(pace.wait_for(20).as_secs(), 2);
    }
}
