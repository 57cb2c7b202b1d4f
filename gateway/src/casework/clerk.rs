//! Carries what was taken in to the cameras, and what they answer back.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use incident::casefile::{CaseFeedback, CaseFile};
use ledger::{CLOSED, Ledger, LedgerError};
use tracing::{error, warn};
use uuid::Uuid;

use super::command::{self, Command, Outcome, Reply, Whom};
use super::desk::Vacancy;
use super::feedback::CASE;
use super::queue::{Queue, Task};
use super::{LabelRoom, Lines, Office};
use crate::runtime::utc_now;

/// Time passes in such steps.
const TICK: Duration = Duration::from_secs(1);
/// What is not read of the history is not pruned either, so it is read now and then anyway.
const READ_EVERY: Duration = Duration::from_secs(60);
/// Entries of the history read at a time.
const PAGE: usize = 200;
/// How far the clerk has read, in the ledger's own book.
const CURSOR: &str = "casework";
/// A camera that shows nothing for so long shows nothing.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(30);

/// Whoever reads the history and tells the cameras, on a thread of its own.
pub(crate) struct Clerk {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

/// What the clerk has at hand.
struct Work {
    office: Office,
    lines: Box<dyn Lines>,
    labels: LabelRoom,
    queue: Arc<Queue>,
    /// Wakes the publisher.
    told: Arc<dyn Fn() + Send + Sync>,
    /// Alerts whose cases must be told, as soon as their cameras are there.
    waiting: BTreeSet<String>,
    /// Commands that wait for a picture, until when.
    pictures: BTreeMap<String, Instant>,
}

impl Clerk {
    /// Sets to work. `told` is called when something waits to be sent.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) fn start(
        vacancy: Vacancy,
        lines: Box<dyn Lines>,
        labels: LabelRoom,
        told: Arc<dyn Fn() + Send + Sync>,
    ) -> io::Result<Self> {
        let Vacancy { office, queue } = vacancy;
        let mut work = Work {
            office,
            lines,
            labels,
            queue: Arc::clone(&queue),
            told,
            waiting: BTreeSet::new(),
            pictures: BTreeMap::new(),
        };
        let thread = std::thread::Builder::new().name("casework".into());
        let thread = thread.spawn(move || work.run())?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Ends after what is being done; the rest is found in the history at the next start.
    pub(crate) fn stop(mut self) {
        self.queue.close();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            error!("casework had panicked");
        }
    }
}

impl Work {
    fn run(&mut self) {
        self.waiting = self.unfinished();
        // What was taken in before the latest stop.
        self.queue.ring();
        let mut read_at = Instant::now();
        loop {
            let work = self.queue.wait(TICK);
            if work.closed {
                return;
            }
            if work.has_feedback || read_at.elapsed() >= READ_EVERY {
                read_at = Instant::now();
                if let Err(error) = self.read_history() {
                    warn!(%error, "case feedback waits until the ledger can be read");
                    self.queue.ring();
                    std::thread::sleep(TICK);
                }
            }
            for task in work.tasks {
                self.do_task(task);
            }
            self.tell_waiting();
            self.give_up_pictures();
            self.lines.pass_time();
            self.labels.go_on(&self.office.ledger, utc_now());
        }
    }

    /// Every alert that is not closed: its case may have been taken in and not told.
    fn unfinished(&self) -> BTreeSet<String> {
        match self.office.ledger.open_alerts() {
            Ok(alerts) => alerts.into_iter().map(|alert| alert.alert_id).collect(),
            Err(error) => {
                error!(%error, "cases of open alerts are told with their next feedback only");
                BTreeSet::new()
            }
        }
    }

