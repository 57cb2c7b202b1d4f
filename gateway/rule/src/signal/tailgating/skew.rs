//! By how much the clock of a camera is ahead of that of a door, from people who pass alone.
//!
//! A pair is one credential and one crossing, with no other of either near. What lies between them,
//! less the usual walk from reader to line, is one measurement. The median of the latest ones counts,
//! so a few people who dawdle, or who come by another way, change nothing.

use std::time::Duration;

use scene::CaptureTime;
use serde::{Deserialize, Serialize};

use crate::signal::hearing::Micros;

/// Clocks that are farther apart than this are never paired.
const MOST: Duration = Duration::from_secs(20);
/// A credential with another one this near is not alone.
const ALONE: Duration = Duration::from_secs(40);
/// The latest pairs that count.
const RECENT: usize = 15;
/// Fewer pairs prove nothing.
const LEAST: usize = 5;
/// Half of the pairs must lie this near to the median.
const MOST_SPREAD_US: u64 = 3_000_000;

/// What is known of the two clocks, and what may become a pair.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Skew {
    /// Microseconds by which the crossing came later than the walk explains, the latest last.
    pairs_us: Vec<i64>,
    grants: Vec<Seen>,
    crossings: Vec<Seen>,
}

/// A credential, or somebody who crossed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Seen {
    seen_at_us: Micros,
    people: u32,
    /// It was paired, or cannot be.
    is_done: bool,
}

impl Skew {
    /// A credential was accepted.
    pub(super) fn grant(&mut self, at: CaptureTime) {
        self.grants.push(Seen { seen_at_us: at.into(), people: 1, is_done: false });
    }

    /// So many people crossed.
    pub(super) fn crossing(&mut self, at: CaptureTime, people: u32) {
        self.crossings.push(Seen { seen_at_us: at.into(), people, is_done: false });
    }

    /// Pairs what has been alone for long enough by `now`.
    pub(super) fn settle(&mut self, now: CaptureTime, walk: Duration) {
        for index in 0..self.grants.len() {
            let Some(grant) = self.grants.get(index).copied() else { break };
            let at = CaptureTime::from(grant.seen_at_us);
            if grant.is_done || now.since(at) <= ALONE {
                continue;
            }
            let near = |other: &Seen, span| apart(other.seen_at_us.into(), at) <= span;
            let is_alone = self.grants.iter().filter(|it| near(it, ALONE)).count() == 1;
            let mut crossed = self.crossings.iter().filter(|it| near(it, MOST));
            if let (true, Some(first), None) = (is_alone, crossed.next(), crossed.next())
                && first.people == 1
            {
                let between = CaptureTime::from(first.seen_at_us).unix_micros();
                let walk = i64::try_from(walk.as_micros()).unwrap_or(i64::MAX);
                let ahead = between.saturating_sub(at.unix_micros()).saturating_sub(walk);
                self.pairs_us.push(ahead);
            }
            if let Some(grant) = self.grants.get_mut(index) {
                grant.is_done = true;
            }
        }
        self.pairs_us.drain(..self.pairs_us.len().saturating_sub(RECENT));
        let since_at = now.before(ALONE.saturating_mul(3));
        self.grants.retain(|it| CaptureTime::from(it.seen_at_us) >= since_at);
        self.crossings.retain(|it| CaptureTime::from(it.seen_at_us) >= since_at);
    }

    /// Microseconds by which the camera's clock is ahead of the door's; none before enough pairs agree.
    pub(super) fn micros(&self) -> Option<i64> {
        let middle = median(self.pairs_us.clone()).filter(|_| self.pairs_us.len() >= LEAST)?;
        let apart = self.pairs_us.iter().map(|it| it.abs_diff(middle)).collect();
        median(apart).filter(|spread| *spread <= MOST_SPREAD_US).map(|_| middle)
    }

    /// What was heard before a time in which nobody listened pairs with nothing after it.
    pub(super) fn forget_unpaired(&mut self) {
        self.grants.clear();
        self.crossings.clear();
    }

    /// Nothing lies after `at`.
    pub(super) fn step_back(&mut self, at: CaptureTime) {
        for seen in self.grants.iter_mut().chain(&mut self.crossings) {
            seen.seen_at_us = seen.seen_at_us.min(at.into());
        }
    }
}

fn apart(one: CaptureTime, other: CaptureTime) -> Duration {
    one.since(other).max(other.since(one))
}

/// The middle one; of an even number the lower of the two.
fn median<T: Ord + Copy>(mut values: Vec<T>) -> Option<T> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}
