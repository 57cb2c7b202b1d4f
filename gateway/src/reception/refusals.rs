//! Refusals in the log: the first at once, then all of a minute in one line, however many there are.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tracing::warn;

use super::seldom::Seldom;

/// What a server refused and has not told yet.
pub(crate) struct RefusalLog {
    /// Who refuses.
    server: &'static str,
    told: Seldom,
    /// Counts by reason; the reasons are few.
    untold: Mutex<BTreeMap<&'static str, u64>>,
}

impl RefusalLog {
    /// Of the server of this name.
    pub(crate) fn new(server: &'static str) -> Self {
        Self { server, told: Seldom::default(), untold: Mutex::default() }
    }

    /// Something was refused for this reason to who comes from there.
    pub(crate) fn note(&self, reason: &'static str, from: IpAddr) {
        if let Some(refused) = self.take_due(reason, Instant::now()) {
            warn!(server = self.server, refused, latest_from = %from, "requests were refused");
        }
    }

    /// Counts one refusal; gives the counts in words if it is time to tell.
    fn take_due(&self, reason: &'static str, now: Instant) -> Option<String> {
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        *untold.entry(reason).or_default() += 1;
        if !self.told.is_due_at(now) {
            return None;
        }
        let counts = std::mem::take(&mut *untold);
        let words = counts.iter().map(|(reason, count)| format!("{count} for {reason}"));
        Some(words.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_is_one_line_a_minute_and_later_fewer() {
        let log = RefusalLog::new("evidence");
        let began = Instant::now();
        assert_eq!(log.take_due("token", began).as_deref(), Some("1 for token"));
        for millis in 0..59_999 {
            assert_eq!(log.take_due("token", began + Duration::from_millis(millis)), None);
        }
        assert_eq!(log.take_due("pace", began + Duration::from_secs(59)), None);
        let told = log.take_due("token", began + Duration::from_mins(1));
        assert_eq!(told.as_deref(), Some("1 for pace, 60000 for token"));
        let hours = (61..7_200)
            .filter(|secs| log.take_due("token", began + Duration::from_secs(*secs)).is_some());
        assert!((4..=8).contains(&hours.count()), "a flood of two hours");
    }
}
