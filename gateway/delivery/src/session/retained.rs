//! The retained messages of a session: the gateway's status, and each device's.

use ledger::AlertState;
use tokio::time::Instant;
use tracing::error;

use super::super::broker::{Message, packet_bytes};
use super::super::cloud_event::CloudEvent;
use super::super::publisher::End;
use super::super::status;
use super::super::window::OutOfStep;
use super::{Flight, Parcel, Session};
use runtime::metrics::delivery as metrics;

impl Session<'_> {
    /// What the gateway says of itself.
    fn send_birth(&mut self) -> Result<(), OutOfStep> {
        let settings = self.around.settings;
        let config = self.around.board.config();
        self.told_config = Some(config.as_ref().map_or(0, |(number, _)| *number));
        let config = config.map(|(_, news)| news);
        let birth = status::birth(self.around.session, settings, config.as_ref());
        self.send_retained(settings.status_topic(), birth, None)
    }

    /// Whether the goodbye is said, or nothing new begins before it.
    pub(super) fn is_leaving(&self) -> bool {
        self.farewell_sent || self.renewing && !self.closing
    }

    pub(super) fn send_retained(
        &mut self,
        topic: String,
        payload: Vec<u8>,
        parcel: Option<Parcel>,
    ) -> Result<(), OutOfStep> {
        let handed_over_at = Instant::now();
        let message = Message { topic: &topic, payload, retain: true, event: None };
        self.connection.publish(message)?;
        let parcel = parcel.unwrap_or(Parcel::Status { topic });
        self.window.admit(Flight { parcel, handed_over_at })
    }

    /// The birth comes first on each connection.
    pub(super) fn send_status(&mut self) -> Result<(), OutOfStep> {
        let config = self.around.board.config().map_or(0, |(number, _)| number);
        if self.told_config.is_none_or(|told| config > told)
            && self.window.room() > 0
            && !self.farewell_sent
        {
            self.send_birth()?;
        }
        while self.window.room() > 0 && !self.is_leaving() {
            let Some(post) = self.around.board.next_after(self.shown) else {
                break;
            };
            self.shown = post.number;
            let topic = self.around.settings.device_status_topic(&post.device_id);
            self.send_retained(topic, post.payload, None)?;
        }
        Ok(())
    }
}

/// The retained states of alerts.
impl Session<'_> {
    /// As many as there is room for; after the rows.
    pub(super) fn send_states(&mut self, now: Instant) -> Result<(), End> {
        while self.window.room() > 0 && self.around.drain.is_exhausted() {
            if !self.send_state(now)? {
                break;
            }
        }
        Ok(())
    }

    /// One, if there is one: gives whether it took a place in the window.
    pub(super) fn send_state(&mut self, now: Instant) -> Result<bool, End> {
        // At the end only rows are waited for: states are told anew by the next connection.
        if self.ledger_pause.is_some() || self.closing || self.renewing {
            return Ok(false);
        }
        let state = match self.states.next(now) {
            Ok(Some(state)) => state,
            Ok(None) => return Ok(false),
            Err(fault) => return self.ledger_fault(fault).map(|()| false),
        };
        let AlertState { alert_id, payload } = state;
        if self.around.drain.is_barred(&alert_id) {
            return Ok(true); // as its rows
        }
        let topic = self.around.settings.alert_state_topic(&alert_id);
        let event = CloudEvent::of(&payload, &self.around.settings.topic_prefix);
        let is_removal = payload.is_empty();
        let message = Message { topic: &topic, payload, retain: true, event };
        if self.packet_limit().is_some_and(|limit| packet_bytes(&message) > limit) {
            ::metrics::counter!(metrics::PARKED).increment(1);
            return Ok(true); // its row is told as trouble
        }
        self.connection.publish(message)?;
        let parcel = Parcel::AlertState { alert_id, is_removal };
        self.window.admit(Flight { parcel, handed_over_at: Instant::now() })?;
        Ok(true)
    }

    /// When an alert state may be due with nothing else happening; not while there is no room,
    /// for then an answer comes first.
    pub(super) fn states_at(&self) -> Option<Instant> {
        let may_send = self.terms.is_some()
            && self.window.room() > 0
            && self.around.drain.is_exhausted()
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
        self.retained_refused(&self.around.settings.alert_state_topic(alert_id), reason);
    }

    /// Told until the next connection: a status is not tried again before.
    pub(super) fn retained_refused(&mut self, topic: &str, reason: &str) {
        error!(topic, reason, "the broker refuses a retained message; may it be published?");
        self.trouble.broker_shows_nothing(format!("the broker refuses {topic}: {reason}"));
    }
}
