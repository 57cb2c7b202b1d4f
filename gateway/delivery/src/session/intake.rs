//! What comes in during a session: subscriptions, and messages on their way to the inbox.

use std::collections::VecDeque;

use tokio::time::Instant;
use tracing::{debug, error, warn};

use super::super::broker::Letter;
use super::super::fault::Lost;
use super::super::inbox::Incoming;
use super::super::publisher::End;
use super::super::window::OutOfStep;
use super::{Flight, Parcel, Session};
use runtime::Backoff;
use runtime::metrics::delivery as metrics;

/// Messages that may wait for the ledger. Far more than a broker may send that heeds our receive
/// maximum; those of MQTT 3.1.1 have a limit of their own (NATS: `max_ack_pending`).
const MOST_LETTERS: usize = 256;

/// Messages that wait for the ledger, and the subscriptions that bring them.
pub(super) struct Intake {
    /// At most [`MOST_LETTERS`].
    letters: VecDeque<Letter>,
    /// When to ask again for what the broker did not grant.
    subscribe_at: Option<Instant>,
    denials: Backoff,
    /// One complaint for each connection is enough.
    told_of_strangers: bool,
}

impl Intake {
    pub(super) fn new(denials: Backoff) -> Self {
        let letters = VecDeque::new();
        Self { letters, subscribe_at: None, denials, told_of_strangers: false }
    }

    /// The connection stands.
    pub(super) fn open(&mut self, somebody_listens: bool) {
        self.subscribe_at = somebody_listens.then(Instant::now);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    pub(super) fn subscribe_at(&self) -> Option<Instant> {
        self.subscribe_at
    }
}

impl Session<'_> {
    /// Asks for what the centre sends. Takes a place in the window: its packet id comes from the
    /// same row of numbers as those of messages (MQTT 5 §2.2.1).
    pub(super) fn subscribe_when_due(&mut self, now: Instant) -> Result<(), OutOfStep> {
        let is_due = self.intake.subscribe_at.is_some_and(|at| at <= now);
        if !is_due || self.window.room() == 0 || self.closing || self.renewing {
            return Ok(());
        }
        self.intake.subscribe_at = None;
        self.connection.subscribe(&self.around.settings.inbox_filters())?;
        self.window.admit(Flight { parcel: Parcel::Subscription, handed_over_at: Instant::now() })
    }

    pub(super) fn subscribed(
        &mut self,
        packet_id: u16,
        outcome: Result<(), String>,
    ) -> Result<(), OutOfStep> {
        if !matches!(self.window.answered(packet_id)?.parcel, Parcel::Subscription) {
            return Err(OutOfStep::Mismatched(packet_id));
        }
        match outcome {
            Ok(()) => {
                self.intake.denials.reset();
                self.trouble.centre_is_heard();
            }
            Err(reason) => {
                let filters = self.around.settings.inbox_filters().join(" and ");
                let pause = self.intake.denials.next_delay();
                error!(filters, reason, ?pause, "the broker denies the subscription");
                let text = format!(
                    "the broker denies the subscription to {filters} ({reason}): case feedback \
                     and commands do not arrive"
                );
                self.trouble.nothing_is_heard(text);
                self.intake.subscribe_at = Some(Instant::now() + pause);
            }
        }
        Ok(())
    }

    /// A message came: at once to the inbox, if nothing waits there.
    pub(super) fn arrived(&mut self, letter: Letter) -> Result<(), End> {
        if self.intake.letters.len() == MOST_LETTERS {
            ::metrics::counter!(metrics::DISCARDED).increment(1);
            if letter.packet_id.is_none() {
                debug!("a message of QoS 0 is discarded: too many wait for the ledger");
                return Ok(());
            }
            let address = self.around.settings.broker.to_string();
            return Err(End::Lost(Lost::Flooded { address, limit: MOST_LETTERS }));
        }
        self.intake.letters.push_back(letter);
        self.take_in()
    }

    /// Gives the inbox what waits, and acknowledges what it took.
    ///
    /// Not at the end: what is not acknowledged comes again, and its answer could not go any more.
    pub(super) fn take_in(&mut self) -> Result<(), End> {
        while self.ledger_pause.is_none() && !self.closing && !self.farewell_sent {
            let Some(letter) = self.intake.letters.front() else {
                return Ok(());
            };
            let prefix = &self.around.settings.topic_prefix;
            let message = Incoming::new(prefix, &letter.topic, &letter.payload, letter.retained);
            match (message, self.around.inbox.as_mut()) {
                (Some(message), Some(inbox)) => match inbox.take(&message) {
                    Ok(()) => {
                        ::metrics::counter!(metrics::RECEIVED).increment(1);
                        self.around.drain.look_again(); // its answer
                        self.states.look_again();
                    }
                    Err(fault) => return self.ledger_fault(fault),
                },
                _ => {
                    ::metrics::counter!(metrics::DISCARDED).increment(1);
                    if !self.intake.told_of_strangers {
                        self.intake.told_of_strangers = true;
                        let topic = String::from_utf8_lossy(&letter.topic);
                        warn!(%topic, "the broker sends what was not subscribed to; discarded");
                    }
                }
            }
            if let Some(packet_id) = letter.packet_id {
                self.connection.acknowledge(packet_id)?;
            }
            self.intake.letters.pop_front();
        }
        Ok(())
    }
}
