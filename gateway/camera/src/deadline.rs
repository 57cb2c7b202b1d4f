//! Deadlines that a camera is held to, and not for what held this process up.

use std::time::Duration;

use tokio::time::Instant;

/// A timer that comes this late was held up, and so was all that the camera sent meanwhile.
const HELD_UP: Duration = Duration::from_millis(500);

/// The most that a deadline is put off by in all.
const MOST_GRACE: Duration = Duration::from_secs(60);

/// Until when a camera must have done something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    grace: Duration,
}

impl Deadline {
    /// After `limit`, from now on.
    pub(crate) fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit, grace: MOST_GRACE }
    }

    /// When it is to be judged.
    pub(crate) fn at(self) -> Instant {
        self.at
    }

    /// Whether it has passed for the camera, too. What waits in the sockets while this process gets no
    /// processor time has come in time: then the camera gets as long again as this process lost.
    pub(crate) fn has_passed(&mut self) -> bool {
        let now = Instant::now();
        let late = now.saturating_duration_since(self.at).min(self.grace);
        if late < HELD_UP {
            return now >= self.at;
        }
        (self.at, self.grace) = (now + late, self.grace.saturating_sub(late));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_what_held_this_process_up_puts_a_deadline_off_and_not_for_ever() {
        let second = Duration::from_secs(1);
        let mut deadline = Deadline::after(second);
        assert!(!deadline.has_passed());
        tokio::time::advance(second).await;
        assert!(deadline.has_passed(), "on time");
        tokio::time::advance(second).await;
        assert!(!deadline.has_passed(), "a second late");
        tokio::time::advance(second).await;
        assert!(deadline.has_passed());
        for times in 0.. {
            assert!(times < 8, "it ends");
            tokio::time::advance(deadline.at() - Instant::now() + second * 10).await;
            if deadline.has_passed() {
                break;
            }
        }
    }
}
