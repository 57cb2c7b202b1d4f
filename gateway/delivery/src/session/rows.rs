//! The rows of the outbox in a session: sent in order, taken over, refused, tried again.

use std::time::Duration;

use ledger::QueuedMessage;
use tokio::time::Instant;
use tracing::{debug, error};

use runtime::metrics;

use crate::broker::signal::Message;
use crate::broker::v5::packet_bytes;
use crate::cloud_event::CloudEvent;
use crate::outbox::Row;
use crate::session::end::End;
use crate::session::in_flight::{InFlight, Packet};
use crate::session::state::Session;
use crate::window::WindowError;

/// How long acknowledgements are gathered for one transaction. Short: a crash in between sends
/// these messages a second time.
const COMMIT_AFTER: Duration = Duration::from_millis(20);

/// Rows go first. While there is no end of them, one alert state goes after this many rows.
const ROWS_FOR_A_STATE: usize = 16;

impl Session<'_> {
    pub(super) fn send_rows(&mut self, now: Instant) -> Result<(), End> {
        let is_rewinding = self.retry_at.is_some_and(|at| at <= now);
        if is_rewinding || self.is_leaving() || self.ledger_pause.is_some() {
            return Ok(());
        }
        // What could not be removed from the ledger counts as in flight: should the ledger stay
        // full for long, a restart repeats one window, not all that was sent meanwhile.
        let room = self.window.room();
        let room = room.min(room.saturating_sub(self.context.outbox.uncommitted()));
        for _ in 0..room {
            if self.rows_since_state >= ROWS_FOR_A_STATE {
                self.rows_since_state = 0;
                if self.send_state(now)? {
                    continue;
                }
            }
            let next = self.context.outbox.next();
            if next.is_ok() {
                self.ledger_works();
            }
            let queued = match next {
                Ok(Some(queued)) => queued,
                Ok(None) => {
                    if self.context.outbox.held_topics() == 0 {
                        self.refusals.reset();
                    }
                    break;
                }
                Err(fault) => return self.ledger_fault(fault),
            };
            self.send_row(queued)?;
            self.rows_since_state += 1;
        }
        Ok(())
    }

    fn send_row(&mut self, queued: QueuedMessage) -> Result<(), WindowError> {
        let QueuedMessage { sequence, order_key, topic, payload, retain } = queued;
        let row = Row { sequence, topic, order_key };
        let event = CloudEvent::of(&payload, &self.context.settings.topic_prefix);
        let retain = retain && self.keeps_retained();
        let message = Message { topic: &row.topic, payload, retain, event };
        let bytes = packet_bytes(&message);
        if let Some(limit) = self.packet_limit()
            && bytes > limit
        {
            // Tried again on the next connection: limits can be raised.
            metrics::message_parked();
            error!(
                sequence = %row.sequence, topic = row.topic, bytes, limit,
                "message set aside: the broker takes no packet of this size; raise its limit"
            );
            let text = format!("message {} is too large for the broker", row.sequence);
            self.health.message_refused(text);
            self.context.outbox.set_aside(row.order_key);
            return Ok(());
        }
        self.connection.publish(message)?;
        self.window.admit(InFlight { packet: Packet::Row(row), handed_over_at: Instant::now() })
    }

    pub(super) fn packet_limit(&self) -> Option<usize> {
        let limit = self.terms?.packet_limit?;
        usize::try_from(limit).ok()
    }

    pub(super) fn row_accepted(&mut self, row: &Row) {
        metrics::message_acknowledged();
        self.has_delivered = true;
        self.context.outbox.accept(row);
        self.gather_commit();
    }

    pub(super) fn gather_commit(&mut self) {
        self.commit_at.get_or_insert_with(|| Instant::now() + COMMIT_AFTER);
    }

    pub(super) fn row_refused(&mut self, row: Row, reason: &str) {
        let (topic, sequence) = (row.topic.clone(), row.sequence);
        if self.context.outbox.refuse(row) {
            error!(topic, %sequence, reason, "the broker refuses this topic; its messages are kept");
            self.health.message_refused(format!("the broker refuses {topic}: {reason}"));
        }
        if self.retry_at.is_none() {
            let pause = self.refusals.next_delay();
            debug!(?pause, "refused messages are tried again");
            self.retry_at = Some(Instant::now() + pause);
        }
    }

    pub(super) fn retry_when_due(&mut self, now: Instant) -> Result<(), End> {
        if self.retry_at.is_some_and(|at| at <= now) && self.window.is_empty() {
            self.commit()?;
            self.retry_at = None;
            self.context.outbox.rewind();
            self.health.all_are_sent_again();
        }
        Ok(())
    }
}
