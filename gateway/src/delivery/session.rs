//! One connection from CONNECT to its end: what is sent when, and what each answer means.

mod retained;

use std::time::Duration;

use ledger::{LedgerError, Remedy};
use tokio::select;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, error, info, warn};

use super::broker::{Connection, Signal, Terms, packet_bytes};
use super::drain::Row;
use super::fault::Lost;
use super::publisher::{End, Surroundings};
use super::trouble::Trouble;
use super::window::{OutOfStep, Window};
use super::{metrics, status};
use crate::runtime::Backoff;

/// How long acknowledgements are gathered for one transaction. Short: a crash in between sends
/// these messages a second time.
const COMMIT_AFTER: Duration = Duration::from_millis(20);

/// How long to leave the ledger alone after a fault that can pass.
const LEDGER_PAUSE: Duration = Duration::from_secs(1);

/// How often the outbox is looked at unasked, to measure it.
const PULSE: Duration = Duration::from_secs(5);

/// A message in flight.
struct Flight {
    parcel: Parcel,
    handed_over_at: Instant,
}

enum Parcel {
    Row(Row),
    Status {
        topic: String,
    },
    /// "Offline" at an orderly end.
    Farewell,
}

/// One connection's state. All of it ends with the connection.
pub(super) struct Session<'a> {
    around: Surroundings<'a>,
    connection: Connection<'a>,
    begun_at: Instant,
    has_delivered: bool,
    /// Once connected.
    terms: Option<Terms>,
    window: Window<Flight>,
    /// Posts up to this number were sent.
    shown: u64,
    /// The latest news of the configuration that was told.
    told_config: u64,
    farewell_sent: bool,
    /// Grows while the broker goes on refusing.
    refusals: Backoff,
    /// When to try refused rows again.
    retry_at: Option<Instant>,
    commit_at: Option<Instant>,
    /// Until when the ledger is left alone.
    ledger_pause: Option<Instant>,
    trouble: Trouble<'a>,
    /// Whether it was seen that the end is asked for.
    closing: bool,
    pulse_at: Instant,
}

impl<'a> Session<'a> {
    /// Prepares a connection.
    pub(super) fn new(around: Surroundings<'a>) -> Result<Self, Lost> {
        let connection = Connection::new(around.settings)?;
        let refusals = Backoff::new(around.settings.reconnect_first, around.settings.reconnect_cap);
        let trouble = Trouble::new(around.health);
        // Left by a connection that ended while the ledger was full.
        let commit_at = (around.drain.uncommitted() > 0).then(Instant::now);
        Ok(Self {
            around,
            connection,
            begun_at: Instant::now(),
            has_delivered: false,
            terms: None,
            window: Window::new(0),
            shown: 0,
            told_config: 0,
            farewell_sent: false,
            refusals,
            retry_at: None,
            commit_at,
            ledger_pause: None,
            trouble,
            closing: false,
            pulse_at: Instant::now(),
        })
    }

    /// Whether it went well: a broker that accepts connections only to close them is no success.
    pub(super) fn was_useful(&self) -> bool {
        self.has_delivered || self.begun_at.elapsed() > self.around.settings.reconnect_cap
    }

    /// Connects and delivers until the end.
    pub(super) async fn run(&mut self) -> End {
        loop {
            if let Err(end) = self.advance() {
                return end;
            }
            let next_at = self.next_at();
            select! {
                (signals, lost) = self.connection.next() => {
                    for signal in signals {
                        match self.take(signal) {
                            Ok(None) => {}
                            Ok(Some(end)) | Err(end) => return end,
                        }
                    }
                    if let Some(lost) = lost {
                        return End::Lost(lost);
                    }
                }
                () = self.around.wake.notified() => self.around.drain.look_again(),
                () = self.around.board.changed() => {}
                asked = self.around.shutdown.changed() => {
                    if asked.is_err() {
                        return End::Shutdown; // nobody is left to ask for anything
                    }
                }
                () = sleep_until(next_at) => {}
            }
        }
    }

