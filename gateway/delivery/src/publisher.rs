//! The thread that owns the connection to the broker, and the handle by which others reach it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ::runtime::{Backoff, LONGEST_STEP, Recurring, loops, metrics};
use ledger::{Ledger, Remedy};
use tokio::runtime;
use tokio::select;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use tracing::{error, info, warn};

use crate::credentials::Credentials;
use crate::error::{BrokerError, DeliveryError, SetupError};
use crate::health::Health;
use crate::inbox::Inbox;
use crate::outbox::Outbox;
use crate::rivalry::Rivalry;
use crate::sensor_inbox::SensorInbox;
use crate::session::context::Context;
use crate::session::end::End;
use crate::session::forbearance::Forbearance;
use crate::session::patience::Patience;
use crate::session::state::Session;
use crate::settings::Settings;
use crate::status::{self, StatusBoard};

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

/// A connection that stood for so long was well: what ends it is told at once.
const STEADY: Duration = Duration::from_mins(5);

/// Delivery under way. Dropping it ends delivery at once; the ledger keeps what is left.
#[derive(Debug)]
pub struct PublisherHandle {
    wake: Arc<Notify>,
    shutdown: watch::Sender<Option<Instant>>,
    health: watch::Receiver<Health>,
    outcome: oneshot::Receiver<Result<Drained, DeliveryError>>,
}

/// Who hears what others publish; nothing is subscribed to for one that is not there.
#[derive(Default)]
pub struct Hearers {
    /// Of the centre: cases and commands.
    pub inbox: Option<Box<dyn Inbox>>,
    /// Of sensors.
    pub sensors: Option<Arc<dyn SensorInbox>>,
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
        Self::spawn_with_sensors(settings, ledger, board, Hearers { inbox, sensors: None })
    }

    /// As [`Publisher::spawn`], and hears sensors too.
    ///
    /// # Errors
    /// As [`Publisher::spawn`].
    pub fn spawn_with_sensors(
        settings: Settings,
        ledger: Ledger,
        board: StatusBoard,
        Hearers { inbox, sensors }: Hearers,
    ) -> Result<PublisherHandle, SetupError> {
        settings.check()?;
        let credentials = Credentials::load(&settings)?;
        let wake = Arc::new(Notify::new());
        let (shutdown, shutdown_asked) = watch::channel(None);
        let in_clear = !settings.broker.tls;
        if in_clear {
            warn!(broker = %settings.broker, "alerts go unencrypted, and the broker is not authenticated");
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
            sensors,
            credentials,
            wake: Arc::clone(&wake),
            shutdown: shutdown_asked,
            health: health_sender,
        };
        let body = move || {
            let result = runtime.block_on(async {
                tokio::spawn(loops().watch("publisher", LONGEST_STEP).keep_beating());
                delivery.run().await
            });
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
    sensors: Option<Arc<dyn SensorInbox>>,
    credentials: Credentials,
    wake: Arc<Notify>,
    shutdown: watch::Receiver<Option<Instant>>,
    health: watch::Sender<Health>,
}

impl Delivery {
    /// Connection after connection, until the end is asked for or the ledger fails.
    async fn run(&mut self) -> Result<Drained, DeliveryError> {
        let session = status::new_session();
        let mut outbox = Outbox::new(self.ledger.clone());
        let mut delay = ReconnectDelay::new(&self.settings);
        let mut rivalry = Rivalry::default();
        let mut outages = Recurring::default();
        let mut patience = Patience::new(self.settings.ack_timeout);
        let mut forbearance = Forbearance::default();
        loop {
            let context = Context {
                settings: &self.settings,
                outbox: &mut outbox,
                board: &self.board,
                inbox: &mut self.inbox,
                sensors: self.sensors.as_deref(),
                credentials: &mut self.credentials,
                patience: &mut patience,
                forbearance: &mut forbearance,
                rivalry: &mut rivalry,
                session: &session,
                wake: &self.wake,
                shutdown: &mut self.shutdown,
                health: &self.health,
            };
            let (end, stood) = connect(context, &mut delay).await;
            self.remove_accepted(&mut outbox)?;
            match end {
                End::Shutdown => break,
                End::Renewed => {}
                End::Ledger(fault) => return Err(fault.into()),
                End::Lost(BrokerError::KeepsNothing { .. }) if self.settings.will_retained => {
                    // At once again, with a last will that it takes: the session tells what is missing.
                    self.settings.will_retained = false;
                }
                End::Lost(lost) => {
                    // One that cuts off who subscribes tells of no other client.
                    let advice = match forbearance.is_suspicious() {
                        true => None,
                        false => rivalry.advice(&lost, stood, &self.settings.client_id),
                    };
                    let pause = self.pause(&rivalry, &mut delay);
                    if stood.is_some_and(|stood| stood >= STEADY) {
                        outages = Recurring::default();
                    }
                    self.report(&lost, advice, (pause, &mut outages));
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

    /// How long to wait now. Two clients with one id would cut each other off without a pause: so each has
    /// the broker for a while, and the centre is told.
    fn pause(&self, rivalry: &Rivalry, delay: &mut ReconnectDelay) -> Duration {
        let usual = delay.next_delay();
        let Some(told) = rivalry.told() else { return usual };
        self.board.tell_rival(&self.settings.client_id, told);
        usual.max(self.settings.reconnect_cap)
    }

    /// What was acknowledged just before the end. If the ledger is full now, the outbox keeps it.
    fn remove_accepted(&self, outbox: &mut Outbox) -> Result<(), DeliveryError> {
        match outbox.commit() {
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

    fn report(
        &self,
        lost: &BrokerError,
        advice: Option<String>,
        (retry_in, outages): (Duration, &mut Recurring),
    ) {
        metrics::broker_lost();
        let needs_operator = advice.is_some()
            || matches!(
                lost,
                BrokerError::Tls { .. }
                    | BrokerError::Refused { .. }
                    | BrokerError::KeepsNothing { .. }
                    | BrokerError::Expelled { .. }
                    | BrokerError::TakenOver { .. }
                    | BrokerError::Setup(_)
            );
        let told = advice.map_or_else(|| lost.to_string(), |advice| format!("{lost}; {advice}"));
        match outages.happens(&told, Instant::now().into_std()) {
            Some(times) if needs_operator => {
                error!(lost = told, times, ?retry_in, "no delivery; alerts are kept");
            }
            Some(times) => warn!(lost = told, times, ?retry_in, "no delivery; alerts are kept"),
            None => {}
        }
        self.tell(Some(told));
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

/// How long to wait before the next broker is tried. There is no wait while one of them was not
/// tried since the last useful connection.
struct ReconnectDelay {
    backoff: Backoff,
    fallbacks: usize,
    untried: usize,
}

impl ReconnectDelay {
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

/// How a connection ended, and for how long the broker had accepted it.
async fn connect(context: Context<'_>, delay: &mut ReconnectDelay) -> (End, Option<Duration>) {
    let mut session = Session::new(context);
    let end = session.run().await;
    if session.was_useful() {
        delay.reset();
    }
    (end, session.stood())
}
