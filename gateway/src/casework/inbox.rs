//! Where messages for the gateway are taken in: judged, kept, answered, and left to the worker.

use std::sync::Arc;

use ledger::{HistoryEntry, LedgerError};
use scene::CaptureTime;
use tracing::{info, warn};

use super::command::{self, COMMAND, Command, MAX_KNOWN, Reply};
use super::context::CaseContext;
use super::feedback::Arrival;
use super::queue::Queue;
use delivery::{Inbox, Incoming};
use runtime::metrics;
use runtime::utc_now;

/// Longer names of requests are not answered.
const MAX_REQ_ID_BYTES: usize = 64;

/// Takes messages in. It never waits for a camera. Cheap to clone: all clones are one inbox.
#[derive(Clone)]
pub struct CaseInbox {
    pub(super) context: CaseContext,
    /// Wakes the worker.
    pub(super) queue: Arc<Queue>,
}

impl CaseInbox {
    /// Opens for messages. Nothing is done about them before a [`super::CaseWorker`] is started.
    pub fn open(context: CaseContext) -> Self {
        Self { context, queue: Arc::default() }
    }

    /// Takes in a message that came under `topic`, `case/{alert_id}` or `cmd/{req_id}`.
    ///
    /// # Errors
    /// The ledger cannot keep it now; offer it again.
    pub fn accept(&self, topic: &str, payload: &[u8]) -> Result<(), LedgerError> {
        match topic.split_once('/') {
            Some(("case", alert_id)) => self.feedback(alert_id, payload),
            Some(("cmd", req_id)) => self.command(req_id, payload),
            _ => {
                warn!(topic, "no part of the gateway handles messages on this topic");
                Ok(())
            }
        }
    }

    fn feedback(&self, alert_id: &str, payload: &[u8]) -> Result<(), LedgerError> {
        let arrival = Arrival::new(alert_id, payload, utc_now());
        let answers = self.context.topics.case_answer(alert_id);
        if arrival.is_answered_by(&self.context.ledger.waiting(alert_id, &answers)?) {
            metrics::feedback_taken("repeated");
            return Ok(());
        }
        let outcome = self
            .context
            .ledger
            .take_feedback(alert_id, |known| arrival.judge(known, &self.context))?;
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
        self.queue.notify();
        Ok(())
    }

    fn command(&self, req_id: &str, payload: &[u8]) -> Result<(), LedgerError> {
        let at = utc_now();
        if req_id.len() > MAX_REQ_ID_BYTES {
            warn!(
                bytes = req_id.len(),
                "a command is ignored: the name of its request is too long"
            );
            return Ok(());
        }
        let (ledger, subject) = (&self.context.ledger, command::subject(req_id));
        let known = ledger.history_of(&subject, 0, MAX_KNOWN)?;
        if let Some(answer) = command::known_answer(&known) {
            // Done already: only its answer may have been lost, unless it waits to be sent.
            let topic = self.context.topics.command_answer(req_id);
            return match ledger.waiting(&subject, &topic)?.is_empty() {
                true => self.answer(req_id, answer.to_owned(), at),
                false => Ok(()),
            };
        }
        // Noted and not answered: the worker of an earlier version may have passed it.
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
        self.queue.notify();
        Ok(())
    }

    fn answer(&self, req_id: &str, payload: Vec<u8>, at: CaptureTime) -> Result<(), LedgerError> {
        let (note, answer) = command::answer(&self.context, req_id, payload, at);
        self.context.ledger.note(&note, &[answer]).map(drop)
    }
}

impl Inbox for CaseInbox {
    fn take(&mut self, message: &Incoming<'_>) -> Result<(), LedgerError> {
        self.accept(message.topic, message.payload)
    }
}
