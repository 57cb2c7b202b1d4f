//! One connection from CONNECT to its end: what is sent when, and what each answer means.

mod intake;
mod retained;
mod rows;
mod upkeep;

use std::time::Duration;

use tokio::select;
use tokio::time::{Instant, sleep_until};
use tracing::{error, info};

use self::intake::Intake;
use super::broker::{Connection, Signal, Terms};
use super::drain::Row;
use super::fault::Lost;
use super::publisher::{End, Surroundings};
use super::states::States;
use super::status;
use super::trouble::Trouble;
use super::window::{OutOfStep, Window};
use runtime::Backoff;
use runtime::metrics::delivery as metrics;

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
    Subscription,
    /// The retained state of an alert, or its removal.
    AlertState {
        alert_id: String,
        is_removal: bool,
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
    /// When the broker last answered anything.
    answered_at: Instant,
    intake: Intake,
    states: States,
    /// Rows sent since the last alert state.
    rows_since_state: usize,
    /// Posts up to this number were sent.
    shown: u64,
    /// The latest news of the configuration that was told, with the birth.
    told_config: Option<u64>,
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
    /// Whether a connection with new credentials is to follow.
    renewing: bool,
    pulse_at: Instant,
}

impl<'a> Session<'a> {
    /// Prepares a connection.
    pub(super) fn new(around: Surroundings<'a>) -> Self {
        let connection = Connection::new(around.settings, around.credentials);
        let backoff =
            || Backoff::new(around.settings.reconnect_first, around.settings.reconnect_cap);
        let (refusals, intake) = (backoff(), Intake::new(backoff()));
        let trouble = Trouble::new(around.health);
        let states = States::new(around.drain.ledger().clone(), around.settings);
        // Left by a connection that ended while the ledger was full.
        let commit_at = (around.drain.uncommitted() > 0).then(Instant::now);
        Self {
            around,
            connection,
            begun_at: Instant::now(),
            has_delivered: false,
            terms: None,
            window: Window::new(0),
            answered_at: Instant::now(),
            intake,
            states,
            rows_since_state: 0,
            shown: 0,
            told_config: None,
            farewell_sent: false,
            refusals,
            retry_at: None,
            commit_at,
            ledger_pause: None,
            trouble,
            closing: false,
            renewing: false,
            pulse_at: Instant::now(),
        }
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
                        self.look_for_the_cause(&lost);
                        return End::Lost(lost);
                    }
                }
                () = self.around.wake.notified() => {
                    self.around.drain.look_again();
                    self.states.look_again();
                }
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

    /// An answer that cannot be read is most likely that to the message which waits longest.
    fn look_for_the_cause(&mut self, lost: &Lost) {
        let Lost::StrangeReason { .. } = lost else { return };
        let alert = match self.window.oldest().map(|flight| &flight.parcel) {
            Some(Parcel::Row(row)) => &row.order_key,
            Some(Parcel::AlertState { alert_id, .. }) => alert_id,
            _ => return,
        };
        if self.around.drain.suspect(alert) {
            ::metrics::counter!(metrics::PARKED).increment(1);
            error!(alert, %lost, "the messages of this alert wait for an hour, the others go on");
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
        if self.unanswered_at().is_some_and(|at| at <= now) {
            let address = self.around.settings.broker.to_string();
            let secs = self.around.settings.ack_timeout.as_secs();
            return Err(End::Lost(Lost::Unanswered { address, secs }));
        }
        if self.silent_at().is_some_and(|at| at <= now) {
            let address = self.around.settings.broker.to_string();
            let secs = (now - self.connection.heard_at()).as_secs();
            return Err(End::Lost(Lost::Silent { address, secs }));
        }
        if self.ledger_pause.is_some_and(|until| until <= now) {
            self.ledger_pause = None;
        }
        if self.pulse_at <= now {
            self.pulse_at = now + PULSE;
            self.measure()?;
        }
        if self.around.credentials.look(self.around.settings, now) {
            self.renewing = true;
        }
        self.trouble.credentials_are(self.around.credentials.refusal());
        self.commit_when_due(now)?;
        if self.terms.is_none() {
            return Ok(());
        }
        self.take_in()?;
        self.subscribe_when_due(now)?;
        self.retry_when_due(now)?;
        self.send_status()?;
        self.send_rows(now)?;
        self.send_states(now)?;
        if self.closing {
            self.take_leave()?;
        } else if self.renewing {
            self.make_way()?;
        }
        Ok(())
    }

    /// When the broker counts as gone. The client library asks it whenever the keep-alive is over,
    /// but waits without end where not even the question can be written.
    fn silent_at(&self) -> Option<Instant> {
        let patience = 2 * self.terms?.keep_alive + self.around.settings.connect_timeout;
        Some(self.connection.heard_at() + patience)
    }

    /// When the broker counts as one that does not acknowledge. Answers to others put it off: much
    /// that comes in may stand before this one's. Not for ever, as the oldest holds the window.
    fn unanswered_at(&self) -> Option<Instant> {
        let handed_over_at = self.window.oldest()?.handed_over_at;
        Some(handed_over_at.max(self.answered_at) + self.around.settings.ack_timeout)
    }

    /// The next instant at which time alone changes something.
    fn next_at(&self) -> Instant {
        // A retry that is due waits for the window to empty, which a signal will tell.
        let retry_at = self.retry_at.filter(|_| self.window.is_empty());
        let commit_at = self.commit_at.filter(|_| self.ledger_pause.is_none());
        let closing_at = *self.around.shutdown.borrow();
        // Without room an answer comes first.
        let subscribe_at = self.intake.subscribe_at().filter(|_| self.window.room() > 0);
        let subscribe_at = subscribe_at.filter(|_| !self.closing && !self.renewing);
        let others = [self.ledger_pause, closing_at, subscribe_at, self.silent_at()];
        [self.unanswered_at(), retry_at, commit_at]
            .into_iter()
            .chain(others)
            .chain([self.states_at(), self.around.credentials.look_at()])
            .flatten()
            .fold(self.pulse_at, Instant::min)
    }

    fn take(&mut self, signal: Signal) -> Result<Option<End>, End> {
        match signal {
            Signal::Connected(_) if self.terms.is_some() => {
                return Err(OutOfStep::Twice.into());
            }
            Signal::Connected(terms) => self.begin(terms),
            Signal::Sent(packet_id) => self.window.sent(packet_id)?,
            Signal::Accepted(packet_id) => {
                let flight = self.window.answered(packet_id)?;
                self.answered_at = Instant::now();
                ::metrics::histogram!(metrics::ACKNOWLEDGE_SECONDS)
                    .record(flight.handed_over_at.elapsed());
                match flight.parcel {
                    Parcel::Row(row) => self.row_accepted(&row),
                    Parcel::Status { .. } => {}
                    Parcel::AlertState { alert_id, is_removal } => {
                        self.state_accepted(alert_id, is_removal);
                    }
                    Parcel::Subscription => return Err(OutOfStep::Mismatched(packet_id).into()),
                    Parcel::Farewell => self.connection.disconnect()?,
                }
            }
            Signal::Refused(packet_id, reason) => {
                let flight = self.window.answered(packet_id)?;
                self.answered_at = Instant::now();
                ::metrics::counter!(metrics::REFUSED).increment(1);
                match flight.parcel {
                    Parcel::Row(row) => self.row_refused(row, &reason),
                    Parcel::Status { topic } => self.retained_refused(&topic, &reason),
                    Parcel::AlertState { alert_id, .. } => self.state_refused(&alert_id, &reason),
                    Parcel::Subscription => return Err(OutOfStep::Mismatched(packet_id).into()),
                    Parcel::Farewell => self.connection.disconnect()?,
                }
            }
            Signal::Subscribed(packet_id, outcome) => self.subscribed(packet_id, outcome)?,
            Signal::Arrived(letter) => self.arrived(letter)?,
            Signal::Farewell if self.closing => return Ok(Some(End::Shutdown)),
            Signal::Farewell => return Ok(Some(End::Renewed)),
        }
        Ok(None)
    }

    /// CONNACK: asks for what the centre sends, tells the birth, then every device's state, then
    /// the rows from the oldest on. Whether the broker kept a session makes no difference to them.
    fn begin(&mut self, terms: Terms) {
        let settings = self.around.settings;
        let capacity = settings.window.min(terms.receive_maximum);
        self.window = Window::new(usize::from(capacity));
        self.terms = Some(terms);
        self.around.drain.rewind();
        self.trouble.connected();
        ::metrics::counter!(metrics::CONNECTED).increment(1);
        ::metrics::gauge!(metrics::UP).set(1.0);
        let session_kept = terms.session_present;
        info!(broker = %settings.broker, window = capacity, session_kept, "connected");
        self.intake.open(self.around.inbox.is_some());
    }

    /// Ends the connection once all is answered that was sent: another one follows at once, so the
    /// broker tells nobody that the gateway is gone.
    fn make_way(&mut self) -> Result<(), OutOfStep> {
        let all_done = self.window.is_empty() && self.around.drain.uncommitted() == 0;
        if all_done && !self.farewell_sent {
            self.farewell_sent = true;
            self.connection.disconnect()?;
        }
        Ok(())
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
