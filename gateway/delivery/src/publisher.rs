//! The thread that owns the connection to the broker, and the handle by which others reach it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ledger::{Ledger, LedgerError, Remedy};
use scene::CaptureTime;
use tokio::runtime;
use tokio::select;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use tracing::{error, info, warn};

use super::credentials::Credentials;
use super::drain::Drain;
use super::fault::{DeliveryError, Lost, SetupError};
use super::inbox::Inbox;
use super::retention::{Keep, Retention};
use super::session::Session;
use super::window::OutOfStep;
use super::{Settings, StatusBoard, status};
use ::runtime::metrics::delivery as metrics;
use ::runtime::{Backoff, Steadiness};

/// How delivery is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Since when the broker is connected, gateway's clock; `None` while it is not.
    pub connected_since: Option<CaptureTime>,
    /// Why it is not connected, or what is kept back although it is.
    pub trouble: Option<String>,
    /// Whether everyone on the line can read and forge messages: `mqtt://`.
    pub in_clear: bool,
}

/// What remained at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Messages still in the ledger; the next run sends them.
    pub left: u64,
}

/// Starts delivery.
#[derive(Debug)]
pub struct Publisher;

/// Wakes the publisher after rows were recorded; cheap, for any thread.
#[derive(Debug, Clone)]
pub struct Waker(Arc<Notify>);

impl Waker {
    /// New rows lie in the ledger.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// Delivery under way. Dropping it ends delivery at once; the ledger keeps what is left.
#[derive(Debug)]
pub struct PublisherHandle {
    wake: Arc<Notify>,
    shutdown: watch::Sender<Option<Instant>>,
    health: watch::Receiver<Health>,
    outcome: oneshot::Receiver<Result<Drained, DeliveryError>>,
}

impl Publisher {
    /// Checks the settings and all files they name, then starts the publisher's own thread.
    /// Whether the broker can be reached is not waited for. Without an `inbox` nothing is subscribed
    /// to.
    ///
    /// # Errors
    /// A setting out of range, a file missing or wrong, no thread to be had.
    pub fn spawn(
        settings: Settings,
        ledger: Ledger,
        board: StatusBoard,
        inbox: Option<Box<dyn Inbox>>,
    ) -> Result<PublisherHandle, SetupError> {
        settings.check()?;
        let credentials = Credentials::load(&settings)?;
        let wake = Arc::new(Notify::new());
        let (shutdown, shutdown_asked) = watch::channel(None);
        let in_clear = !settings.broker.tls;
        if in_clear {
            warn!(broker = %settings.broker, "alerts go unencrypted, to whoever answers there");
        }
        let (health_sender, health) = watch::channel(Health { in_clear, ..Health::default() });
        let (outcome_sender, outcome) = oneshot::channel();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(SetupError::Thread)?;
        let mut delivery = Delivery {
            settings,
            ledger,
            board,
            inbox,
            credentials,
            wake: Arc::clone(&wake),
            shutdown: shutdown_asked,
            health: health_sender,
        };
        let body = move || {
            let result = runtime.block_on(delivery.run());
            // Not a plain drop: that would wait for a name lookup that hangs.
            runtime.shutdown_background();
            if outcome_sender.send(result).is_err() {
                info!("publisher ended, nobody waits for it");
            }
        };
        thread::Builder::new().name("publisher".into()).spawn(body).map_err(SetupError::Thread)?;
        Ok(PublisherHandle { wake, shutdown, health, outcome })
    }
}

impl PublisherHandle {
    /// To wake the publisher from other threads.
    pub fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.wake))
    }

    /// How delivery is doing, now and with every change.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// Completes when delivery ended by itself, which it does only for a fault.
    ///
    /// # Errors
    /// The fault.
    pub async fn ended(&mut self) -> Result<Drained, DeliveryError> {
        (&mut self.outcome).await.unwrap_or(Err(DeliveryError::Vanished))
    }

    /// Sends what waits until none is left or `grace` is over, then says goodbye. While the broker
    /// is away it does not wait for its return: the ledger keeps the rest.
    ///
    /// # Errors
    /// A fault that ended delivery before.
    pub async fn shutdown(mut self, grace: Duration) -> Result<Drained, DeliveryError> {
        self.shutdown.send_replace(Some(Instant::now() + grace));
        self.ended().await
    }
}

/// What the publisher's thread owns.
struct Delivery {
    settings: Settings,
    ledger: Ledger,
    board: StatusBoard,
    inbox: Option<Box<dyn Inbox>>,
    credentials: Credentials,
    wake: Arc<Notify>,
    shutdown: watch::Receiver<Option<Instant>>,
    health: watch::Sender<Health>,
}