    /// Does all that can be done now without waiting.
    fn advance(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let closing_at = *self.around.shutdown.borrow();
        if closing_at.is_some_and(|at| at <= now) {
            return Err(End::Shutdown);
        }
        if closing_at.is_some() && !self.closing {
            self.closing = true;
            // A wake may still lie unread, and the goodbye must not overtake its rows.
            self.around.drain.look_again();
        }
        let limit = self.around.settings.ack_timeout;
        if self.window.oldest().is_some_and(|flight| flight.handed_over_at + limit <= now) {
            let address = self.around.settings.broker.to_string();
            return Err(End::Lost(Lost::Unanswered { address, secs: limit.as_secs() }));
        }
        if self.ledger_pause.is_some_and(|until| until <= now) {
            self.ledger_pause = None;
        }
        if self.pulse_at <= now {
            self.pulse_at = now + PULSE;
            self.measure()?;
        }
        self.commit_when_due(now)?;
        if self.terms.is_none() {
            return Ok(());
        }
        self.retry_when_due(now)?;
        self.send_status()?;
        self.send_rows(now)?;
        if self.closing {
            self.take_leave()?;
        }
        Ok(())
    }

    /// The next instant at which time alone changes something.
    fn next_at(&self) -> Instant {
        let ack_at = self
            .window
            .oldest()
            .map(|flight| flight.handed_over_at + self.around.settings.ack_timeout);
        // A retry that is due waits for the window to empty, which a signal will tell.
        let retry_at = self.retry_at.filter(|_| self.window.is_empty());
        let commit_at = self.commit_at.filter(|_| self.ledger_pause.is_none());
        let closing_at = *self.around.shutdown.borrow();
        [ack_at, retry_at, commit_at, self.ledger_pause, closing_at]
            .into_iter()
            .flatten()
            .fold(self.pulse_at, Instant::min)
    }

    fn take(&mut self, signal: Signal) -> Result<Option<End>, End> {
        match signal {
            Signal::Connected(terms) => self.begin(terms)?,
            Signal::Sent(packet_id) => self.window.sent(packet_id)?,
            Signal::Accepted(packet_id) => {
                let flight = self.window.answered(packet_id)?;
                ::metrics::histogram!(metrics::ACKNOWLEDGE_SECONDS)
                    .record(flight.handed_over_at.elapsed());
                match flight.parcel {
                    Parcel::Row(row) => self.row_accepted(&row),
                    Parcel::Status { .. } => {}
                    Parcel::Farewell => self.connection.disconnect()?,
                }
            }
            Signal::Refused(packet_id, reason) => {
                let flight = self.window.answered(packet_id)?;
                ::metrics::counter!(metrics::REFUSED).increment(1);
                match flight.parcel {
                    Parcel::Row(row) => self.row_refused(row, &reason),
                    Parcel::Status { topic } => {
                        error!(
                            topic,
                            reason, "the broker refuses the status; may it be published?"
                        );
                    }
                    Parcel::Farewell => self.connection.disconnect()?,
                }
            }
            Signal::Farewell => return Ok(Some(End::Shutdown)),
        }
        Ok(None)
    }

    /// CONNACK: tells the birth, then every device's state, then the rows from the oldest on.
    fn begin(&mut self, terms: Terms) -> Result<(), OutOfStep> {
        let settings = self.around.settings;
        let capacity = settings.window.min(terms.receive_maximum);
        self.window = Window::new(usize::from(capacity));
        self.terms = Some(terms);
        self.around.drain.rewind();
        self.trouble.connected();
        ::metrics::counter!(metrics::CONNECTED).increment(1);
        ::metrics::gauge!(metrics::UP).set(1.0);
        info!(broker = %settings.broker, window = capacity, "connected");
        self.send_birth()
    }

    fn send_rows(&mut self, now: Instant) -> Result<(), End> {
        let is_rewinding = self.retry_at.is_some_and(|at| at <= now);
        if is_rewinding || self.farewell_sent || self.ledger_pause.is_some() {
            return Ok(());
        }
        // What could not be removed from the ledger counts as in flight: should the ledger stay
        // full for long, a restart repeats one window, not all that was sent meanwhile.
        let room = self.window.room();
        let room = room.min(room.saturating_sub(self.around.drain.uncommitted()));
        for _ in 0..room {
            let next = self.around.drain.next();
            if next.is_ok() {
                self.ledger_works();
            }
            let message = match next {
                Ok(Some(message)) => message,
                Ok(None) => {
                    if self.around.drain.held_topics() == 0 {
                        self.refusals.reset();
                    }
                    break;
                }
                Err(fault) => return self.ledger_fault(fault),
            };
            let bytes = packet_bytes(&message.topic, &message.payload);
            if let Some(limit) = self.packet_limit()
                && bytes > limit
            {
                // Tried again on the next connection: limits can be raised.
                ::metrics::counter!(metrics::PARKED).increment(1);
                error!(
                    sequence = %message.sequence, topic = message.topic, bytes, limit,
                    "message set aside: the broker takes no packet of this size; raise its limit"
                );
                let text = format!("message {} is too large for the broker", message.sequence);
                self.trouble.broker_declines(text);
                self.around.drain.set_aside(message);
                continue;
            }
            self.connection.publish(&message.topic, message.payload, message.retain)?;
            let row = Row { sequence: message.sequence, topic: message.topic };
            self.window
                .admit(Flight { parcel: Parcel::Row(row), handed_over_at: Instant::now() })?;
        }
        Ok(())
    }

