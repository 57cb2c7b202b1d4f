//! Whether another client has the same client id: each of the two is cut off when the other connects,
//! and not every broker says so.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::BrokerError;

/// So many cuts tell of another client.
const CUTS: usize = 3;

/// The cuts must lie within this time: two gateways that cut each other off come back within a minute.
const WITHIN: Duration = Duration::from_mins(5);

/// A connection that stood for longer is no part of such a quarrel.
const SHORT: Duration = Duration::from_mins(2);

/// Connections that stood and were cut without a word.
#[derive(Debug, Default)]
pub(super) struct Rivalry {
    cut_at: VecDeque<Instant>,
}

impl Rivalry {
    /// A connection that had stood for `stood` ended so, now. Gives what to think of it, if that is
    /// more than the end itself tells.
    pub(super) fn advice(
        &mut self,
        lost: &BrokerError,
        stood: Option<Duration>,
        client_id: &str,
    ) -> Option<String> {
        let now = Instant::now();
        let is_cut = matches!(lost, BrokerError::Cut { .. });
        match stood {
            None if is_cut => {
                return Some(
                    "it did so before it accepted the gateway; does it expect TLS or none, as the URL \
                     does not say, a certificate, or another version of MQTT? Its log tells"
                        .to_owned(),
                );
            }
            Some(stood) if is_cut && stood <= SHORT => self.cut_at.push_back(now),
            // Anything else has a reason of its own; a broker that is away proves nothing.
            _ => return None,
        }
        while self.cut_at.front().is_some_and(|at| now - *at > WITHIN) {
            self.cut_at.pop_front();
        }
        let cuts = self.cut_at.len();
        (cuts >= CUTS).then(|| {
            self.cut_at.drain(..cuts - CUTS);
            format!(
                "this was the third time within {} minutes, each soon after it had accepted the \
                 gateway: most likely another client uses the client id \"{client_id}\"; give each \
                 gateway an id of its own (gateway.id, or client_id in [mqtt]), or find in the broker's \
                 log why it cuts this one off",
                WITHIN.as_secs() / 60
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut() -> BrokerError {
        BrokerError::Cut { address: "mqtt://b:1883".into() }
    }

    #[tokio::test(start_paused = true)]
    async fn three_short_connections_in_minutes_tell_of_a_rival() {
        let mut rivalry = Rivalry::default();
        let mut after = async |pause: u64, stood: u64| {
            tokio::time::advance(Duration::from_secs(pause)).await;
            rivalry.advice(&cut(), Some(Duration::from_secs(stood)), "gw-01")
        };
        assert_eq!(after(10, 5).await, None);
        assert_eq!(after(10, 5).await, None);
        assert!(after(60, 50).await.unwrap().contains("\"gw-01\""));
        assert!(after(60, 50).await.is_some(), "it goes on");
        // A cut each few minutes is a bad line.
        assert_eq!(after(600, 100).await, None);
        for _ in 0..5 {
            assert_eq!(after(160, 100).await, None);
        }
        assert_eq!(after(200, 199).await, None, "it had stood for long");
    }

    #[test]
    fn a_broker_that_is_away_or_speaks_is_no_rival() {
        let mut rivalry = Rivalry::default();
        let stood = Some(Duration::from_secs(1));
        for _ in 0..9 {
            let said = BrokerError::Closed { address: String::new(), reason: String::new() };
            assert_eq!(rivalry.advice(&said, stood, "gw-01"), None);
        }
        assert!(rivalry.advice(&cut(), None, "gw-01").unwrap().contains("before it accepted"));
    }
}
