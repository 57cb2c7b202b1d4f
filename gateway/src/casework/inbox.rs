//! Where messages for the gateway are taken in: judged, kept, answered, and left to the worker.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ledger::{HistoryEntry, LedgerError, Stray};
use scene::CaptureTime;
use tracing::{info, warn};

use super::command::{self, Command, MAX_KNOWN, Reply};
use super::context::CaseContext;
use super::desk::{Desk, Part};
use super::feedback::{Arrival, Outcome};
use super::queue::Queue;
use super::words::COMMAND;
use delivery::{Inbox, Incoming};
use runtime::metrics;
use runtime::utc_now;

/// Longer names of requests are not answered.
const MAX_REQ_ID_BYTES: usize = 64;

/// The entry of a command's answer takes no more room than this.
const MAX_ANSWER_BYTES: usize = 1024;

/// Takes messages in. It never waits for a camera. Cheap to clone: all clones are one inbox.
#[derive(Clone)]
pub struct CaseInbox {
    pub(super) context: CaseContext,
    /// Wakes the worker.
    pub(super) queue: Arc<Queue>,
    desk: Arc<Mutex<Desk>>,
}

/// What becomes of a message that changes nothing.
struct Nothing<'a> {
    sender: &'a str,
    subject: String,
    bytes: usize,
    result: &'static str,
    reason: String,
    /// Whether what it says is known already.
    is_known: bool,
    answer: Option<ledger::Answer>,
}

impl CaseInbox {
    /// Opens for messages. Nothing is done about them before a [`super::CaseWorker`] is started.
    pub fn open(context: CaseContext) -> Self {
        let desk = Desk::new(context.desk_max_bytes, Instant::now());
        Self { context, queue: Arc::default(), desk: Arc::new(Mutex::new(desk)) }
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
        let (ledger, now) = (&self.context.ledger, Instant::now());
        let arrival = Arrival::new(alert_id, payload, utc_now());
        let known = ledger.known_case(alert_id)?;
        let (outcome, reason) = arrival.outcome(&known);
        let Ok(feedback) = &arrival.parsed else {
            return self.nothing_new(&arrival, outcome, reason);
        };
        if !matches!(outcome, Outcome::Applied | Outcome::Stale) {
            return self.nothing_new(&arrival, outcome, reason);
        }
        let note = arrival.judge(&known, &self.context).note;
        let bytes = note.subject.len() + note.body.len();
        let claimed = self.desk().claim(Part::Feedback, bytes, ledger, now)?;
        if let Err(full) = claimed {
            let reason = Some(full.reason().to_owned());
            return self.nothing_new(&arrival, Outcome::Invalid, reason);
        }
        let answers = self.desk().may_answer(false, ledger, now)?;
        let outcome = ledger.take_feedback(alert_id, |known| {
            let judged = arrival.judge(known, &self.context);
            ledger::Judgement { answer: judged.answer.filter(|_| answers), ..judged }
        })?;
        metrics::feedback_taken(outcome.as_str());
        let (event, seq) = (format!("{:?}", feedback.event), feedback.seq);
        info!(alert = alert_id, event, seq, outcome = outcome.as_str(), "case feedback");
        self.queue.notify();
        Ok(())
    }

    /// Feedback that is unknown, unreadable or known already.
    fn nothing_new(
        &self,
        arrival: &Arrival<'_>,
        outcome: Outcome,
        reason: Option<String>,
    ) -> Result<(), LedgerError> {
        let alert_id = arrival.alert_id;
        let topic = self.context.topics.case_answer(alert_id);
        let is_known = outcome == Outcome::Duplicate;
        if is_known && arrival.is_answered_by(&self.context.ledger.waiting(alert_id, &topic)?) {
            metrics::feedback_taken("repeated");
            return Ok(());
        }
        metrics::feedback_taken(outcome.as_str());
        let told = reason.clone().unwrap_or_default();
        self.stray(Nothing {
            sender: arrival.sender(),
            subject: format!("case/{alert_id}"),
            bytes: arrival.payload.len(),
            result: outcome.as_str(),
            reason: told,
            is_known,
            answer: arrival.answer(outcome, reason, &self.context),
        })
    }

    fn command(&self, req_id: &str, payload: &[u8]) -> Result<(), LedgerError> {
        let (at, now) = (utc_now(), Instant::now());
        let (ledger, subject) = (&self.context.ledger, command::subject(req_id));
        let nothing = |result, reason: &str, answer: Option<Vec<u8>>| {
            metrics::command_taken(result);
            let send = |payload| command::to_send(&self.context, req_id, payload);
            self.stray(Nothing {
                sender: "",
                subject: subject.clone(),
                bytes: payload.len(),
                result,
                reason: reason.to_owned(),
                is_known: result == "repeated",
                answer: answer.map(send),
            })
        };
        if req_id.len() > MAX_REQ_ID_BYTES {
            return nothing("ignored", "the name of its request is too long to be answered", None);
        }
        let known = ledger.history_of(&subject, 0, MAX_KNOWN)?;
        if let Some(answer) = command::known_answer(&known) {
            // Done already: only its answer may have been lost, unless it waits to be sent.
            let topic = self.context.topics.command_answer(req_id);
            return match ledger.waiting(&subject, &topic)?.is_empty() {
                true => nothing("repeated", "", Some(answer.to_owned())),
                false => Ok(()),
            };
        }
        // Noted and not answered: the worker of an earlier version may have passed it.
        if known.len() < MAX_KNOWN {
            let command = match Command::parse(req_id, payload) {
                Ok(command) => command,
                Err(reason) => {
                    let reply = Reply::invalid(reason.clone()).payload(req_id, at);
                    return nothing("invalid", &reason, Some(reply));
                }
            };
            let note = self.note(&subject, payload, at);
            let bytes = note.subject.len() + note.body.len() + MAX_ANSWER_BYTES;
            let part = match command {
                Command::Snapshot { .. } => Part::Snapshots,
                _ => Part::Commands,
            };
            let claimed = self.desk().claim(part, bytes, ledger, now)?;
            if let Err(full) = claimed {
                let reply = Reply::refused(full.reason()).payload(req_id, at);
                return nothing("refused", full.reason(), Some(reply));
            }
            ledger.note(&note, &[])?;
            metrics::command_taken("taken");
            info!(req_id, %command, "command taken");
        }
        self.queue.notify();
        Ok(())
    }

    fn note(&self, subject: &str, payload: &[u8], at: CaptureTime) -> HistoryEntry {
        HistoryEntry {
            kind: COMMAND.to_owned(),
            subject: subject.to_owned(),
            at_micros: at.unix_micros(),
            body: payload.to_vec(),
        }
    }

    /// Writes down and answers what changes nothing, if that did not come too often.
    fn stray(&self, nothing: Nothing<'_>) -> Result<(), LedgerError> {
        let (ledger, now) = (&self.context.ledger, Instant::now());
        let Nothing { sender, subject, bytes, result, reason, is_known, answer } = nothing;
        if !self.desk().admits_stray(sender, is_known, now) {
            metrics::desk_passed_over();
            return Ok(());
        }
        self.desk().tell_stray(result, &reason, now);
        let answers = self.desk().may_answer(true, ledger, now)?;
        let stray = Stray {
            at_micros: utc_now().unix_micros(),
            subject,
            bytes: bytes as u64,
            result: result.to_owned(),
            reason,
        };
        ledger.note_stray(&stray, answer.filter(|_| answers).as_ref())
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inbox for CaseInbox {
    fn take(&mut self, message: &Incoming<'_>) -> Result<(), LedgerError> {
        self.accept(message.topic, message.payload)
    }
}
