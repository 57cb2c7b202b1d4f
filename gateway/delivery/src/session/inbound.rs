//! Messages from the broker that wait for the ledger, and the subscriptions that bring them.

use std::collections::VecDeque;

use tokio::time::Instant;

use runtime::Backoff;

use crate::broker::signal::ReceivedMessage;

/// Messages that may wait for the ledger. A broker that heeds our receive maximum sends far fewer.
/// Brokers of MQTT 3.1.1 have a limit of their own (NATS: `max_ack_pending`).
pub(super) const MOST_WAITING: usize = 256;

/// Messages that are read before the first of them has gone to the ledger.
pub(super) const READ_AHEAD: usize = 64;

/// Messages that wait for the ledger, and the subscriptions that bring them.
pub(super) struct Inbound {
    /// At most [`MOST_WAITING`].
    pub(super) waiting: VecDeque<ReceivedMessage>,
    /// When to ask again for what the broker did not grant.
    pub(super) subscribe_at: Option<Instant>,
    pub(super) denials: Backoff,
    /// One complaint for each connection is enough.
    pub(super) told_of_strangers: bool,
}

impl Inbound {
    pub(super) fn new(denials: Backoff) -> Self {
        let waiting = VecDeque::new();
        Self { waiting, subscribe_at: None, denials, told_of_strangers: false }
    }

    /// The connection stands.
    pub(super) fn open(&mut self, has_inbox: bool) {
        self.subscribe_at = has_inbox.then(Instant::now);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn subscribe_at(&self) -> Option<Instant> {
        self.subscribe_at
    }
}
