//! The adapter's thread: notices in, steps out, and a pause.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use incident::casefile::newest_seq;
use ledger::{ALERT_STEP, CLOSED, HistoryEntry, Ledger, LedgerError, Recorded, Stray};
use scene::CaptureTime;
use serde_json::{Map, Value, json};
use tracing::{error, info, warn};

use delivery::{Inbox, Incoming};
use runtime::{Backoff, Heartbeat, LONGEST_STEP, Recurring, loops, metrics, utc_now};

use super::case::{Step, step};
use super::client::{CallError, Client};
use super::handle::{EgovaHandle, Signal};
use super::notice::{self, Notice};
use super::settings::EgovaSettings;
use crate::evidence::EvidenceStore;

/// How far the adapter has come in the history.
const CURSOR: &str = "egova";
/// The history's word for what the case system refused and for notices that say nothing to us.
const KIND: &str = "egova";
/// After this many refusals, with growing pauses between them, a step is not tried again.
const MOST_REFUSALS: u32 = 5;
/// Entries read at a time.
const BATCH: usize = 64;

/// Starts the adapter.
#[derive(Debug)]
pub(crate) struct Egova;

impl Egova {
    /// Starts the adapter's own thread. Whether the case system can be reached is not waited for.
    ///
    /// # Errors
    /// No thread to be had.
    pub(crate) fn spawn(
        settings: EgovaSettings,
        ledger: Ledger,
        evidence: Arc<EvidenceStore>,
        inbox: Box<dyn Inbox>,
    ) -> std::io::Result<EgovaHandle> {
        // One place is kept for the end: a thread that sleeps has at most one wake before it.
        let (signals, heard) = sync_channel(2);
        let (ending, ended) = sync_channel(1);
        // Of one case: a few calls, of which each has its time.
        let longest = LONGEST_STEP.max(settings.timeout.saturating_mul(CALLS_OF_A_STEP));
        let adapter = Adapter {
            client: Client::new(settings.clone()),
            settings,
            ledger,
            evidence,
            inbox,
            heard,
            stopped: false,
            refused: None,
            beats: loops().watch("egova", longest),
        };
        thread::Builder::new().name("egova".into()).spawn(move || {
            adapter.run();
            let _nobody_waits = ending.send(());
        })?;
        Ok(EgovaHandle::new(signals, ended))
    }

    /// There is no adapter any more: forgets how far it had come, so that it does not keep the
    /// history from being pruned.
    ///
    /// # Errors
    /// As [`Ledger::forget_cursor`].
    pub(crate) fn retire(ledger: &Ledger) -> Result<(), LedgerError> {
        if ledger.cursor(CURSOR)? > 0 {
            ledger.forget_cursor(CURSOR)?;
            info!("no [egova] any more: what the case system was not told of stays untold");
        }
        Ok(())
    }
}

/// How often it says that it goes on while it waits.
const BEAT_EVERY: Duration = Duration::from_secs(5);

/// Calls between two looks whether the end was asked for.
const CALLS_OF_A_STEP: u32 = 4;

/// Why a round came to nothing.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the ledger: {0}")]
    Ledger(#[from] LedgerError),
}

/// What the thread owns.
struct Adapter {
    settings: EgovaSettings,
    client: Client,
    ledger: Ledger,
    evidence: Arc<EvidenceStore>,
    inbox: Box<dyn Inbox>,
    heard: Receiver<Signal>,
    stopped: bool,
    /// The step that was refused last, and how often.
    refused: Option<(u64, u32)>,
    beats: Heartbeat,
}

impl Adapter {
    fn run(mut self) {
        let (first, cap) = self.settings.retry;
        let (mut backoff, mut faults) = (Backoff::new(first, cap), Recurring::default());
        while !self.stopped {
            self.beats.beat();
            match self.round() {
                Ok(has_news) => {
                    backoff.reset();
                    metrics::egova_answers(true);
                    if let Some(times) = faults.goes_well(Instant::now()) {
                        info!(times, "cases go to eGova again");
                    }
                    if !has_news {
                        self.rest();
                    }
                }
                Err(error) => {
                    // A case system that fails only now and then is called again soon. Pauses grow
                    // for one that is away.
                    let is_refusal = matches!(error, RoundError::Call(CallError::Refused { .. }));
                    if self.client.take_answered() && !is_refusal {
                        backoff.reset();
                    }
                    let pause = backoff.next_delay();
                    report(&error, pause, &mut faults);
                    self.hold_off(pause);
                }
            }
        }
        info!("the eGova adapter has ended");
    }

