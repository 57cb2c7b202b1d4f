//! Brokers that end the connection because the gateway subscribes, where they should deny the subscription:
//! alerts must not wait for that.

use std::time::Duration;

use runtime::Backoff;
use tokio::time::Instant;

/// So many connections in a row that ended with a subscription unanswered are no chance.
const ENDS: u32 = 2;

/// Alerts have the connection for themselves for so long, at first and at most.
const PAUSES: [Duration; 2] = [Duration::from_mins(1), Duration::from_hours(1)];

/// What became of the subscriptions of the latest connections. It outlasts them.
#[derive(Debug)]
pub(crate) struct Forbearance {
    ends: u32,
    pauses: Backoff,
    ask_at: Option<Instant>,
}

impl Default for Forbearance {
    fn default() -> Self {
        let [first, cap] = PAUSES;
        Self { ends: 0, pauses: Backoff::new(first, cap), ask_at: None }
    }
}

impl Forbearance {
    /// A connection ended while a subscription was unanswered.
    pub(crate) fn fail(&mut self) {
        self.ends += 1;
        if self.ends >= ENDS {
            self.ask_at = Some(Instant::now() + self.pauses.next_delay());
        }
    }

    /// A subscription was answered.
    pub(crate) fn pass(&mut self) {
        *self = Self::default();
    }

    /// Whether the latest connection that asked for subscriptions ended before they were answered.
    pub(crate) fn is_suspicious(&self) -> bool {
        self.ends > 0
    }

    /// Until when nothing is to be subscribed to, if a time is given at all.
    pub(crate) fn ask_at(&self) -> Option<Instant> {
        self.ask_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_end_is_chance_and_further_ones_make_the_subscription_wait_ever_longer() {
        let mut forbearance = Forbearance::default();
        forbearance.fail();
        assert_eq!(forbearance.ask_at(), None);
        let mut waits = Vec::new();
        for _ in 0..9 {
            forbearance.fail();
            waits.push(forbearance.ask_at().unwrap() - Instant::now());
        }
        let [first, cap] = PAUSES;
        assert!(waits[0] >= first / 2 && waits[0] <= first, "{waits:?}");
        assert!(waits[8] >= cap / 2 && waits[8] <= cap, "{waits:?}");
        forbearance.pass();
        forbearance.fail();
        assert_eq!(forbearance.ask_at(), None);
    }
}