    fn packet_limit(&self) -> Option<usize> {
        let limit = self.terms?.packet_limit?;
        usize::try_from(limit).ok()
    }

    fn row_accepted(&mut self, row: &Row) {
        ::metrics::counter!(metrics::ACKNOWLEDGED).increment(1);
        self.has_delivered = true;
        self.around.drain.accept(row);
        self.commit_at.get_or_insert_with(|| Instant::now() + COMMIT_AFTER);
    }

    fn row_refused(&mut self, row: Row, reason: &str) {
        let (topic, sequence) = (row.topic.clone(), row.sequence);
        if self.around.drain.refuse(row) {
            error!(topic, %sequence, reason, "the broker refuses this topic; its messages are kept");
            self.trouble.broker_declines(format!("the broker refuses {topic}: {reason}"));
        }
        if self.retry_at.is_none() {
            let pause = self.refusals.next_delay();
            debug!(?pause, "refused messages are tried again");
            self.retry_at = Some(Instant::now() + pause);
        }
    }

    fn retry_when_due(&mut self, now: Instant) -> Result<(), End> {
        if self.retry_at.is_some_and(|at| at <= now) && self.window.is_empty() {
            self.commit()?;
            self.retry_at = None;
            self.around.drain.rewind();
            self.trouble.broker_gets_all_again();
        }
        Ok(())
    }

    fn commit_when_due(&mut self, now: Instant) -> Result<(), End> {
        let waiting = self.around.drain.uncommitted();
        let half = usize::from(self.around.settings.window).div_ceil(2);
        let is_due = self.closing || waiting >= half || self.commit_at.is_some_and(|at| at <= now);
        if waiting > 0 && is_due && self.ledger_pause.is_none() { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<(), End> {
        let outcome = self.around.drain.commit();
        self.commit_at = self.commit_at.filter(|_| outcome.is_err());
        self.weigh(outcome)
    }

    fn measure(&mut self) -> Result<(), End> {
        if self.ledger_pause.is_some() {
            return Ok(());
        }
        self.around.drain.look_again();
        let outcome = self.around.drain.measure().and_then(|()| self.around.retention.apply());
        self.weigh(outcome)
    }

    fn weigh(&mut self, outcome: Result<(), LedgerError>) -> Result<(), End> {
        match outcome {
            Ok(()) => {
                self.ledger_works();
                Ok(())
            }
            Err(fault) => self.ledger_fault(fault),
        }
    }

    fn ledger_fault(&mut self, fault: LedgerError) -> Result<(), End> {
        if fault.remedy() != Remedy::Retry {
            return Err(End::Ledger(fault));
        }
        warn!(%fault, "delivery waits for the ledger");
        self.trouble.ledger_fails(fault.to_string());
        self.ledger_pause = Some(Instant::now() + LEDGER_PAUSE);
        Ok(())
    }

    /// A call went through; no proof while rows are to be removed, as a full ledger can be read.
    fn ledger_works(&mut self) {
        if self.ledger_pause.is_none() && self.around.drain.uncommitted() == 0 {
            self.trouble.ledger_works();
        }
    }

    /// Says goodbye once all is delivered that can be.
    fn take_leave(&mut self) -> Result<(), OutOfStep> {
        let all_done = self.window.is_empty()
            && self.around.drain.is_exhausted()
            && self.around.drain.uncommitted() == 0;
        if all_done && !self.farewell_sent {
            self.farewell_sent = true;
            let topic = self.around.settings.status_topic();
            self.send_retained(topic, status::SHUTDOWN.to_vec(), Some(Parcel::Farewell))?;
        }
        Ok(())
    }
}