    /// Notices first: a case system that does not answer the question for notices is told nothing.
    /// Gives whether any notice was new, so that more may wait.
    fn round(&mut self) -> Result<bool, RoundError> {
        let has_news = self.take_notices()?;
        self.send_steps()?;
        Ok(has_news)
    }

    /// Until there is news, or time to look for notices.
    fn rest(&mut self) {
        match self.listen(Instant::now() + self.settings.poll) {
            Ok(Signal::Wake) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => self.stopped = true,
        }
    }

    /// Waits all of `pause`, whatever wakes the adapter.
    fn hold_off(&mut self, pause: Duration) {
        let until = Instant::now() + pause;
        while !self.stopped {
            match self.listen(until) {
                Ok(Signal::Wake) => {}
                Err(RecvTimeoutError::Timeout) => return,
                Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => self.stopped = true,
            }
        }
    }

    /// The next signal, if one comes by then.
    fn listen(&self, until: Instant) -> Result<Signal, RecvTimeoutError> {
        loop {
            self.beats.beat();
            let left = until.saturating_duration_since(Instant::now());
            match self.heard.recv_timeout(left.min(BEAT_EVERY)) {
                Err(RecvTimeoutError::Timeout) if left > BEAT_EVERY => {}
                heard => return heard,
            }
        }
    }

    /// Between two calls: was the end asked for?
    fn is_stopped(&mut self) -> bool {
        self.beats.beat();
        while let Ok(signal) = self.heard.try_recv() {
            self.stopped |= signal == Signal::Stop;
        }
        self.stopped
    }

    /// The history from the cursor to its end.
    fn send_steps(&mut self) -> Result<(), RoundError> {
        let mut cursor = self.ledger.cursor(CURSOR)?;
        loop {
            let entries = self.ledger.history(cursor, BATCH)?;
            let Some(last) = entries.last().map(|recorded| recorded.number) else {
                return Ok(());
            };
            for recorded in &entries {
                if self.is_stopped() {
                    return Ok(());
                }
                if self.send_step(recorded)? {
                    self.ledger.move_cursor(CURSOR, recorded.number)?;
                    cursor = recorded.number;
                }
            }
            // What made no call is passed in one go.
            if cursor < last {
                self.ledger.move_cursor(CURSOR, last)?;
                cursor = last;
            }
        }
    }

