//! What comes in during a session: subscriptions, and messages on their way to the inbox.

use tokio::time::Instant;
use tracing::{debug, error, warn};

use runtime::metrics;

use crate::broker::signal::ReceivedMessage;
use crate::error::BrokerError;
use crate::inbox::Incoming;
use crate::session::end::End;
use crate::session::in_flight::{InFlight, Packet};
use crate::session::inbound::{MOST_WAITING, READ_AHEAD};
use crate::session::state::Session;
use crate::window::WindowError;

impl Session<'_> {
    /// Asks for what the centre sends. Takes a place in the window: its packet id comes from the
    /// same row of numbers as those of messages (MQTT 5 §2.2.1).
    pub(super) fn subscribe_when_due(&mut self, now: Instant) -> Result<(), WindowError> {
        let is_due = self.inbound.subscribe_at.is_some_and(|at| at <= now);
        if !is_due || self.window.room() == 0 || self.closing || self.renewing {
            return Ok(());
        }
        self.inbound.subscribe_at = None;
        self.connection.subscribe(&self.context.settings.inbox_filters())?;
        self.window.admit(InFlight { packet: Packet::Subscription, handed_over_at: Instant::now() })
    }

    pub(super) fn subscribed(
        &mut self,
        packet_id: u16,
        outcome: Result<(), String>,
    ) -> Result<(), WindowError> {
        if !matches!(self.window.answered(packet_id)?.packet, Packet::Subscription) {
            return Err(WindowError::Mismatched(packet_id));
        }
        match outcome {
            Ok(()) => {
                self.inbound.denials.reset();
                self.health.subscription_granted();
            }
            Err(reason) => {
                let filters = self.context.settings.inbox_filters().join(" and ");
                let pause = self.inbound.denials.next_delay();
                error!(filters, reason, ?pause, "the broker denies the subscription");
                let text = format!(
                    "the broker denies the subscription to {filters} ({reason}): case feedback \
                     and commands do not arrive"
                );
                self.health.subscription_denied(text);
                self.inbound.subscribe_at = Some(Instant::now() + pause);
            }
        }
        Ok(())
    }

    /// A message came. It waits for its turn, as an answer may lie behind it. If many wait, one
    /// of them goes before more is read.
    pub(super) fn received(&mut self, message: ReceivedMessage) -> Result<(), End> {
        if self.inbound.waiting.len() == MOST_WAITING {
            metrics::message_discarded();
            if message.packet_id.is_none() {
                debug!("a message of QoS 0 is discarded: too many wait for the ledger");
                return Ok(());
            }
            let address = self.context.settings.broker.to_string();
            return Err(End::Lost(BrokerError::Flooded { address, limit: MOST_WAITING }));
        }
        self.inbound.waiting.push_back(message);
        if self.inbound.waiting.len() > READ_AHEAD { self.take_in() } else { Ok(()) }
    }

    /// Whether something waits for the inbox, and may go there now.
    ///
    /// Not at the end: what is not acknowledged comes again, and its answer could not go any more.
    pub(super) fn can_take_in(&self) -> bool {
        let is_ending = self.closing || self.goodbye_sent;
        self.ledger_pause.is_none() && !is_ending && !self.inbound.is_empty()
    }

    /// Gives the inbox what has waited longest, and acknowledges it. One at a time: each waits for the
    /// disk, and acknowledgements leave only in between.
    pub(super) fn take_in(&mut self) -> Result<(), End> {
        if !self.can_take_in() {
            return Ok(());
        }
        if let Some(received) = self.inbound.waiting.front() {
            let prefix = &self.context.settings.topic_prefix;
            let message =
                Incoming::new(prefix, &received.topic, &received.payload, received.retained);
            match (message, self.context.inbox.as_mut()) {
                (Some(message), Some(inbox)) => match inbox.take(&message) {
                    Ok(()) => {
                        metrics::message_received();
                        self.context.outbox.look_again(); // its answer
                        self.states.look_again();
                    }
                    Err(fault) => return self.ledger_fault(fault),
                },
                _ => {
                    metrics::message_discarded();
                    if !self.inbound.told_of_strangers {
                        self.inbound.told_of_strangers = true;
                        let topic = String::from_utf8_lossy(&received.topic);
                        warn!(%topic, "the broker sends what was not subscribed to; discarded");
                    }
                }
            }
            if let Some(packet_id) = received.packet_id {
                self.connection.acknowledge(packet_id)?;
            }
            self.inbound.waiting.pop_front();
        }
        Ok(())
    }
}
