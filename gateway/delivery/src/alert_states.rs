//! The retained topic of each alert: which one must be told next, so that a later subscriber sees
//! exactly the alerts that stand.
//!
//! No queue: what is to be shown is read from the ledger, what was shown is remembered as a hash,
//! and only the difference is sent. A new connection begins with nothing shown, for the broker may
//! have forgotten all of it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};
use std::time::Duration;

use ledger::{AlertState, Ledger, LedgerError};
use tokio::time::Instant;

use runtime::Steadiness;

use crate::settings::Settings;

/// AlertStates read at once.
const FETCH: usize = 64;

/// Shortest time from the end of one look to the next: an alert that changes faster shows its
/// latest state only.
const LOOK_AFTER: Duration = Duration::from_millis(500);

/// How often to look without being woken: the time of a closed alert on its topic ends without an
/// event.
const LOOK_ANYWAY: Duration = Duration::from_mins(1);

/// One connection's account of what the retained topics hold.
#[derive(Debug)]
pub(super) struct AlertStates {
    ledger: Ledger,
    /// How long a closed alert is shown, and by which clock.
    keep: Duration,
    clock: Steadiness,
    /// Hash of the alert's id to hash of its payload: 16 bytes for each alert.
    shown: HashMap<u64, u64>,
    hasher: RandomState,
    /// The last alert read by the look under way; none between looks.
    cursor: Option<String>,
    page: VecDeque<AlertState>,
    /// Whether alerts may have changed since the look under way, or the last one, began.
    has_changed: bool,
    /// When the next look begins.
    look_at: Instant,
    /// Before this there is none, whatever changes.
    rest_until: Instant,
    /// Removals that the broker has taken over and [`AlertStates::commit`] has not seen.
    taken_over: Vec<String>,
    /// How long a removal is repeated: a broker that is killed before it stored the removal comes
    /// back with the state.
    settle: Duration,
    /// Hashes of the ids of what was removed on this connection, the first one first. By the
    /// monotonic clock: the other one steps.
    removed: VecDeque<(u64, Instant)>,
    /// Those that were removed long enough ago. Their next removal is the last.
    settled: HashSet<u64>,
}

impl AlertStates {
    /// Nothing is shown yet.
    pub(super) fn new(ledger: Ledger, settings: &Settings) -> Self {
        Self {
            ledger,
            keep: settings.show_closed,
            clock: settings.clock.clone(),
            shown: HashMap::new(),
            hasher: RandomState::new(),
            cursor: Some(String::new()),
            page: VecDeque::new(),
            has_changed: false,
            look_at: Instant::now(),
            rest_until: Instant::now(),
            taken_over: Vec::new(),
            settle: settings.removal_settles,
            removed: VecDeque::new(),
            settled: HashSet::new(),
        }
    }

    /// Alerts may have changed: looked at soon.
    pub(super) fn look_again(&mut self) {
        self.has_changed = true;
        self.look_at = self.look_at.min(self.rest_until);
    }

    /// When there may be something to send without anything else happening.
    pub(super) fn next_at(&self) -> Instant {
        if self.cursor.is_some() {
            return Instant::now();
        }
        let settles_at = self.removed.front().map(|(_, at)| *at + self.settle);
        settles_at.map_or(self.look_at, |at| at.min(self.look_at))
    }

    /// The next state to send, counted as shown. `None` may mean that more must be read first:
    /// at most one page is read in a call.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub(super) fn next(&mut self, now: Instant) -> Result<Option<AlertState>, LedgerError> {
        let settled = self.removed.partition_point(|(_, at)| *at + self.settle <= now);
        for (alert, _) in self.removed.drain(..settled) {
            self.shown.remove(&alert);
            self.settled.insert(alert);
            self.look_at = now;
        }
        if self.cursor.is_none() && self.look_at <= now {
            self.cursor = Some(String::new());
            self.has_changed = false;
        }
        if self.page.is_empty()
            && let Some(after) = &self.cursor
        {
            self.page = self.fetch(after)?.into();
            self.cursor = self.page.back().map(|last| last.alert_id.clone());
            if self.cursor.is_none() {
                self.rest(now, LOOK_AFTER);
            }
        }
        while let Some(state) = self.page.pop_front() {
            let (alert, payload) = (self.hash(&state.alert_id), self.hash(&state.payload));
            if self.shown.insert(alert, payload) != Some(payload) {
                return Ok(Some(state));
            }
        }
        Ok(None)
    }

    fn fetch(&self, after: &str) -> Result<Vec<AlertState>, LedgerError> {
        // Removed from its topic is removed: not by a clock that may just have jumped.
        let closed_before_micros = match self.clock.now() {
            Some(now) => now.unix_micros().saturating_sub(micros(self.keep)),
            None => i64::MIN,
        };
        self.ledger.alert_states(after, closed_before_micros, FETCH)
    }

    fn hash(&self, value: &(impl Hash + ?Sized)) -> u64 {
        self.hasher.hash_one(value)
    }

    fn rest(&mut self, now: Instant, pause: Duration) {
        self.rest_until = now + pause;
        self.look_at = if self.has_changed { self.rest_until } else { now + LOOK_ANYWAY };
    }

    /// The broker does not take the state of this alert, so it probably takes none: all of them rest.
    pub(super) fn refuse(&mut self, alert_id: &str, now: Instant) {
        self.shown.remove(&self.hash(alert_id));
        self.cursor = None;
        // What was read but not sent is not counted as shown.
        self.page.clear();
        self.rest(now, LOOK_ANYWAY);
    }

    /// The broker has removed the topic of this alert.
    pub(super) fn accept_removal(&mut self, alert_id: String) {
        self.taken_over.push(alert_id);
    }

    /// Forgets what is removed for good. A failed call keeps it for the next.
    ///
    /// # Errors
    /// As [`Ledger::forget_alert_states`].
    pub(super) fn commit(&mut self) -> Result<(), LedgerError> {
        let is_settled = |alert_id: &String| self.settled.contains(&self.hash(alert_id));
        let (settled, fresh): (Vec<String>, Vec<String>) =
            self.taken_over.iter().cloned().partition(is_settled);
        self.ledger.forget_alert_states(&settled)?;
        self.taken_over.clear();
        for alert_id in settled {
            self.settled.remove(&self.hash(&alert_id));
        }
        let now = Instant::now();
        let fresh: Vec<u64> = fresh.iter().map(|alert_id| self.hash(alert_id)).collect();
        self.removed.extend(fresh.into_iter().map(|alert| (alert, now)));
        Ok(())
    }

    /// Whether removals wait for [`AlertStates::commit`].
    pub(super) fn has_removals(&self) -> bool {
        !self.taken_over.is_empty()
    }
}

/// A span in microseconds.
fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
