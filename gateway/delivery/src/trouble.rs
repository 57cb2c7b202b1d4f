//! What keeps messages back, or out, although the broker is connected, as health shows it.

use tokio::sync::watch;

use super::Health;
use runtime::utc_now;

/// One connection's troubles. Each ends only by what ends its own cause.
pub(super) struct Trouble<'a> {
    health: &'a watch::Sender<Health>,
    ledger: Option<String>,
    broker: Option<String>,
    /// A retained message that it does not take.
    retained: Option<String>,
    /// Why new credentials are not in use.
    credentials: Option<String>,
    /// Why nothing of the centre is heard.
    deaf: Option<String>,
}

impl<'a> Trouble<'a> {
    /// None so far; shown on `health`.
    pub(super) fn new(health: &'a watch::Sender<Health>) -> Self {
        Self { health, ledger: None, broker: None, retained: None, credentials: None, deaf: None }
    }

    /// The connection stands.
    pub(super) fn connected(&self) {
        let trouble = self.text();
        self.health.send_modify(|health| {
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
    pub(super) fn broker_declines(&mut self, text: String) {
        self.broker = Some(text);
        self.show();
    }

    /// All messages are tried once more.
    pub(super) fn broker_gets_all_again(&mut self) {
        self.broker = None;
        self.show();
    }

    /// The broker does not take a retained message.
    pub(super) fn broker_shows_nothing(&mut self, text: String) {
        self.retained = Some(text);
        self.show();
    }

    /// The broker does not grant the subscriptions.
    pub(super) fn nothing_is_heard(&mut self, text: String) {
        self.deaf = Some(text);
        self.show();
    }

    /// The subscriptions stand.
    pub(super) fn centre_is_heard(&mut self) {
        if self.deaf.take().is_some() {
            self.show();
        }
    }

    /// Why new credentials are not in use, if there are such.
    pub(super) fn credentials_are(&mut self, refusal: Option<&String>) {
        if self.credentials.as_ref() != refusal {
            self.credentials = refusal.cloned();
            self.show();
        }
    }

    fn show(&self) {
        let trouble = self.text();
        self.health.send_modify(|health| health.trouble = trouble);
    }

    fn text(&self) -> Option<String> {
        let told: Vec<&str> =
            [&self.ledger, &self.broker, &self.retained, &self.deaf, &self.credentials]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}