impl Delivery {
    /// Connection after connection, until the end is asked for or the ledger fails.
    async fn run(&mut self) -> Result<Drained, DeliveryError> {
        let session = status::new_session();
        let mut drain = Drain::new(self.ledger.clone());
        let keep =
            Keep { alerts: self.settings.retention, history: self.settings.history_retention };
        let clock = Steadiness::new(self.settings.steady_for);
        let mut retention = Retention::new(self.ledger.clone(), keep, clock);
        let mut patience = Patience::new(&self.settings);
        loop {
            let around = Surroundings {
                settings: &self.settings,
                drain: &mut drain,
                retention: &mut retention,
                board: &self.board,
                inbox: &mut self.inbox,
                credentials: &mut self.credentials,
                session: &session,
                wake: &self.wake,
                shutdown: &mut self.shutdown,
                health: &self.health,
            };
            let end = connect(around, &mut patience).await;
            self.remove_accepted(&mut drain)?;
            match end {
                End::Shutdown => break,
                End::Renewed => {}
                End::Ledger(fault) => return Err(fault.into()),
                End::Lost(lost) => {
                    let pause = patience.next_delay();
                    self.report(&lost, pause);
                    self.settings.turn_to_next_broker();
                    if self.wait(pause).await {
                        break;
                    }
                }
            }
        }
        let left = self.ledger.depth()?.messages;
        self.tell(None);
        info!(left, "delivery ended");
        Ok(Drained { left })
    }

    /// What was acknowledged just before the end. If the ledger is full now, the drain keeps it.
    fn remove_accepted(&self, drain: &mut Drain) -> Result<(), DeliveryError> {
        match drain.commit() {
            Err(fault) if fault.remedy() != Remedy::Retry => Err(fault.into()),
            Err(fault) => {
                warn!(%fault, "delivered messages stay in the ledger for now");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Not connected, and why.
    fn tell(&self, trouble: Option<String>) {
        self.health.send_modify(|health| {
            (health.connected_since, health.trouble) = (None, trouble);
        });
    }

    fn report(&self, lost: &Lost, retry_in: Duration) {
        ::metrics::counter!(metrics::LOST).increment(1);
        ::metrics::gauge!(metrics::UP).set(0.0);
        let needs_operator =
            matches!(lost, Lost::Tls { .. } | Lost::Refused { .. } | Lost::Setup(_));
        if needs_operator {
            error!(%lost, ?retry_in, "no delivery; alerts are kept");
        } else {
            warn!(%lost, ?retry_in, "no delivery; alerts are kept");
        }
        self.tell(Some(lost.to_string()));
    }

    /// Waits; gives whether the end was asked for.
    async fn wait(&mut self, pause: Duration) -> bool {
        if self.shutdown.borrow().is_some() {
            return true;
        }
        let over_at = Instant::now() + pause;
        loop {
            let now = Instant::now();
            // New credentials may be what was missing.
            if now >= over_at || self.credentials.look(&self.settings, now) {
                return false;
            }
            let look_at = self.credentials.look_at().unwrap_or(over_at);
            select! {
                () = sleep_until(look_at.min(over_at)) => {}
                _ = self.shutdown.changed() => return true, // asked, or nobody is left to ask
            }
        }
    }
}

/// How long to wait before the next broker is tried: not at all while there is one that was not
/// tried since a connection was of use.
struct Patience {
    backoff: Backoff,
    fallbacks: usize,
    untried: usize,
}

impl Patience {
    fn new(settings: &Settings) -> Self {
        let backoff = Backoff::new(settings.reconnect_first, settings.reconnect_cap);
        let fallbacks = settings.fallbacks.len();
        Self { backoff, fallbacks, untried: fallbacks }
    }

    fn next_delay(&mut self) -> Duration {
        if let Some(left) = self.untried.checked_sub(1) {
            self.untried = left;
            return Duration::ZERO;
        }
        self.untried = self.fallbacks;
        self.backoff.next_delay()
    }

    /// A connection was of use: start over.
    fn reset(&mut self) {
        self.untried = self.fallbacks;
        self.backoff.reset();
    }
}

async fn connect(around: Surroundings<'_>, patience: &mut Patience) -> End {
    let mut session = Session::new(around);
    let end = session.run().await;
    if session.was_useful() {
        patience.reset();
    }
    end
}

/// What a connection needs of its publisher.
pub(super) struct Surroundings<'a> {
    pub(super) settings: &'a Settings,
    pub(super) drain: &'a mut Drain,
    pub(super) retention: &'a mut Retention,
    pub(super) board: &'a StatusBoard,
    pub(super) credentials: &'a mut Credentials,
    /// Where what the centre sends goes.
    pub(super) inbox: &'a mut Option<Box<dyn Inbox>>,
    /// Told at birth: one for each run of the gateway.
    pub(super) session: &'a str,
    /// New rows lie in the ledger.
    pub(super) wake: &'a Notify,
    /// When to be done, once that was asked for.
    pub(super) shutdown: &'a mut watch::Receiver<Option<Instant>>,
    pub(super) health: &'a watch::Sender<Health>,
}

/// Why a session is over.
pub(super) enum End {
    /// As asked, or its time was up.
    Shutdown,
    /// To begin anew at once, with new credentials.
    Renewed,
    /// The connection broke; the next one begins at the oldest row.
    Lost(Lost),
    /// The ledger cannot be relied on.
    Ledger(LedgerError),
}

impl From<OutOfStep> for End {
    fn from(error: OutOfStep) -> Self {
        Self::Lost(error.into())
    }
}
