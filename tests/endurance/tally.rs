//! What was told against what was heard: lost, doubled, out of order, and how late.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::alert::Told;
use crate::centre::Heard;

/// One message of one alert: the key by which receivers tell repetitions.
type Key = (String, u32);

/// Both sides of the account.
#[derive(Default)]
pub(super) struct Tally {
    /// When each message was given to the ledger.
    told: HashMap<Key, Instant>,
    /// When each first arrived, and how often it came.
    heard: HashMap<Key, (Instant, u64)>,
    /// The highest seq heard of each alert.
    newest: HashMap<String, u32>,
    out_of_order: u64,
    unknown: u64,
    longest_gap: Duration,
    last_at: Option<Instant>,
}

/// The account, made up.
#[derive(Debug)]
pub(super) struct Sum {
    pub(super) published: usize,
    pub(super) received: usize,
    pub(super) lost: usize,
    pub(super) doubled: u64,
    pub(super) out_of_order: u64,
    /// Heard, but never told.
    pub(super) invented: u64,
    /// The longest silence between two first arrivals.
    pub(super) longest_gap: Duration,
}

impl Tally {
    /// About to be given to the ledger.
    pub(super) fn tell(&mut self, alert_id: &str, seq: u32) {
        self.told.insert((alert_id.to_owned(), seq), Instant::now());
    }

    /// A message on an alert's topic arrived.
    pub(super) fn hear(&mut self, heard: &Heard<'_>) {
        let Told { alert_id, seq } = serde_json::from_slice(heard.payload).unwrap();
        let key = (alert_id, seq);
        if !self.told.contains_key(&key) {
            self.unknown += 1;
            return;
        }
        if let Some((_, times)) = self.heard.get_mut(&key) {
            *times += 1;
            return;
        }
        // Whoever drops repetitions sees each alert's messages as 1, 2, 3, …
        let newest = self.newest.entry(key.0.clone()).or_default();
        self.out_of_order += u64::from(key.1 != *newest + 1);
        *newest = key.1.max(*newest);
        if let Some(last) = self.last_at.replace(heard.at) {
            self.longest_gap = self.longest_gap.max(heard.at - last);
        }
        self.heard.insert(key, (heard.at, 1));
    }

    /// How many different messages have arrived.
    pub(super) fn heard(&self) -> usize {
        self.heard.len()
    }

    /// How many messages were given to the ledger.
    pub(super) fn told(&self) -> usize {
        self.told.len()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.heard.len() >= self.told.len()
    }

    /// Whether a message arrived that was told after this instant.
    pub(super) fn has_heard_of_after(&self, instant: Instant) -> bool {
        self.heard.keys().any(|key| self.told.get(key).is_some_and(|at| *at > instant))
    }

    pub(super) fn sum(&self) -> Sum {
        Sum {
            published: self.told.len(),
            received: self.heard.len(),
            lost: self.told.keys().filter(|key| !self.heard.contains_key(key)).count(),
            doubled: self.heard.values().map(|(_, times)| times - 1).sum(),
            out_of_order: self.out_of_order,
            invented: self.unknown,
            longest_gap: self.longest_gap,
        }
    }

    /// Commit to receipt, sorted, of the messages told when `counts` says so.
    pub(super) fn latencies(&self, counts: impl Fn(Instant) -> bool) -> Vec<Duration> {
        let told = self.told.iter().filter(|(_, at)| counts(**at));
        let mut all: Vec<Duration> =
            told.filter_map(|(key, at)| Some(self.heard.get(key)?.0 - *at)).collect();
        all.sort_unstable();
        all
    }
}

/// The value below which this share of sorted `values` lies.
pub(super) fn percentile(values: &[Duration], share: f64) -> Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = (values.len() as f64 * share) as usize;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or_default()
}
