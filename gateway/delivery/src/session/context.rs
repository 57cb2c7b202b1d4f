//! What a session needs of its publisher.

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::credentials::Credentials;
use crate::health::Health;
use crate::inbox::Inbox;
use crate::outbox::Outbox;
use crate::rivalry::Rivalry;
use crate::sensor_inbox::SensorInbox;
use crate::session::forbearance::Forbearance;
use crate::session::patience::Patience;
use crate::settings::Settings;
use crate::status::StatusBoard;

/// What a connection needs of its publisher.
pub(crate) struct Context<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) outbox: &'a mut Outbox,
    pub(crate) board: &'a StatusBoard,
    pub(crate) credentials: &'a mut Credentials,
    /// Where what the centre sends goes.
    pub(crate) inbox: &'a mut Option<Box<dyn Inbox>>,
    /// Where what sensors publish goes.
    pub(crate) sensors: Option<&'a dyn SensorInbox>,
    /// With a broker that is slow to answer.
    pub(crate) patience: &'a mut Patience,
    /// Whether the broker bears subscriptions.
    pub(crate) forbearance: &'a mut Forbearance,
    /// Since when, and why, another client seems to have this client id.
    pub(crate) rivalry: &'a mut Rivalry,
    /// Told at birth: one for each run of the gateway.
    pub(crate) session: &'a str,
    /// New rows lie in the ledger.
    pub(crate) wake: &'a Notify,
    /// When to be done, once that was asked for.
    pub(crate) shutdown: &'a mut watch::Receiver<Option<Instant>>,
    pub(crate) health: &'a watch::Sender<Health>,
}
