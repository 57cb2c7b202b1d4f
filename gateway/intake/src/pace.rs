//! How fast a device may talk: a pace in the long run, and some at once.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Messages a second of one device in the long run, and at once. A controller of four doors in the
/// rush hour tells about ten.
const MESSAGES_EACH_SEC: f64 = 50.0;
const MESSAGES_AT_ONCE: f64 = 500.0;
/// Messages beyond that for which the device is made to wait: what it has stored while it was cut
/// off comes at once.
const WAITED_EACH_SEC: f64 = 5.0;
const WAITED_AT_ONCE: f64 = 1_000.0;
/// How long it waits for each.
const WAIT: Duration = Duration::from_millis(20);

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

/// The pace of one device's messages. Keep it over the device's connections.
#[derive(Debug)]
pub(crate) struct MessagePace {
    messages: Pace,
    waited: Pace,
}

impl MessagePace {
    pub(crate) fn new() -> Self {
        Self {
            messages: Pace::new(MESSAGES_EACH_SEC, MESSAGES_AT_ONCE),
            waited: Pace::new(WAITED_EACH_SEC, WAITED_AT_ONCE),
        }
    }

    /// Whether a message is heard; makes a device that talks fast wait first. One that goes on like
    /// that is not heard with each word: others want to be heard, too.
    pub(crate) async fn admits(&mut self) -> bool {
        if self.messages.allows_one() {
            return true;
        }
        let is_awaited = self.waited.allows_one();
        if is_awaited {
            sleep(WAIT).await;
            // It is the one for which the device waited.
            self.messages.allows_one();
        }
        is_awaited
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

    #[tokio::test(start_paused = true)]
    async fn what_was_stored_is_heard_and_a_flood_is_not() {
        let mut pace = MessagePace::new();
        let began_at = Instant::now();
        for _ in 0..1_500 {
            assert!(pace.admits().await, "all that a device has stored");
        }
        assert!(began_at.elapsed() < Duration::from_secs(25), "{:?}", began_at.elapsed());
        let mut heard = 0_u32;
        for _ in 0..100_000 {
            heard += u32::from(pace.admits().await);
        }
        assert!(heard < 500, "{heard}");
    }
}
