//! The retained messages of a session: the gateway's status, and each device's.

use ledger::AlertState;
use tokio::time::Instant;
use tracing::error;

use runtime::metrics;

use crate::broker::signal::Message;
use crate::broker::v5::packet_bytes;
use crate::cloud_event::CloudEvent;
use crate::session::end::End;
use crate::session::in_flight::{InFlight, Packet};
use crate::session::state::Session;
use crate::status;
use crate::window::WindowError;

impl Session<'_> {
    /// What the gateway says of itself.
    fn send_birth(&mut self) -> Result<(), WindowError> {
        let settings = self.context.settings;
        let news = self.context.board.news();
        self.told_news = Some(news.number);
        let topic = settings.status_topic();
        let birth = status::birth(self.context.session, settings, &news);
        if !self.is_too_large(&topic, &birth) {
            return self.send_retained(topic, birth, None);
        }
        // Who listens must learn at least that it is there.
        let short = status::birth(self.context.session, settings, &news.shortened());
        self.send_retained(topic, short, None)
    }

    /// Whether the goodbye is said, or nothing new begins before it.
    pub(super) fn is_leaving(&self) -> bool {
        self.goodbye_sent || self.renewing && !self.closing
    }

    pub(super) fn send_retained(
        &mut self,
        topic: String,
        payload: Vec<u8>,
        packet: Option<Packet>,
    ) -> Result<(), WindowError> {
        if self.is_too_large(&topic, &payload) && packet.is_none() {
            // The client library would end the connection, and alerts with it.
            let limit = self.packet_limit();
            let reason =
                "it is larger than the broker takes; raise its limit (Mosquitto: max_packet_size)";
            error!(topic, ?limit, "{reason}");
            self.health.retained_message_refused(format!("{topic} is not told: {reason}"));
            return Ok(());
        }
        let handed_over_at = Instant::now();
        let retain = self.keeps_retained();
        let message = Message { topic: &topic, payload, retain, event: None };
        self.connection.publish(message)?;
        let packet = packet.unwrap_or(Packet::Status { topic });
        self.window.admit(InFlight { packet, handed_over_at })
    }

    fn is_too_large(&self, topic: &str, payload: &[u8]) -> bool {
        let message = Message { topic, payload: payload.to_vec(), retain: true, event: None };
        self.packet_limit().is_some_and(|limit| packet_bytes(&message) > limit)
    }

    /// A broker that keeps nothing ends the connection at a message that it should keep: then it is
    /// told to those who listen now (MQTT 5 §3.2.2.3.5).
    pub(super) fn keeps_retained(&self) -> bool {
        self.terms.is_none_or(|terms| terms.keeps_retained) && self.context.settings.will_retained
    }

    /// The birth comes first on each connection.
    pub(super) fn send_status(&mut self) -> Result<(), WindowError> {
        let news = self.context.board.news().number;
        if self.told_news.is_none_or(|told| news > told)
            && self.window.room() > 0
            && !self.goodbye_sent
        {
            self.send_birth()?;
        }
        while self.window.room() > 0 && !self.is_leaving() {
            let Some(post) = self.context.board.next_after(self.shown) else {
                break;
            };
            self.shown = post.number;
            let topic = self.context.settings.topic_of(&post.place);
            self.send_retained(topic, post.payload, None)?;
        }
        Ok(())
    }
}

/// The retained states of alerts.
impl Session<'_> {
    /// As many as there is room for; after the rows.
    pub(super) fn send_states(&mut self, now: Instant) -> Result<(), End> {
        while self.window.room() > 0 && self.context.outbox.is_exhausted() {
            if !self.send_state(now)? {
                break;
            }
        }
        Ok(())
    }

    /// One, if there is one: gives whether it took a place in the window.
    pub(super) fn send_state(&mut self, now: Instant) -> Result<bool, End> {
        // At the end only rows are waited for: the next connection tells the states again.
        if self.ledger_pause.is_some() || self.closing || self.renewing {
            return Ok(false);
        }
        let state = match self.states.next(now) {
            Ok(Some(state)) => state,
            Ok(None) => return Ok(false),
            Err(fault) => return self.ledger_fault(fault).map(|()| false),
        };
        let AlertState { alert_id, payload } = state;
        if self.context.outbox.is_barred(&alert_id) {
            return Ok(true); // as its rows
        }
        let topic = self.context.settings.alert_state_topic(&alert_id);
        let event = CloudEvent::of(&payload, &self.context.settings.topic_prefix);
        let is_removal = payload.is_empty();
        let retain = self.keeps_retained();
        let message = Message { topic: &topic, payload, retain, event };
        if self.packet_limit().is_some_and(|limit| packet_bytes(&message) > limit) {
            metrics::message_parked();
            return Ok(true); // its row is told as trouble
        }
        self.connection.publish(message)?;
        let packet = Packet::AlertState { alert_id, is_removal };
        self.window.admit(InFlight { packet, handed_over_at: Instant::now() })?;
        Ok(true)
    }

    /// When an alert state may be due with nothing else happening; not while there is no room,
    /// for then an answer comes first.
    pub(super) fn states_at(&self) -> Option<Instant> {
        let may_send = self.terms.is_some()
            && self.window.room() > 0
            && self.context.outbox.is_exhausted()
            && self.ledger_pause.is_none()
            && !self.closing
            && !self.renewing;
        may_send.then(|| self.states.next_at())
    }

    pub(super) fn state_accepted(&mut self, alert_id: String, is_removal: bool) {
        if is_removal {
            self.states.accept_removal(alert_id);
            self.gather_commit();
        }
    }

    pub(super) fn state_refused(&mut self, alert_id: &str, reason: &str) {
        self.states.refuse(alert_id, Instant::now());
        self.retained_refused(&self.context.settings.alert_state_topic(alert_id), reason);
    }

    /// Told until the next connection: a status is not tried again before.
    pub(super) fn retained_refused(&mut self, topic: &str, reason: &str) {
        error!(topic, reason, "the broker refuses a retained message; may it be published?");
        self.health.retained_message_refused(format!("the broker refuses {topic}: {reason}"));
    }
}
