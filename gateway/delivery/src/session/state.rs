//! One connection's state.

use std::time::Duration;

use tokio::time::Instant;

use runtime::{Backoff, Recurring};

use crate::alert_states::AlertStates;
use crate::broker::connection::Connection;
use crate::broker::signal::Terms;
use crate::health_report::HealthReport;
use crate::session::context::Context;
use crate::session::in_flight::InFlight;
use crate::session::inbound::Inbound;
use crate::window::Window;

/// One connection's state. All of it ends with the connection.
pub(crate) struct Session<'a> {
    pub(super) context: Context<'a>,
    pub(super) connection: Connection<'a>,
    pub(super) begun_at: Instant,
    pub(super) has_delivered: bool,
    /// Once connected.
    pub(super) terms: Option<Terms>,
    pub(super) window: Window<InFlight>,
    /// When the broker last answered anything.
    pub(super) answered_at: Instant,
    /// Whether all that the broker has said so far is read.
    pub(super) is_read_out: bool,
    pub(super) inbound: Inbound,
    /// Subscriptions that are asked for and not answered.
    pub(super) unanswered_subscriptions: u32,
    pub(super) states: AlertStates,
    /// Rows sent since the last alert state.
    pub(super) rows_since_state: usize,
    /// Posts up to this number were sent.
    pub(super) shown: u64,
    /// The latest news that were told, with the birth.
    pub(super) told_news: Option<u64>,
    pub(super) goodbye_sent: bool,
    /// Its pauses grow while the broker keeps refusing.
    pub(super) refusals: Backoff,
    /// When to try refused rows again.
    pub(super) retry_at: Option<Instant>,
    pub(super) commit_at: Option<Instant>,
    /// Until when the ledger is left alone.
    pub(super) ledger_pause: Option<Instant>,
    /// How often the ledger has failed.
    pub(super) ledger_faults: Recurring,
    pub(super) health: HealthReport<'a>,
    /// Whether the end was asked for.
    pub(super) closing: bool,
    /// Whether a connection with new credentials is to follow.
    pub(super) renewing: bool,
    pub(super) pulse_at: Instant,
}

impl<'a> Session<'a> {
    /// Prepares a connection.
    pub(crate) fn new(context: Context<'a>) -> Self {
        let connection = Connection::new(context.settings, context.credentials);
        let backoff =
            || Backoff::new(context.settings.reconnect_first, context.settings.reconnect_cap);
        let (refusals, inbound) = (backoff(), Inbound::new(backoff));
        let health = HealthReport::new(context.health);
        let states = AlertStates::new(context.outbox.ledger().clone(), context.settings);
        // Left by a connection that ended while the ledger was full.
        let commit_at = (context.outbox.uncommitted() > 0).then(Instant::now);
        Self {
            context,
            connection,
            begun_at: Instant::now(),
            has_delivered: false,
            terms: None,
            window: Window::new(0),
            answered_at: Instant::now(),
            is_read_out: false,
            inbound,
            unanswered_subscriptions: 0,
            states,
            rows_since_state: 0,
            shown: 0,
            told_news: None,
            goodbye_sent: false,
            refusals,
            retry_at: None,
            commit_at,
            ledger_pause: None,
            ledger_faults: Recurring::default(),
            health,
            closing: false,
            renewing: false,
            pulse_at: Instant::now(),
        }
    }

    /// For how long the broker had accepted it; none if it never did.
    pub(crate) fn stood(&self) -> Option<Duration> {
        self.terms.map(|_| self.begun_at.elapsed())
    }

    /// Whether it went well: a broker that accepts connections only to close them is no success.
    pub(crate) fn was_useful(&self) -> bool {
        self.has_delivered || self.begun_at.elapsed() > self.context.settings.reconnect_cap
    }
}
