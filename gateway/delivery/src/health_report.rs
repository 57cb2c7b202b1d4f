//! What keeps messages back although the broker is connected, as health shows it.

use tokio::sync::watch;

use runtime::utc_now;

use crate::health::Health;
use crate::session::in_flight::Hearing;

/// What is wrong on one connection. Each part is taken back only when its own cause ends.
pub(super) struct HealthReport<'a> {
    shown_on: &'a watch::Sender<Health>,
    ledger: Option<String>,
    broker: Option<String>,
    /// A retained message that the broker does not take.
    retained: Option<String>,
    /// What is missing at a broker that keeps no retained messages.
    keeps_nothing: Option<&'static str>,
    /// What the broker grants less of than was asked for.
    shortfalls: Vec<String>,
    /// What tells of another client with the same id.
    rival: Option<String>,
    /// Why new credentials are not in use.
    credentials: Option<String>,
    /// Why nothing of the centre arrives.
    centre: Option<String>,
    /// Why nothing of sensors that publish arrives.
    sensors: Option<String>,
}

impl<'a> HealthReport<'a> {
    /// Nothing is wrong yet; all that follows is shown on `shown_on`.
    pub(super) fn new(shown_on: &'a watch::Sender<Health>) -> Self {
        Self {
            shown_on,
            ledger: None,
            broker: None,
            retained: None,
            keeps_nothing: None,
            shortfalls: Vec::new(),
            rival: None,
            credentials: None,
            centre: None,
            sensors: None,
        }
    }

    /// The connection stands.
    pub(super) fn connected(&self) {
        let trouble = self.text();
        self.shown_on.send_modify(|health| {
            (health.connected_since, health.trouble) = (Some(utc_now()), trouble);
        });
    }

    /// The ledger must be left alone for a while.
    pub(super) fn ledger_fails(&mut self, text: String) {
        self.ledger = Some(text);
        self.show();
    }

    /// The ledger works again, if it did not.
    pub(super) fn ledger_works(&mut self) {
        if self.ledger.take().is_some() {
            self.show();
        }
    }

    /// There is a message that the broker does not take.
    pub(super) fn message_refused(&mut self, text: String) {
        self.broker = Some(text);
        self.show();
    }

    /// All messages are tried once more.
    pub(super) fn all_are_sent_again(&mut self) {
        self.broker = None;
        self.show();
    }

    /// The broker does not take a retained message.
    pub(super) fn retained_message_refused(&mut self, text: String) {
        self.retained = Some(text);
        self.show();
    }

    /// The broker keeps no retained messages.
    pub(super) fn broker_keeps_nothing(&mut self, text: &'static str) {
        self.keeps_nothing = Some(text);
        self.show();
    }

    /// The broker grants less of these than was asked for.
    pub(super) fn broker_grants_little(&mut self, texts: Vec<String>) {
        self.shortfalls = texts;
        self.show();
    }

    /// Another client seems to have the same id, or does no more.
    pub(super) fn rival_seen(&mut self, text: Option<String>) {
        if self.rival != text {
            self.rival = text;
            self.show();
        }
    }

    /// The broker does not grant a subscription.
    pub(super) fn subscription_denied(&mut self, hearing: Hearing, text: String) {
        *self.subscription(hearing) = Some(text);
        self.show();
    }

    /// A subscription stands.
    pub(super) fn subscription_granted(&mut self, hearing: Hearing) {
        if self.subscription(hearing).take().is_some() {
            self.show();
        }
    }

    fn subscription(&mut self, hearing: Hearing) -> &mut Option<String> {
        match hearing {
            Hearing::Centre => &mut self.centre,
            Hearing::Sensors => &mut self.sensors,
        }
    }

    /// Why new credentials are not in use, if there are such.
    pub(super) fn credentials_refused(&mut self, refusal: Option<&String>) {
        if self.credentials.as_ref() != refusal {
            self.credentials = refusal.cloned();
            self.show();
        }
    }

    fn show(&self) {
        let trouble = self.text();
        self.shown_on.send_modify(|health| health.trouble = trouble);
    }

    fn text(&self) -> Option<String> {
        let kept_back = [&self.ledger, &self.broker, &self.retained, &self.centre, &self.sensors];
        let told: Vec<&str> = kept_back
            .into_iter()
            .chain([&self.credentials, &self.rival])
            .flatten()
            .chain(&self.shortfalls)
            .map(String::as_str)
            .chain(self.keeps_nothing)
            .collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}
