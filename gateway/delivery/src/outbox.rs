//! The outbox in the ledger, as it is sent: which row goes next, which is done, which must wait.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use ledger::{Ledger, LedgerError, QueuedMessage, Sequence};
use tokio::time::Instant;

use runtime::metrics;

/// Rows read at once: few enough that a backlog of days costs no memory.
const FETCH: usize = 64;

/// How long an alert's messages wait after answers that could not be read.
const BARRED_FOR: Duration = Duration::from_hours(1);

/// A row that is on its way to the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) sequence: Sequence,
    pub(super) topic: String,
    pub(super) order_key: String,
}

/// Reads the outbox once from its oldest row on, keeping the order within each topic.
#[derive(Debug)]
pub(super) struct Outbox {
    ledger: Ledger,
    /// The last row that was read.
    cursor: Sequence,
    fetched: VecDeque<QueuedMessage>,
    /// Whether the end was reached and nothing new has been announced since.
    exhausted: bool,
    /// Topics with a refused row, and the oldest such row. Later rows of the topic stay too:
    /// a subscriber (and a retained value) must not end on an earlier message.
    held: BTreeMap<String, Sequence>,
    /// Alerts with a message that the broker cannot take. Their later messages stay too, because the
    /// centre learns of each alert in order.
    set_aside: BTreeSet<String>,
    /// The alert whose message waited longest when the broker's answer could not be read.
    suspect: Option<String>,
    /// Alerts of which that happened twice in a row, and until when they wait.
    barred: BTreeMap<String, Instant>,
    /// Taken over by the broker, not yet removed from the ledger.
    accepted: Vec<Sequence>,
}

impl Outbox {
    /// From the oldest row.
    pub(super) fn new(ledger: Ledger) -> Self {
        Self {
            ledger,
            cursor: Sequence::START,
            fetched: VecDeque::with_capacity(FETCH),
            exhausted: false,
            held: BTreeMap::new(),
            set_aside: BTreeSet::new(),
            suspect: None,
            barred: BTreeMap::new(),
            accepted: Vec::new(),
        }
    }

    /// Where the rows lie.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The next row to send, if any.
    pub(super) fn next(&mut self) -> Result<Option<QueuedMessage>, LedgerError> {
        while !self.exhausted {
            while let Some(message) = self.fetched.pop_front() {
                let is_done = self.accepted.contains(&message.sequence);
                if !is_done && !self.must_wait(&message) {
                    return Ok(Some(message));
                }
            }
            self.fetched = self.ledger.unsent(self.cursor, FETCH)?.into();
            match self.fetched.back() {
                Some(last) => self.cursor = last.sequence,
                None => self.exhausted = true,
            }
        }
        Ok(None)
    }

    fn must_wait(&self, message: &QueuedMessage) -> bool {
        self.held.contains_key(&message.topic)
            || self.set_aside.contains(&message.order_key)
            || self.is_barred(&message.order_key)
    }

    /// Whether messages of this alert end connections, as far as is known.
    pub(super) fn is_barred(&self, order_key: &str) -> bool {
        self.barred.contains_key(order_key)
    }

    /// The answer to a message of this alert, as it seems, could not be read and cost the
    /// connection. The second time its messages wait for an hour, so that the others can go on.
    /// Gives whether they wait now.
    pub(super) fn suspect(&mut self, order_key: &str) -> bool {
        let again = self.suspect.as_deref() == Some(order_key);
        self.suspect = (!again).then(|| order_key.to_owned());
        if again {
            self.barred.insert(order_key.to_owned(), Instant::now() + BARRED_FOR);
        }
        again
    }

    /// Whether all rows that may go were given.
    pub(super) fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// There may be new rows.
    pub(super) fn look_again(&mut self) {
        self.exhausted = false;
    }

    /// The broker took this row over.
    pub(super) fn accept(&mut self, row: &Row) {
        if self.suspect.as_ref() == Some(&row.order_key) {
            self.suspect = None;
        }
        match self.held.get(&row.topic) {
            // It overtook a refused row of its topic, so it is sent again behind it.
            Some(refused) if *refused < row.sequence => {}
            _ => self.accepted.push(row.sequence),
        }
    }

    /// The broker refused this row. Gives whether its topic had been flowing until now.
    pub(super) fn refuse(&mut self, row: Row) -> bool {
        let flowed = !self.held.contains_key(&row.topic);
        let oldest = self.held.entry(row.topic).or_insert(row.sequence);
        *oldest = row.sequence.min(*oldest);
        flowed
    }

    /// The broker cannot take a message with this order key, so its later ones wait.
    pub(super) fn set_aside(&mut self, order_key: String) {
        self.set_aside.insert(order_key);
    }

    /// Topics that wait because of a refusal.
    pub(super) fn held_topics(&self) -> usize {
        self.held.len()
    }

    /// Rows taken over but not yet removed.
    pub(super) fn uncommitted(&self) -> usize {
        self.accepted.len()
    }

    /// Removes what the broker took over. A failed call keeps it for the next.
    pub(super) fn commit(&mut self) -> Result<(), LedgerError> {
        self.ledger.acknowledge(&self.accepted)?;
        self.accepted.clear();
        Ok(())
    }

    /// Shows how much waits.
    pub(super) fn measure(&self) -> Result<(), LedgerError> {
        let depth = self.ledger.depth()?;
        metrics::outbox_waiting(depth.messages, depth.bytes);
        Ok(())
    }

    /// Starts at the oldest row again, with nothing held.
    ///
    /// Only when nothing is in flight: else rows would go out twice.
    pub(super) fn rewind(&mut self) {
        self.cursor = Sequence::START;
        self.fetched.clear();
        self.held.clear();
        self.set_aside.clear();
        let now = Instant::now();
        self.barred.retain(|_, until| *until > now);
        self.exhausted = false;
    }
}