    /// Gives whether a call was made.
    fn send_step(&mut self, recorded: &Recorded) -> Result<bool, RoundError> {
        let Some(step) = self.step_of(&recorded.entry) else { return Ok(false) };
        if self.is_long_over(&step)? {
            return Ok(false);
        }
        match self.client.call(&step.uid, step.action, &step.data) {
            Ok(_numbers) => {
                metrics::egova_called(step.action);
                Ok(true)
            }
            // A refusal that would pass and one that stays look the same: try a few times.
            Err(refused @ CallError::Refused { .. })
                if self.is_worth_another_try(recorded.number) =>
            {
                Err(refused.into())
            }
            Err(refused @ CallError::Refused { .. }) => {
                metrics::egova_refused();
                error!(
                    alert = step.alert_id,
                    "{refused}; it is written down and not tried again: check [egova] and the \
                     city's codes"
                );
                let told = json!({ "action": step.action, "refused": refused.to_string() });
                self.note(&step.alert_id, &told)?;
                Ok(true)
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Counts the refusals of the step that is next.
    fn is_worth_another_try(&mut self, number: u64) -> bool {
        let times = match self.refused {
            Some((known, times)) if known == number => times + 1,
            _ => 1,
        };
        self.refused = Some((number, times));
        times < MOST_REFUSALS
    }

    fn step_of(&self, entry: &HistoryEntry) -> Option<Step> {
        if entry.kind != ALERT_STEP {
            return None;
        }
        let message: Value = serde_json::from_slice(&entry.body).ok()?;
        step(&message, &self.settings, &self.evidence)
    }

    /// Whether the alert opened long ago and is closed: such a case is not reported any more.
    fn is_long_over(&self, step: &Step) -> Result<bool, RoundError> {
        let alert = self.ledger.alert(&step.alert_id)?;
        let closed = alert.is_none_or(|alert| alert.state == CLOSED);
        let Some(sent_at) = step.sent_at else { return Ok(false) };
        let since = CaptureTime::from_unix_micros(sent_at.as_microsecond());
        let limit = utc_now().before(self.settings.report_within);
        Ok(closed && since < limit)
    }

    /// Takes what one call lists, the oldest first, and signs for each as soon as it is kept. Gives
    /// whether any was new: a notice that is listed again and again must not keep steps waiting.
    fn take_notices(&mut self) -> Result<bool, RoundError> {
        let polled = self.client.call(&uid("poll"), "GET_NOTICE_INFO", &Map::new())?;
        let listed = polled["noticeList"].as_array().cloned().unwrap_or_default();
        let mut has_news = false;
        for notice in &listed {
            if self.is_stopped() {
                break;
            }
            let Some(notice_id) = notice::id(notice) else { continue };
            has_news |= self.take_notice(notice)?;
            let mut data = Map::new();
            data.insert("noticeIdList".to_owned(), json!([notice_id]));
            match self.client.call(&uid("sign"), "NOTICE_SIGNING", &data) {
                Ok(_data) => {}
                // It is kept, and listed again next time: no reason to keep steps waiting.
                Err(refused @ CallError::Refused { .. }) => {
                    warn!(notice_id, %refused, "a notice cannot be signed for");
                }
                Err(other) => return Err(other.into()),
            }
        }
        Ok(has_news)
    }

    /// Keeps a notice as feedback in the inbox, or, if it says nothing to us, notes that it came. Gives
    /// whether it was new.
    fn take_notice(&mut self, notice: &Value) -> Result<bool, RoundError> {
        let system = "egova";
        let read = match Notice::read(notice, system, self.settings.utc_offset) {
            Ok(read) => read,
            Err(reason) => {
                metrics::egova_notice_unread();
                warn!(%reason, "a notice says nothing to this gateway; `gridwhistle ledger strays` lists it");
                let subject = notice["caseId"].as_str().unwrap_or_default();
                let stray = Stray {
                    at_micros: utc_now().unix_micros(),
                    subject: format!("{KIND}/{subject}"),
                    bytes: notice.to_string().len() as u64,
                    result: "unread".to_owned(),
                    reason: reason.to_string(),
                };
                self.ledger.note_stray(&stray, None)?;
                return Ok(false);
            }
        };
        // The case system does not number what it says: the order of its telling does.
        let known = self.ledger.case_events(&read.alert_id)?;
        let msg_id = read.msg_id.to_string();
        let same = known.iter().find(|event| event.msg_id == msg_id).map(|event| event.seq);
        let newest = newest_seq(known.iter().map(|event| event.seq));
        let payload = read.payload(same.unwrap_or(newest + 1));
        let topic = format!("case/{}", read.alert_id);
        self.inbox.take(&Incoming { topic: &topic, payload: &payload, retained: false })?;
        metrics::egova_notice();
        let is_kept = self.ledger.case_events(&read.alert_id)?.iter().any(|it| it.msg_id == msg_id);
        Ok(same.is_none() && is_kept)
    }

    fn note(&self, subject: &str, told: &Value) -> Result<(), LedgerError> {
        let entry = HistoryEntry {
            kind: KIND.to_owned(),
            subject: subject.to_owned(),
            at_micros: utc_now().unix_micros(),
            body: told.to_string().into_bytes(),
        };
        self.ledger.note(&entry, &[]).map(drop)
    }
}

/// The `uid` of a call that must not get an old answer: a case system answers a `uid` that it knows
/// as it did before.
fn uid(call: &str) -> String {
    format!("{call}-{}", utc_now().unix_micros())
}

/// What only the operator can mend is an error. What mends itself is a warning.
fn report(error: &RoundError, retry_in: Duration, faults: &mut Recurring) {
    metrics::egova_answers(false);
    let Some(times) = faults.happens(&error.to_string(), Instant::now()) else { return };
    let needs_operator = matches!(
        error,
        RoundError::Call(
            CallError::Login { .. } | CallError::File { .. } | CallError::Refused { .. }
        )
    );
    if needs_operator {
        error!(%error, times, ?retry_in, "no cases to eGova; alerts are kept");
    } else {
        warn!(%error, times, ?retry_in, "no cases to eGova; alerts are kept");
    }
}
