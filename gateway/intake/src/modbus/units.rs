//! The units behind one connection: who does not answer is left alone for a while, so that the others
//! need not wait for it at each poll.

use std::collections::BTreeMap;
use std::time::Duration;

use runtime::Backoff;
use tokio::time::Instant;

/// The first rest of a unit that did not answer.
const FIRST_REST: Duration = Duration::from_secs(2);
/// The longest.
const LONGEST_REST: Duration = Duration::from_mins(1);

/// Who rests, and until when.
#[derive(Debug, Default)]
pub(crate) struct Units(BTreeMap<u8, (Backoff, Instant)>);

impl Units {
    /// Whether the unit is left alone at `now`.
    pub(crate) fn rests(&self, unit_id: u8, now: Instant) -> bool {
        self.0.get(&unit_id).is_some_and(|(_, until)| now < *until)
    }

    /// It did not answer.
    pub(crate) fn silent(&mut self, unit_id: u8, now: Instant) {
        let first = || (Backoff::new(FIRST_REST, LONGEST_REST), now);
        let (backoff, until) = self.0.entry(unit_id).or_insert_with(first);
        *until = now + backoff.next_delay();
    }

    /// It answered.
    pub(crate) fn answered(&mut self, unit_id: u8) {
        self.0.remove(&unit_id);
    }

    /// Those that did not answer when they were last asked.
    pub(crate) fn silent_ones(&self) -> impl Iterator<Item = u8> {
        self.0.keys().copied()
    }
}
