//! What comes in during a session: subscriptions, and messages on their way to the inboxes.

use tokio::time::Instant;
use tracing::{debug, error, warn};

use runtime::metrics;

use crate::broker::signal::ReceivedMessage;
use crate::error::BrokerError;
use crate::inbox::Incoming;
use crate::session::end::End;
use crate::session::in_flight::{Hearing, InFlight, Packet};
use crate::session::inbound::{MOST_OF_SENSORS, MOST_WAITING, READ_AHEAD, Waiting};
use crate::session::state::Session;
use crate::window::WindowError;

impl Session<'_> {
    /// Asks for what the centre sends, and sensors. Takes a place in the window: its packet id comes
    /// from the same row of numbers as those of messages (MQTT 5 §2.2.1).
    pub(super) fn subscribe_when_due(&mut self, now: Instant) -> Result<(), WindowError> {
        for hearing in [Hearing::Centre, Hearing::Sensors] {
            let subscription = self.inbound.subscription(hearing);
            let is_due = subscription.ask_at.is_some_and(|at| at <= now);
            if !is_due || self.window.room() == 0 || self.closing || self.renewing {
                continue;
            }
            subscription.ask_at = None;
            self.connection.subscribe(&subscription.filters)?;
            self.unanswered_subscriptions += 1;
            let packet = Packet::Subscription(hearing);
            self.window.admit(InFlight { packet, handed_over_at: Instant::now() })?;
        }
        Ok(())
    }

    pub(super) fn subscribed(
        &mut self,
        packet_id: u16,
        outcome: Result<(), String>,
    ) -> Result<(), WindowError> {
        let Packet::Subscription(hearing) = self.window.answered(packet_id)?.packet else {
            return Err(WindowError::Mismatched(packet_id));
        };
        self.unanswered_subscriptions = self.unanswered_subscriptions.saturating_sub(1);
        if self.unanswered_subscriptions == 0 {
            self.context.forbearance.pass();
        }
        let subscription = self.inbound.subscription(hearing);
        match outcome {
            Ok(()) => {
                subscription.denials.reset();
                self.health.subscription_granted(hearing);
            }
            Err(reason) => {
                let filters = subscription.filters.join(" and ");
                let pause = subscription.denials.next_delay();
                subscription.ask_at = Some(Instant::now() + pause);
                error!(filters, reason, ?pause, "the broker does not grant the subscription");
                let missing = missing(hearing);
                let text = format!(
                    "the broker does not grant the subscription to {filters} ({reason}): {missing}"
                );
                self.health.subscription_denied(hearing, text);
            }
        }
        Ok(())
    }

    /// Sensors may publish on other topics than before.
    pub(super) fn follow_sensors(&mut self) {
        if let Some(sensors) = self.context.sensors {
            self.inbound.follow_sensors(sensors.filters());
            self.hold_back();
        }
    }

    /// Nothing is asked for that the broker does not bear: it would end the connection, and alerts with it.
    pub(super) fn hold_back(&mut self) {
        let bears_wildcards = self.terms.is_none_or(|terms| terms.takes_wildcards);
        let ask_at = self.context.forbearance.ask_at();
        for hearing in [Hearing::Centre, Hearing::Sensors] {
            let subscription = self.inbound.subscription(hearing);
            let asks_for_wildcards = subscription.filters.iter().any(|it| it.contains(['+', '#']));
            if subscription.ask_at.is_none() {
                continue;
            }
            if asks_for_wildcards && !bears_wildcards {
                subscription.ask_at = None; // told with the broker's other limits
            } else if let Some(at) = ask_at {
                subscription.ask_at = Some(at);
                let filters = subscription.filters.join(" and ");
                let text = format!(
                    "the broker ends the connection when the gateway subscribes to {filters}: {}; alerts are \
                     delivered; the broker's administrator must allow the subscription in the broker's access \
                     list (ACL), its log tells why it ends the connection",
                    missing(hearing)
                );
                self.health.subscription_denied(hearing, text);
            }
        }
    }

    /// A message came. It waits for its turn, as an answer may lie behind it. If many wait, one
    /// of them goes before more is read.
    pub(super) fn received(&mut self, message: ReceivedMessage) -> Result<(), End> {
        let Some(message) = self.of_sensor(message)? else { return Ok(()) };
        if self.inbound.for_centre() == MOST_WAITING {
            metrics::message_discarded();
            if message.packet_id.is_none() {
                debug!("a message of QoS 0 is discarded: too many wait for the ledger");
                return Ok(());
            }
            return Err(self.flooded(MOST_WAITING));
        }
        self.inbound.waiting.push_back(Waiting::Message(message));
        if self.inbound.for_centre() > READ_AHEAD { self.take_in() } else { Ok(()) }
    }

    /// Hands a sensor's message on at once; gives back what is none.
    fn of_sensor(&mut self, message: ReceivedMessage) -> Result<Option<ReceivedMessage>, End> {
        let Some(sensors) = self.context.sensors else { return Ok(Some(message)) };
        let prefix = &self.context.settings.topic_prefix;
        let ReceivedMessage { topic, payload, retained, .. } = &message;
        if Incoming::new(prefix, topic, payload, *retained).is_some() {
            return Ok(Some(message));
        }
        let Ok(topic) = std::str::from_utf8(topic) else { return Ok(Some(message)) };
        if self.inbound.of_sensors == MOST_OF_SENSORS {
            // What follows from those that wait is on its way to the disk, which does not get on.
            return Err(self.flooded(MOST_OF_SENSORS));
        }
        let Some(taking) = sensors.take(topic, &message.payload, message.retained) else {
            return Ok(Some(message));
        };
        metrics::message_received();
        self.inbound.keep(message.packet_id, taking);
        Ok(None)
    }

    fn flooded(&self, limit: usize) -> End {
        let address = self.context.settings.broker.to_string();
        End::Lost(BrokerError::Flooded { address, limit })
    }

    /// Whether something waits that can go on now.
    ///
    /// Not at the end: what is not acknowledged comes again, and its answer could not go any more.
    pub(super) fn can_take_in(&self) -> bool {
        let is_ending = self.closing || self.goodbye_sent;
        self.ledger_pause.is_none() && !is_ending && self.inbound.is_first_ready()
    }

    /// Gives the inbox what has waited longest, and acknowledges it. One at a time: each waits for the
    /// disk, and acknowledgements leave only in between.
    pub(super) fn take_in(&mut self) -> Result<(), End> {
        if !self.can_take_in() {
            return Ok(());
        }
        let packet_id = match self.inbound.waiting.front() {
            None => return Ok(()),
            Some(Waiting::OfSensor(under_way)) => {
                self.inbound.of_sensors -= 1;
                under_way.packet_id
            }
            Some(Waiting::Message(received)) => {
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
                received.packet_id
            }
        };
        if let Some(packet_id) = packet_id {
            self.connection.acknowledge(packet_id)?;
        }
        self.inbound.waiting.pop_front();
        Ok(())
    }
}

/// What a subscription that does not stand costs.
fn missing(hearing: Hearing) -> &'static str {
    match hearing {
        Hearing::Centre => "case feedback and commands do not arrive, or may be lost",
        Hearing::Sensors => "what sensors publish does not arrive, or may be lost",
    }
}
