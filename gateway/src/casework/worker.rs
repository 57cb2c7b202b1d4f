//! Reads what was taken in, gives the cameras their orders, and answers commands.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use incident::casefile::{CaseFeedback, CaseFile};
use ledger::{CLOSED, Ledger, LedgerError, Recorded};
use tracing::{error, info, warn};
use uuid::Uuid;

use super::command::{self, Command, MAX_KNOWN, Muted, Outcome, Reply};
use super::context::CaseContext;
use super::inbox::CaseInbox;
use super::label_store::LabelStore;
use super::queue::{Queue, SnapshotResult};
use super::words::{CASE, COMMAND, SUBJECT};
use crate::camera_order::{CameraOrder, CameraOrders, MuteTarget, Snapshot};
use runtime::{Heartbeat, LONGEST_STEP, Recurring, loops, utc_now};

/// How often cameras are told that time has passed.
const TICK: Duration = Duration::from_secs(1);
/// The history is not pruned beyond what has been read, so it is read now and then without news.
const READ_EVERY: Duration = Duration::from_secs(60);
/// Entries of the history read at a time.
const PAGE: usize = 200;
/// The ledger keeps under this name how far the worker has read.
const CURSOR: &str = "casework";
/// An order waits for the camera's picture under way, and that for its snapshots.
const LONGEST_TURN: Duration = LONGEST_STEP.saturating_mul(10);
/// A command is refused if the camera shows no picture for this long.
const SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads the history and gives the cameras their orders. Not started yet: an order that found no
/// camera would be done with, so all cameras are taken in first.
pub struct CaseWorker {
    context: CaseContext,
    cameras: Box<dyn CameraOrders>,
    labels: LabelStore,
    queue: Arc<Queue>,
    /// Wakes the publisher.
    answered: Arc<dyn Fn() + Send + Sync>,
    /// Alerts whose cases the cameras must follow, as soon as they are there.
    waiting: BTreeSet<String>,
    /// Of the ledger.
    faults: Recurring,
    /// How far it has read in the history; none before the first look into the ledger.
    read: Option<u64>,
    /// Commands that wait for a snapshot, by request: number in the history, and until when.
    snapshots: BTreeMap<String, (u64, Instant)>,
    beats: Heartbeat,
}

/// The thread of a worker.
pub struct CaseWorkerHandle {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl CaseWorkerHandle {
    /// Ends after what is being done; the rest is found in the history at the next start.
    pub fn stop(mut self) {
        self.queue.close();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            error!("casework had panicked");
        }
    }
}

impl CaseWorker {
    /// For what `inbox` takes in. `answered` is called when something waits to be sent.
    pub fn new(
        inbox: &CaseInbox,
        cameras: Box<dyn CameraOrders>,
        labels: LabelStore,
        answered: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        Self {
            context: inbox.context.clone(),
            cameras,
            labels,
            queue: Arc::clone(&inbox.queue),
            answered,
            waiting: BTreeSet::new(),
            faults: Recurring::default(),
            read: None,
            snapshots: BTreeMap::new(),
            beats: loops().watch("casework", LONGEST_TURN),
        }
    }

