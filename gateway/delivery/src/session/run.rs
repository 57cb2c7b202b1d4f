//! A session from CONNECT to its end: what is sent when, and what each answer means.

use std::time::Duration;

use tokio::select;
use tokio::time::{Instant, sleep_until};
use tracing::{error, info, warn};

use runtime::metrics;

use crate::broker::signal::{Signal, Terms};
use crate::error::BrokerError;
use crate::session::end::End;
use crate::session::in_flight::{InFlight, Packet};
use crate::session::state::Session;
use crate::shortfall::shortfalls;
use crate::status;
use crate::window::{Window, WindowError};

/// What is missing at a broker that keeps no retained messages, and what to do.
const KEEPS_NOTHING: &str = "the broker keeps no retained messages: alerts are delivered, but dashboards \
    that connect later do not see which alerts stand and whether the gateway is up; switch retained \
    messages on at the broker (Mosquitto: retain_available true)";

/// So many times as long as it may take over an answer, a broker may keep it behind other messages.
const UNREAD: u32 = 10;

/// How often the outbox is measured.
const PULSE: Duration = Duration::from_secs(5);

impl Session<'_> {
    /// Connects and delivers until the end.
    pub(crate) async fn run(&mut self) -> End {
        let end = self.deliver().await;
        if let End::Lost(lost) = &end
            && self.unanswered_subscriptions > 0
        {
            self.context.forbearance.fail();
            if self.context.forbearance.ask_at().is_some() {
                error!(%lost, "the broker ends the connection when the gateway subscribes; alerts go first");
            }
        }
        end
    }

    async fn deliver(&mut self) -> End {
        loop {
            if let Err(end) = self.advance() {
                return end;
            }
            // What is handled may take long, and what has come meanwhile is not read yet.
            self.is_read_out = false;
            let next_at = self.next_at();
            select! {
                biased; // What the broker says comes first: an answer may lie there unread.
                (signals, lost) = self.connection.next() => {
                    for signal in signals {
                        match self.take(signal) {
                            Ok(None) => {}
                            Ok(Some(end)) | Err(end) => return end,
                        }
                    }
                    if let Some(lost) = lost {
                        self.look_for_the_cause(&lost);
                        return End::Lost(lost);
                    }
                }
                () = self.inbound.first_kept() => {}
                () = self.context.wake.notified() => {
                    self.context.outbox.look_again();
                    self.states.look_again();
                    self.follow_sensors();
                }
                () = self.context.board.changed() => {}
                asked = self.context.shutdown.changed() => {
                    if asked.is_err() {
                        return End::Shutdown; // nobody is left to ask for anything
                    }
                }
                // The timer and the socket are looked at in one step of the runtime.
                () = sleep_until(next_at) => self.is_read_out = true,
            }
        }
    }

    /// An answer that cannot be read most likely belongs to the message that has waited longest.
    fn look_for_the_cause(&mut self, lost: &BrokerError) {
        let BrokerError::StrangeReason { .. } = lost else { return };
        let alert = match self.window.oldest().map(|in_flight| &in_flight.packet) {
            Some(Packet::Row(row)) => &row.order_key,
            Some(Packet::AlertState { alert_id, .. }) => alert_id,
            _ => return,
        };
        if self.context.outbox.suspect(alert) {
            metrics::message_parked();
            error!(alert, %lost, "the messages of this alert wait for an hour, the others go on");
        }
    }

    /// Does all that can be done now without waiting.
    fn advance(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let closing_at = *self.context.shutdown.borrow();
        if closing_at.is_some_and(|at| at <= now) {
            return Err(End::Shutdown);
        }
        if closing_at.is_some() && !self.closing {
            self.closing = true;
            // A wake may still lie unread, and the goodbye must not overtake its rows.
            self.context.outbox.look_again();
        }
        if self.is_unanswered(now) {
            let address = self.context.settings.broker.to_string();
            let secs = self.context.patience.now().as_secs();
            self.context.patience.lengthen();
            return Err(End::Lost(BrokerError::Unanswered { address, secs }));
        }
        if self.silent_at().is_some_and(|at| at <= now) {
            let address = self.context.settings.broker.to_string();
            let secs = (now - self.connection.heard_at()).as_secs();
            return Err(End::Lost(BrokerError::Silent { address, secs }));
        }
        if self.ledger_pause.is_some_and(|until| until <= now) {
            self.ledger_pause = None;
        }
        if self.pulse_at <= now {
            self.pulse_at = now + PULSE;
            self.measure()?;
            if self.stood().is_some_and(|stood| self.context.rivalry.ends_after(stood)) {
                self.health.rival_seen(None);
                self.context.board.end_rival();
            }
        }
        if self.context.credentials.look(self.context.settings, now) {
            self.renewing = true;
        }
        self.health.credentials_refused(self.context.credentials.refusal());
        self.commit_when_due(now)?;
        if self.terms.is_none() {
            return Ok(());
        }
        self.take_in()?;
        self.subscribe_when_due(now)?;
        self.retry_when_due(now)?;
        self.send_status()?;
        self.send_rows(now)?;
        self.send_states(now)?;
        if self.closing {
            self.end_orderly()?;
        } else if self.renewing {
            self.end_for_renewal()?;
        }
        Ok(())
    }

    /// When the broker counts as gone. The client library pings it after each keep-alive, but waits
    /// without end if the ping cannot be written.
    fn silent_at(&self) -> Option<Instant> {
        self.terms?;
        let settings = self.context.settings;
        let limit = 2 * settings.keep_alive + settings.connect_timeout;
        Some(self.connection.heard_at() + limit)
    }

    /// When the broker counts as one that does not acknowledge. Answers to other messages put it off,
    /// because much may come in before this one's answer. That has an end, as the oldest message
    /// holds the window.
    fn unanswered_at(&self) -> Option<Instant> {
        let handed_over_at = self.window.oldest()?.handed_over_at;
        Some(handed_over_at.max(self.answered_at) + self.context.patience.now())
    }

    /// Whether that is over. What lies unread may be the answer, so all of it is read first: on a slow
    /// disk the messages before it take long. A broker that never ceases to send, and never answers, has
    /// [`UNREAD`] times as long.
    fn is_unanswered(&self, now: Instant) -> bool {
        self.unanswered_at().is_some_and(|at| {
            let is_over = at <= now;
            is_over && (self.is_read_out || at + (UNREAD - 1) * self.context.patience.now() <= now)
        })
    }

    /// The next instant at which time alone changes something.
    fn next_at(&self) -> Instant {
        // A retry that is due waits for the window to empty, which a signal will tell.
        let retry_at = self.retry_at.filter(|_| self.window.is_empty());
        let commit_at = self.commit_at.filter(|_| self.ledger_pause.is_none());
        let closing_at = *self.context.shutdown.borrow();
        // Without room an answer comes first.
        let subscribe_at = self.inbound.ask_at().filter(|_| self.window.room() > 0);
        let subscribe_at = subscribe_at.filter(|_| !self.closing && !self.renewing);
        let take_in_at = self.can_take_in().then(Instant::now);
        let others = [self.ledger_pause, closing_at, subscribe_at, self.silent_at(), take_in_at];
        [self.unanswered_at(), retry_at, commit_at]
            .into_iter()
            .chain(others)
            .chain([self.states_at(), self.context.credentials.look_at()])
            .flatten()
            .fold(self.pulse_at, Instant::min)
    }

    fn take(&mut self, signal: Signal) -> Result<Option<End>, End> {
        match signal {
            Signal::Connected(_) if self.terms.is_some() => {
                return Err(WindowError::Twice.into());
            }
            Signal::Connected(terms) => self.begin(terms),
            Signal::Sent(packet_id) => self.window.sent(packet_id)?,
            Signal::Accepted(packet_id) => {
                let in_flight = self.answered(packet_id)?;
                metrics::message_answered(in_flight.handed_over_at.elapsed());
                match in_flight.packet {
                    Packet::Row(row) => self.row_accepted(&row),
                    Packet::Status { .. } => {}
                    Packet::AlertState { alert_id, is_removal } => {
                        self.state_accepted(alert_id, is_removal);
                    }
                    Packet::Subscription(_) => {
                        return Err(WindowError::Mismatched(packet_id).into());
                    }
                    Packet::Offline => self.connection.disconnect()?,
                }
            }
            Signal::Refused(packet_id, reason) => {
                let in_flight = self.answered(packet_id)?;
                metrics::message_refused();
                match in_flight.packet {
                    Packet::Row(row) => self.row_refused(row, &reason),
                    Packet::Status { topic } => self.retained_refused(&topic, &reason),
                    Packet::AlertState { alert_id, .. } => self.state_refused(&alert_id, &reason),
                    Packet::Subscription(_) => {
                        return Err(WindowError::Mismatched(packet_id).into());
                    }
                    Packet::Offline => self.connection.disconnect()?,
                }
            }
            Signal::Subscribed(packet_id, outcome) => self.subscribed(packet_id, outcome)?,
            Signal::Received(message) => self.received(message)?,
            Signal::DisconnectSent if self.closing => return Ok(Some(End::Shutdown)),
            Signal::DisconnectSent => return Ok(Some(End::Renewed)),
        }
        Ok(None)
    }

    /// The message that the broker has answered.
    fn answered(&mut self, packet_id: u16) -> Result<InFlight, WindowError> {
        let in_flight = self.window.answered(packet_id)?;
        self.answered_at = Instant::now();
        if matches!(in_flight.packet, Packet::Row(_)) {
            self.context.patience.hear(in_flight.handed_over_at.elapsed());
        }
        Ok(in_flight)
    }

    /// CONNACK: asks for what the centre sends, tells the birth, then every device's state, then
    /// the rows from the oldest on. Whether the broker kept a session makes no difference to them.
    fn begin(&mut self, terms: Terms) {
        let settings = self.context.settings;
        let capacity = settings.window.min(terms.receive_maximum);
        self.window = Window::new(usize::from(capacity));
        self.terms = Some(terms);
        self.context.outbox.rewind();
        self.health.connected();
        if !self.keeps_retained() {
            warn!(broker = %settings.broker, "{KEEPS_NOTHING}");
            self.health.broker_keeps_nothing(KEEPS_NOTHING);
        }
        let hears = self.context.inbox.is_some() || self.context.sensors.is_some();
        let shortfalls = shortfalls(settings, &terms, hears);
        for shortfall in &shortfalls {
            warn!(broker = %settings.broker, "{shortfall}");
        }
        self.health.broker_grants_little(shortfalls);
        self.health.rival_seen(self.context.rivalry.told().map(ToOwned::to_owned));
        metrics::broker_connected();
        let session_kept = terms.session_present;
        info!(broker = %settings.broker, window = capacity, session_kept, "connected");
        let has_inbox = self.context.inbox.is_some();
        let filters = settings.inbox_filters().into_iter().filter(|_| has_inbox).collect();
        self.inbound.open(filters);
        self.hold_back();
        self.follow_sensors();
    }

    /// Ends the connection once everything sent is answered. Another one follows at once, so the
    /// broker tells nobody that the gateway is gone.
    fn end_for_renewal(&mut self) -> Result<(), WindowError> {
        let all_done = self.window.is_empty() && self.context.outbox.uncommitted() == 0;
        if all_done && !self.goodbye_sent {
            self.goodbye_sent = true;
            self.connection.disconnect()?;
        }
        Ok(())
    }

    /// Says goodbye once everything that can be delivered is.
    fn end_orderly(&mut self) -> Result<(), WindowError> {
        let all_done = self.window.is_empty()
            && self.context.outbox.is_exhausted()
            && self.context.outbox.uncommitted() == 0;
        if all_done && !self.goodbye_sent {
            self.goodbye_sent = true;
            let topic = self.context.settings.status_topic();
            self.send_retained(topic, status::SHUTDOWN.to_vec(), Some(Packet::Offline))?;
        }
        Ok(())
    }
}
