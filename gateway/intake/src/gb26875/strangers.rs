//! Transmitters that nobody has configured: who they are, so that somebody can.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::warn;

use crate::gb26875::dialect::SourceAddress;

/// The most that are named. Whoever sends random addresses fills no memory.
const MOST_NAMED: usize = 64;

/// Whose frames went unanswered. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Strangers(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    named: BTreeMap<SourceAddress, u64>,
    others: u64,
}

impl Strangers {
    /// The addresses, as a panel shows them, with the number of their frames.
    #[must_use]
    pub fn seen(&self) -> Vec<(String, u64)> {
        self.lock().named.iter().map(|(address, frames)| (address.to_string(), *frames)).collect()
    }

    /// Frames of those that are not named, because there were too many, or because they did not say
    /// who they are.
    #[must_use]
    pub fn others(&self) -> u64 {
        self.lock().others
    }

    /// A frame of `address`, or of somebody who has not said who he is.
    pub(crate) fn count(&self, address: Option<SourceAddress>) {
        let mut inner = self.lock();
        let has_room = inner.named.len() < MOST_NAMED;
        let Some(address) = address.filter(|it| has_room || inner.named.contains_key(it)) else {
            inner.others = inner.others.saturating_add(1);
            return;
        };
        let frames = inner.named.entry(address).or_default();
        *frames = frames.saturating_add(1);
        if *frames == 1 {
            warn!(
                "a fire transmitter with the source address {address} reports, and no device has it. \
                 It gets no answer until one has"
            );
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A thread that panicked here left at worst a count that is one off.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_NAMED, Strangers};
    use crate::gb26875::dialect::SourceAddress;

    #[test]
    fn strangers_are_named_up_to_a_bound() {
        let strangers = Strangers::default();
        for last in 0..=u8::MAX {
            strangers.count(Some(SourceAddress([last, 0, 0, 0, 0, 0])));
        }
        strangers.count(Some(SourceAddress([1, 0, 0, 0, 0, 0])));
        strangers.count(None);
        assert_eq!(strangers.seen().len(), MOST_NAMED);
        assert_eq!(strangers.seen()[1], ("000000000001".to_owned(), 2));
        assert_eq!(strangers.others(), 256 - MOST_NAMED as u64 + 1);
    }
}