    /// Starts its thread.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub fn start(mut self) -> io::Result<CaseWorkerHandle> {
        let queue = Arc::clone(&self.queue);
        let thread = std::thread::Builder::new().name("casework".into());
        let thread = thread.spawn(move || self.run())?;
        Ok(CaseWorkerHandle { queue, thread: Some(thread) })
    }

    fn run(&mut self) {
        self.waiting = self.unfinished();
        // What was taken in before the latest stop.
        self.queue.notify();
        let mut read_at = Instant::now();
        loop {
            self.beats.beat();
            let news = self.queue.wait(TICK);
            if news.closed {
                return;
            }
            if news.has_news || read_at.elapsed() >= READ_EVERY {
                read_at = Instant::now();
                match self.read_history() {
                    Ok(()) if self.faults.has_happened() => {
                        self.faults = Recurring::default();
                        info!("the ledger works again; feedback and commands go on");
                    }
                    Ok(()) => {}
                    Err(error) => {
                        if let Some(times) = self.fault_to_tell(&error) {
                            warn!(%error, times, "feedback and commands wait until the ledger works");
                        }
                        self.queue.notify();
                        std::thread::sleep(TICK);
                    }
                }
            }
            for snapshot in news.snapshots {
                self.take_snapshot(snapshot);
            }
            self.follow_waiting();
            self.give_up_snapshots();
            self.cameras.order(None, &CameraOrder::PassTime);
            self.labels.complete(&self.context.ledger, Instant::now());
        }
    }

    /// Every alert that is not closed: its case may have been taken in and not been followed.
    fn unfinished(&self) -> BTreeSet<String> {
        match self.context.ledger.open_alerts() {
            Ok(alerts) => alerts.into_iter().map(|alert| alert.alert_id).collect(),
            Err(error) => {
                error!(%error, "cameras learn of the cases of open alerts with their next feedback only");
                BTreeSet::new()
            }
        }
    }

    /// Has cameras follow the cases that moved since the last read, and carries out commands. The
    /// ledger keeps how far it has read, but never beyond a command that waits for a snapshot:
    /// whatever ends the gateway, the next run finds what is not done.
    fn read_history(&mut self) -> Result<(), LedgerError> {
        let ledger = self.context.ledger.clone();
        let mut read = self.read.map_or_else(|| ledger.cursor(CURSOR), Ok)?;
        loop {
            self.beats.beat();
            let page = ledger.history(read, PAGE)?;
            let Some(last) = page.last() else { break };
            let cases = page.iter().filter(|recorded| recorded.entry.kind == CASE);
            let moved: BTreeSet<&str> = cases.map(|case| case.entry.subject.as_str()).collect();
            // The publisher chose the subject, so it may be anything; alerts have UUIDs.
            for alert_id in moved.into_iter().filter(|id| Uuid::try_parse(id).is_ok()) {
                self.labels.keep(&ledger, alert_id, &case_file(&self.context, alert_id)?);
                self.waiting.insert(alert_id.to_owned());
            }
            self.follow_waiting();
            for command in page.iter().filter(|recorded| recorded.entry.kind == COMMAND) {
                self.do_command(command)?;
            }
            read = last.number;
            self.read = Some(read);
        }
        let oldest = self.snapshots.values().map(|(number, _)| number - 1).min();
        ledger.move_cursor(CURSOR, oldest.map_or(read, |oldest| oldest.min(read)))
    }

    /// How often the ledger has failed, if that is to be told now.
    fn fault_to_tell(&mut self, error: &LedgerError) -> Option<u64> {
        self.faults.happens(&error.to_string(), Instant::now())
    }

    fn follow_waiting(&mut self) {
        for alert_id in std::mem::take(&mut self.waiting) {
            self.beats.beat();
            match self.follow(&alert_id) {
                Ok(true) => {}
                Ok(false) => drop(self.waiting.insert(alert_id)),
                Err(error) => {
                    if let Some(times) = self.fault_to_tell(&error) {
                        warn!(%error, times, alert = alert_id, "a case waits until the ledger can be read");
                    }
                    self.waiting.insert(alert_id);
                }
            }
        }
    }

    /// Has the camera of an alert follow its case. Answers whether nothing is left to do.
    fn follow(&self, alert_id: &str) -> Result<bool, LedgerError> {
        let file = case_file(&self.context, alert_id)?;
        let (Some(alert), Ok(id)) =
            (self.context.ledger.alert(alert_id)?, Uuid::try_parse(alert_id))
        else {
            return Ok(true);
        };
        let dedupe_key = alert.dedupe_key.as_str();
        let order = CameraOrder::FollowCase { alert_id: id, dedupe_key, file: &file };
        if file.feedback_seq == 0 || self.cameras.order(Some(&alert.device_id), &order) {
            return Ok(true);
        }
        Ok(alert.state == CLOSED)
    }

    /// Carries out what was not answered yet.
    fn do_command(&mut self, recorded: &Recorded) -> Result<(), LedgerError> {
        let subject = &recorded.entry.subject;
        let Some(req_id) = subject.strip_prefix(SUBJECT) else { return Ok(()) };
        let known = self.context.ledger.history_of(subject, recorded.number, MAX_KNOWN)?;
        if self.snapshots.contains_key(req_id) || command::known_answer(&known).is_some() {
            return Ok(());
        }
        let reply = match Command::parse(req_id, &recorded.entry.body) {
            Ok(Command::Snapshot { camera }) => {
                return self.order_snapshot((req_id, recorded.number), &camera);
            }
            Ok(command) => self.carry_out(&command)?,
            // An earlier version understood it.
            Err(reason) => Reply::invalid(reason),
        };
        self.reply(req_id, &reply)
    }

    fn take_snapshot(&mut self, SnapshotResult { req_id, outcome }: SnapshotResult) {
        let reply = match outcome {
            Ok(snapshot) => Reply { snapshot: Some(snapshot), ..Reply::done() },
            Err(reason) => Reply::refused(reason),
        };
        self.end_wait(&req_id, &reply);
    }

    /// Answers a command that waits for a snapshot. While the ledger refuses, it goes on waiting.
    fn end_wait(&mut self, req_id: &str, reply: &Reply) {
        if !self.snapshots.contains_key(req_id) {
            return;
        }
        match self.reply(req_id, reply) {
            Ok(()) => drop(self.snapshots.remove(req_id)),
            Err(error) => error!(%error, req_id, "a command waits for its answer"),
        }
    }

    fn carry_out(&self, command: &Command) -> Result<Reply, LedgerError> {
        let ledger = &self.context.ledger;
        let none_here = || Reply::refused("there is no such alert here, or no longer");
        Ok(match command {
            Command::Recheck { alert_id, msg_id } => {
                let Some(alert) = ledger.alert(&alert_id.to_string())? else {
                    return Ok(none_here());
                };
                let order = CameraOrder::CheckNow { alert_id: *alert_id, msg_id: *msg_id };
                match self.cameras.order(Some(&alert.device_id), &order) {
                    true => Reply::done(),
                    false => Reply::refused("the alert is closed, or its camera is not at work"),
                }
            }
            Command::Mute { target: Muted::Alert(alert_id), lasts } => {
                let Some(alert) = ledger.alert(&alert_id.to_string())? else {
                    return Ok(none_here());
                };
                let target = MuteTarget::DedupeKey(&alert.dedupe_key);
                self.mute(Some(&alert.device_id), target, *lasts)
            }
            Command::Mute { target: Muted::Rule { rule, camera }, lasts } => {
                self.mute(camera.as_deref(), MuteTarget::Rule(rule), *lasts)
            }
            // Its picture comes later.
            Command::Snapshot { .. } => Reply::done(),
        })
    }

    fn mute(&self, camera: Option<&str>, target: MuteTarget<'_>, lasts: Duration) -> Reply {
        match self.cameras.order(camera, &CameraOrder::Mute { target, lasts }) {
            true => Reply::done(),
            false => Reply::refused("no rule at work fits"),
        }
    }

    fn order_snapshot(
        &mut self,
        (req_id, number): (&str, u64),
        camera: &str,
    ) -> Result<(), LedgerError> {
        let (queue, asker) = (Arc::clone(&self.queue), req_id.to_owned());
        let order = CameraOrder::Snapshot(Arc::new(move |outcome| {
            let outcome = outcome.map(Snapshot::from);
            queue.put(SnapshotResult { req_id: asker.clone(), outcome });
        }));
        if self.cameras.order(Some(camera), &order) {
            let until = Instant::now() + SNAPSHOT_TIMEOUT;
            self.snapshots.insert(req_id.to_owned(), (number, until));
            return Ok(());
        }
        let reason = format!("there is no camera `{camera}`, or too many wait for its picture");
        self.reply(req_id, &Reply::refused(reason))
    }

    fn give_up_snapshots(&mut self) {
        let now = Instant::now();
        let late: Vec<String> = self
            .snapshots
            .iter()
            .filter(|(_, (_, until))| now >= *until)
            .map(|(req_id, _)| req_id.clone())
            .collect();
        for req_id in late {
            let secs = SNAPSHOT_TIMEOUT.as_secs();
            self.end_wait(&req_id, &Reply::refused(format!("no picture came within {secs} s")));
        }
    }

    fn reply(&self, req_id: &str, reply: &Reply) -> Result<(), LedgerError> {
        let at = utc_now();
        let payload = reply.payload(req_id, at);
        let (note, answer) = command::answer(&self.context, req_id, payload, at);
        self.context.ledger.note(&note, &[answer])?;
        if reply.outcome != Outcome::Done {
            warn!(req_id, reason = reply.reason, "command refused");
        }
        (self.answered)();
        Ok(())
    }
}

/// The file that the kept feedback on an alert makes.
fn case_file(context: &CaseContext, alert_id: &str) -> Result<CaseFile, LedgerError> {
    let ledger: &Ledger = &context.ledger;
    let rows = ledger.case_events(alert_id)?;
    let messages: Vec<CaseFeedback> = rows
        .iter()
        .filter_map(|row| match CaseFeedback::parse(&row.payload) {
            Ok(message) => Some(message),
            Err(fault) => {
                error!(alert = alert_id, seq = row.seq, %fault, "kept feedback passed over");
                None
            }
        })
        .collect();
    Ok(CaseFile::of(&messages, &context.stage_names))
}
