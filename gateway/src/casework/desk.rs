//! Where messages for the gateway are taken in: judged, kept, answered, and left to the clerk.

use std::sync::Arc;

use ledger::{HistoryEntry, LedgerError};
use scene::CaptureTime;
use tracing::{info, warn};

use super::Office;
use super::command::{self, COMMAND, Command, MAX_KNOWN, Reply};
use super::feedback::Arrival;
use super::queue::Queue;
use runtime::metrics;
use runtime::utc_now;

/// Longer names of requests are not answered.
const MAX_REQ_ID_BYTES: usize = 64;

/// Takes messages in. It never waits for a camera.
pub struct Desk {
    office: Office,
    queue: Arc<Queue>,
}

/// What a clerk needs of a desk.
pub struct Vacancy {
    pub(super) office: Office,
    pub(super) queue: Arc<Queue>,
}

impl Desk {
    /// Opens for messages. Nothing is done about them before a clerk is at work.
    pub fn open(office: Office) -> Self {
        Self { office, queue: Arc::default() }
    }

    /// For the clerk.
    pub fn vacancy(&self) -> Vacancy {
        Vacancy { office: self.office.clone(), queue: Arc::clone(&self.queue) }
    }

    /// Takes a message that came under `topic`, `case/{alert_id}` or `cmd/{req_id}`.
    ///
    /// # Errors
    /// The ledger cannot keep it now; it is to be offered again.
    pub fn take(&self, topic: &str, payload: &[u8]) -> Result<(), LedgerError> {
        match topic.split_once('/') {
            Some(("case", alert_id)) => self.feedback(alert_id, payload),
            Some(("cmd", req_id)) => self.command(req_id, payload),
            _ => {
                warn!(topic, "nobody here knows what to do with such a message");
                Ok(())
            }
        }
    }

    fn feedback(&self, alert_id: &str, payload: &[u8]) -> Result<(), LedgerError> {
        let arrival = Arrival::new(alert_id, payload, utc_now());
        let answers = self.office.topics.case_answer(alert_id);
        if arrival.is_answered_by(&self.office.ledger.waiting(alert_id, &answers)?) {
            metrics::feedback_taken("repeated");
            return Ok(());
        }
        let outcome = self
            .office
            .ledger
            .take_feedback(alert_id, |known| arrival.judge(known, &self.office))?;
        metrics::feedback_taken(outcome.as_str());
        match &arrival.parsed {
            Ok(feedback) => {
                let event = format!("{:?}", feedback.event);
                info!(
                    alert = alert_id,
                    event,
                    seq = feedback.seq,
                    outcome = outcome.as_str(),
                    "case feedback"
                );
            }
            Err(fault) => warn!(%fault, "case feedback refused"),
        }
        self.queue.ring();
        Ok(())
    }

    fn command(&self, req_id: &str, payload: &[u8]) -> Result<(), LedgerError> {
        let at = utc_now();
        if req_id.len() > MAX_REQ_ID_BYTES {
            warn!(bytes = req_id.len(), "a command with too long a name is passed over");
            return Ok(());
        }
        let (ledger, subject) = (&self.office.ledger, command::subject(req_id));
        let known = ledger.history_of(&subject, 0, MAX_KNOWN)?;
        if let Some(answer) = command::known_answer(&known) {
            // Done already: only its answer may have been lost, unless it waits to be sent.
            let topic = self.office.topics.command_answer(req_id);
            return match ledger.waiting(&subject, &topic)?.is_empty() {
                true => self.answer(req_id, answer.to_owned(), at),
                false => Ok(()),
            };
        }
        // Noted and not answered: the clerk may have passed it in an earlier version.
        if known.len() < MAX_KNOWN {
            let command = match Command::parse(req_id, payload) {
                Ok(command) => command,
                Err(reason) => {
                    warn!(req_id, reason, "command refused");
                    return self.answer(req_id, Reply::invalid(reason).payload(req_id, at), at);
                }
            };
            let (kind, at_micros) = (COMMAND.to_owned(), at.unix_micros());
            let note = HistoryEntry { kind, subject, at_micros, body: payload.to_vec() };
            ledger.note(&note, &[])?;
            info!(req_id, ?command, "command taken");
        }
        self.queue.ring();
        Ok(())
    }

    fn answer(&self, req_id: &str, payload: Vec<u8>, at: CaptureTime) -> Result<(), LedgerError> {
        let (note, answer) = command::answer(&self.office, req_id, payload, at);
        self.office.ledger.note(&note, &[answer]).map(drop)
    }
}