    /// Notes which cases have moved since it last read.
    fn read_history(&mut self) -> Result<(), LedgerError> {
        let ledger = &self.office.ledger;
        let mut read = ledger.cursor(CURSOR)?;
        loop {
            let page = ledger.history(read, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            read = last.number;
            let cases = page.iter().filter(|recorded| recorded.entry.kind == CASE);
            let moved: BTreeSet<&str> = cases.map(|case| case.entry.subject.as_str()).collect();
            // Whoever publishes names the subject; alerts have UUIDs.
            for alert_id in moved.into_iter().filter(|id| Uuid::try_parse(id).is_ok()) {
                self.labels.keep(ledger, alert_id, &case_file(&self.office, alert_id)?);
                self.waiting.insert(alert_id.to_owned());
            }
            self.office.ledger.move_cursor(CURSOR, read)?;
        }
    }

    fn tell_waiting(&mut self) {
        for alert_id in std::mem::take(&mut self.waiting) {
            match self.tell(&alert_id) {
                Ok(true) => {}
                Ok(false) => drop(self.waiting.insert(alert_id)),
                Err(error) => {
                    warn!(%error, alert = alert_id, "a case waits until the ledger can be read");
                    self.waiting.insert(alert_id);
                }
            }
        }
    }

    /// Whether that is done with.
    fn tell(&self, alert_id: &str) -> Result<bool, LedgerError> {
        let file = case_file(&self.office, alert_id)?;
        let (Some(alert), Ok(id)) =
            (self.office.ledger.alert(alert_id)?, Uuid::try_parse(alert_id))
        else {
            return Ok(true);
        };
        let keyed = (id, alert.dedupe_key.as_str());
        if file.feedback_seq == 0 || self.lines.follow_case(&alert.device_id, keyed, &file) {
            return Ok(true);
        }
        Ok(alert.state == CLOSED)
    }

    fn do_task(&mut self, task: Task) {
        match task {
            Task::Command { req_id, command: Command::Snapshot { camera } } => {
                self.order_picture(req_id, &camera);
            }
            Task::Command { req_id, command } => {
                let reply = self.carry_out(&command).unwrap_or_else(|error| {
                    Reply::refused(format!("the ledger cannot be read: {error}"))
                });
                self.reply(&req_id, &reply);
            }
            Task::Picture { req_id, outcome } => {
                if self.pictures.remove(&req_id).is_some() {
                    let reply = match outcome {
                        Ok(picture) => Reply { picture: Some(picture), ..Reply::done() },
                        Err(reason) => Reply::refused(reason),
                    };
                    self.reply(&req_id, &reply);
                }
            }
        }
    }

    fn carry_out(&self, command: &Command) -> Result<Reply, LedgerError> {
        let ledger = &self.office.ledger;
        let none_here = || Reply::refused("there is no such alert here, or no longer");
        Ok(match command {
            Command::Recheck { alert_id, msg_id } => match ledger.alert(&alert_id.to_string())? {
                Some(alert) if self.lines.check_now(&alert.device_id, *alert_id, *msg_id) => {
                    Reply::done()
                }
                Some(_) => Reply::refused("the alert is closed, or its camera is not at work"),
                None => none_here(),
            },
            Command::Mute { whom: Whom::Alert(alert_id), lasts } => {
                let Some(alert) = ledger.alert(&alert_id.to_string())? else {
                    return Ok(none_here());
                };
                let choose = |_: &str, _: &str, key: &str| key == alert.dedupe_key;
                muted(self.lines.mute(Some(&alert.device_id), &choose, *lasts))
            }
            Command::Mute { whom: Whom::Rule { rule, camera }, lasts } => {
                let choose = |name: &str, _: &str, _: &str| name == rule;
                muted(self.lines.mute(camera.as_deref(), &choose, *lasts))
            }
            // Its picture comes later.
            Command::Snapshot { .. } => Reply::done(),
        })
    }

    fn order_picture(&mut self, req_id: String, camera: &str) {
        let (queue, asker) = (Arc::clone(&self.queue), req_id.clone());
        let order = Box::new(move |outcome| {
            // There is always room for what was asked for.
            queue.put(Task::Picture { req_id: asker, outcome });
        });
        if self.lines.order_snapshot(camera, order) {
            self.pictures.insert(req_id, Instant::now() + SNAPSHOT_PATIENCE);
        } else {
            let reason = format!("there is no camera `{camera}`, or too many wait for its picture");
            self.reply(&req_id, &Reply::refused(reason));
        }
    }

    fn give_up_pictures(&mut self) {
        let now = Instant::now();
        let late: Vec<String> = self
            .pictures
            .iter()
            .filter(|(_, until)| now >= **until)
            .map(|(req_id, _)| req_id.clone())
            .collect();
        for req_id in late {
            self.pictures.remove(&req_id);
            let secs = SNAPSHOT_PATIENCE.as_secs();
            self.reply(&req_id, &Reply::refused(format!("no picture came within {secs} s")));
        }
    }

    fn reply(&self, req_id: &str, reply: &Reply) {
        let at = utc_now();
        let payload = reply.payload(req_id, at);
        let (note, answer) = command::answer(&self.office, req_id, payload, at);
        if let Err(error) = self.office.ledger.note(&note, &[answer]) {
            // Whoever asked asks again, and it is done again: no command does harm twice.
            error!(%error, req_id, "a command goes without its answer");
        }
        if reply.outcome != Outcome::Done {
            warn!(req_id, reason = reply.reason, "command refused");
        }
        (self.told)();
    }
}

fn muted(rules: usize) -> Reply {
    match rules {
        0 => Reply::refused("no rule at work fits"),
        _ => Reply::done(),
    }
}

/// The file that the kept feedback on an alert makes.
fn case_file(office: &Office, alert_id: &str) -> Result<CaseFile, LedgerError> {
    let ledger: &Ledger = &office.ledger;
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
    Ok(CaseFile::of(&messages, &office.stage_names))
}
