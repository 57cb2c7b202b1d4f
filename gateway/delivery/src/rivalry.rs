//! Whether another client has the same client id: each of the two is cut off when the other connects,
//! and not every broker says so.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::BrokerError;

/// So many cuts tell of another client.
const CUTS: usize = 3;

/// So many do if the broker says so each time. One alone may be somebody who tries something.
const TAKEN_OVER: usize = 2;

/// A connection that has stood for so long has no rival any more.
const CALM: Duration = Duration::from_mins(5);

/// The cuts must lie within this time: two gateways that cut each other off come back within a minute.
const WITHIN: Duration = Duration::from_mins(5);

/// A connection that stood for longer is no part of such a quarrel.
const SHORT: Duration = Duration::from_mins(2);

/// Connections that stood and were cut without a word, or because the broker saw another client.
#[derive(Debug, Default)]
pub(super) struct Rivalry {
    cut_at: VecDeque<Instant>,
    taken_over_at: VecDeque<Instant>,
    /// What tells of a rival, while there seems to be one.
    told: Option<String>,
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
        if let BrokerError::TakenOver { reason, .. } = lost {
            if many_within(&mut self.taken_over_at, now, TAKEN_OVER) {
                self.told = Some(reason.clone());
            }
            return None; // the end itself tells
        }
        let is_cut = matches!(lost, BrokerError::Cut { .. });
        match stood {
            None if is_cut => {
                return Some(
                    "it did so before it accepted the gateway; does it expect TLS or none, as the URL \
                     does not say, a certificate, or another version of MQTT? Its log tells"
                        .to_owned(),
                );
            }
            Some(stood) if is_cut && stood <= SHORT => {}
            // Anything else has a reason of its own; a broker that is away proves nothing.
            _ => return None,
        }
        if !many_within(&mut self.cut_at, now, CUTS) {
            return None;
        }
        let advice = format!(
            "this was the third time within {} minutes, each soon after it had accepted the \
             gateway: most likely another client uses the client id \"{client_id}\"; give each \
             gateway an id of its own (gateway.id, or client_id in [mqtt]), or find in the broker's \
             log why it cuts this one off",
            WITHIN.as_secs() / 60
        );
        self.told = Some(format!("the broker cut the connection without a word; {advice}"));
        Some(advice)
    }

    /// What tells of a rival, while there seems to be one.
    pub(super) fn told(&self) -> Option<&str> {
        self.told.as_deref()
    }

    /// Whether the quarrel is over, now that a connection has `stood` for so long; true once.
    pub(super) fn ends_after(&mut self, stood: Duration) -> bool {
        stood >= CALM && self.told.take().is_some()
    }
}

/// Whether this happened `count` times within minutes, with this time.
fn many_within(times: &mut VecDeque<Instant>, now: Instant, count: usize) -> bool {
    times.push_back(now);
    while times.len() > count || times.front().is_some_and(|at| now - *at > WITHIN) {
        times.pop_front();
    }
    times.len() == count
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

    #[tokio::test(start_paused = true)]
    async fn a_rival_that_the_broker_names_twice_is_told_until_a_connection_stands() {
        let mut rivalry = Rivalry::default();
        let (address, reason) = (String::new(), "another client".to_owned());
        let taken_over = BrokerError::TakenOver { address, reason };
        let stood = Duration::from_secs(1);
        assert_eq!(rivalry.advice(&taken_over, Some(stood), "gw-01"), None);
        assert_eq!(rivalry.told(), None, "somebody tried something");
        tokio::time::advance(Duration::from_mins(6)).await;
        assert_eq!(rivalry.advice(&taken_over, Some(stood), "gw-01"), None);
        assert_eq!(rivalry.told(), None, "and once more, later");
        assert_eq!(rivalry.advice(&taken_over, Some(stood), "gw-01"), None);
        assert_eq!(rivalry.told(), Some("another client"));
        assert!(!rivalry.ends_after(Duration::from_mins(2)), "its rival rests");
        assert!(rivalry.ends_after(CALM) && !rivalry.ends_after(CALM));
        assert_eq!(rivalry.told(), None);
    }
}
