//! Messages from the broker that wait to be kept, and the subscriptions that bring them.

use std::collections::VecDeque;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use runtime::Backoff;

use crate::broker::signal::ReceivedMessage;
use crate::sensor_inbox::Taking;
use crate::session::in_flight::Hearing;

/// Messages that may wait for the ledger. A broker that heeds our receive maximum sends far fewer.
/// Brokers of MQTT 3.1.1 have a limit of their own (NATS: `max_ack_pending`).
pub(super) const MOST_WAITING: usize = 256;

/// Messages that are read before the first of them has gone to the ledger.
pub(super) const READ_AHEAD: usize = 64;

/// Messages of sensors under way: some hundred bytes each, 64 KiB at most.
pub(super) const MOST_OF_SENSORS: usize = 1_024;

/// Messages that wait, and the subscriptions that bring them.
pub(super) struct Inbound {
    /// In the order in which they came: so they are acknowledged (MQTT 5 §4.6).
    pub(super) waiting: VecDeque<Waiting>,
    /// At most [`MOST_OF_SENSORS`] of those that wait.
    pub(super) of_sensors: usize,
    pub(super) centre: Subscription,
    pub(super) sensors: Subscription,
    /// One complaint for each connection is enough.
    pub(super) told_of_strangers: bool,
}

/// A message that is not acknowledged yet.
pub(super) enum Waiting {
    /// For the centre's inbox; at most [`MOST_WAITING`].
    Message(ReceivedMessage),
    /// Of a sensor.
    OfSensor(UnderWay),
}

/// A sensor's message that is being kept. Dropped, nobody waits for that any more.
pub(super) struct UnderWay {
    /// None at QoS 0.
    pub(super) packet_id: Option<u16>,
    pub(super) is_kept: bool,
    task: JoinHandle<()>,
}

/// One subscription, of one or several filters.
pub(super) struct Subscription {
    /// When to ask for it, as it was never granted, or denied.
    pub(super) ask_at: Option<Instant>,
    /// What was asked for last.
    pub(super) filters: Vec<String>,
    pub(super) denials: Backoff,
}

impl UnderWay {
    fn new(packet_id: Option<u16>, taking: Taking) -> Self {
        Self { packet_id, is_kept: false, task: tokio::spawn(taking) }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Subscription {
    fn new(denials: Backoff) -> Self {
        Self { ask_at: None, filters: Vec::new(), denials }
    }
}

impl Inbound {
    pub(super) fn new(denials: impl Fn() -> Backoff) -> Self {
        Self {
            waiting: VecDeque::new(),
            of_sensors: 0,
            centre: Subscription::new(denials()),
            sensors: Subscription::new(denials()),
            told_of_strangers: false,
        }
    }

    /// The connection stands: the centre is heard on these filters.
    pub(super) fn open(&mut self, filters: Vec<String>) {
        self.centre.ask_at = (!filters.is_empty()).then(Instant::now);
        self.centre.filters = filters;
    }

    /// Sensors publish on these filters now. What is no longer among them is not unsubscribed from: it
    /// is discarded if it comes, and the next session does not ask for it.
    pub(super) fn follow_sensors(&mut self, filters: Vec<String>) {
        let has_more = filters.iter().any(|filter| !self.sensors.filters.contains(filter));
        if has_more {
            self.sensors.ask_at = Some(Instant::now());
        }
        self.sensors.filters = filters;
    }

    pub(super) fn subscription(&mut self, hearing: Hearing) -> &mut Subscription {
        match hearing {
            Hearing::Centre => &mut self.centre,
            Hearing::Sensors => &mut self.sensors,
        }
    }

    /// Waits for a sensor's message to be kept.
    pub(super) fn keep(&mut self, packet_id: Option<u16>, taking: Taking) {
        self.of_sensors += 1;
        self.waiting.push_back(Waiting::OfSensor(UnderWay::new(packet_id, taking)));
    }

    /// Messages for the centre's inbox.
    pub(super) fn for_centre(&self) -> usize {
        self.waiting.len() - self.of_sensors
    }

    /// Nothing waits for the ledger on this thread.
    pub(super) fn is_empty(&self) -> bool {
        self.for_centre() == 0
    }

    /// Whether the first can be done with now.
    pub(super) fn is_first_ready(&self) -> bool {
        match self.waiting.front() {
            None => false,
            Some(Waiting::Message(_)) => true,
            Some(Waiting::OfSensor(under_way)) => under_way.is_kept,
        }
    }

    /// Completes when the first is a sensor's message and that is kept. May be dropped at any time.
    pub(super) async fn first_kept(&mut self) {
        match self.waiting.front_mut() {
            Some(Waiting::OfSensor(under_way)) if !under_way.is_kept => {
                // A task that panicked has ended the gateway.
                drop((&mut under_way.task).await);
                under_way.is_kept = true;
            }
            _ => std::future::pending().await,
        }
    }

    pub(super) fn ask_at(&self) -> Option<Instant> {
        self.centre.ask_at.into_iter().chain(self.sensors.ask_at).min()
    }
}
