//! Carries what was taken in to the cameras, and what they answer back.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use incident::casefile::{CaseFeedback, CaseFile};
use ledger::{CLOSED, Ledger, LedgerError, Recorded};
use tracing::{error, warn};
use uuid::Uuid;

use super::command::{self, COMMAND, Command, MAX_KNOWN, Outcome, Reply, Whom};
use super::desk::Vacancy;
use super::feedback::CASE;
use super::queue::{Picture, Queue};
use super::{LabelRoom, Lines, Office};
use runtime::utc_now;

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
pub struct Clerk {
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
    /// How far it has read in the history; none before the first look into the ledger's book.
    read: Option<u64>,
    /// Commands that wait for a picture, by request: number in the history, and until when.
    pictures: BTreeMap<String, (u64, Instant)>,
}

impl Clerk {
    /// Sets to work. `told` is called when something waits to be sent.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub fn start(
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
            read: None,
            pictures: BTreeMap::new(),
        };
        let thread = std::thread::Builder::new().name("casework".into());
        let thread = thread.spawn(move || work.run())?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Ends after what is being done; the rest is found in the history at the next start.
    pub fn stop(mut self) {
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
            if work.has_news || read_at.elapsed() >= READ_EVERY {
                read_at = Instant::now();
                if let Err(error) = self.read_history() {
                    warn!(%error, "feedback and commands wait until the ledger works");
                    self.queue.ring();
                    std::thread::sleep(TICK);
                }
            }
            for picture in work.pictures {
                self.take_picture(picture);
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

    /// Tells cases that have moved since it last read, and carries out commands. The ledger's book
    /// says how far it has come, but for commands that wait for a picture: whatever ends the gateway,
    /// the next run finds there what is not done.
    fn read_history(&mut self) -> Result<(), LedgerError> {
        let ledger = self.office.ledger.clone();
        let mut read = self.read.map_or_else(|| ledger.cursor(CURSOR), Ok)?;
        loop {
            let page = ledger.history(read, PAGE)?;
            let Some(last) = page.last() else { break };
            let cases = page.iter().filter(|recorded| recorded.entry.kind == CASE);
            let moved: BTreeSet<&str> = cases.map(|case| case.entry.subject.as_str()).collect();
            // Whoever publishes names the subject; alerts have UUIDs.
            for alert_id in moved.into_iter().filter(|id| Uuid::try_parse(id).is_ok()) {
                self.labels.keep(&ledger, alert_id, &case_file(&self.office, alert_id)?);
                self.waiting.insert(alert_id.to_owned());
            }
            self.tell_waiting();
            for command in page.iter().filter(|recorded| recorded.entry.kind == COMMAND) {
                self.do_command(command)?;
            }
            read = last.number;
            self.read = Some(read);
        }
        let oldest = self.pictures.values().map(|(number, _)| number - 1).min();
        ledger.move_cursor(CURSOR, oldest.map_or(read, |oldest| oldest.min(read)))
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

    /// Carries out what was not answered yet.
    fn do_command(&mut self, recorded: &Recorded) -> Result<(), LedgerError> {
        let subject = &recorded.entry.subject;
        let Some(req_id) = subject.strip_prefix(command::SUBJECT) else { return Ok(()) };
        let known = self.office.ledger.history_of(subject, recorded.number, MAX_KNOWN)?;
        if self.pictures.contains_key(req_id) || command::known_answer(&known).is_some() {
            return Ok(());
        }
        let reply = match Command::parse(req_id, &recorded.entry.body) {
            Ok(Command::Snapshot { camera }) => {
                return self.order_picture((req_id, recorded.number), &camera);
            }
            Ok(command) => self.carry_out(&command)?,
            // An earlier version understood it.
            Err(reason) => Reply::invalid(reason),
        };
        self.reply(req_id, &reply)
    }

    fn take_picture(&mut self, Picture { req_id, outcome }: Picture) {
        let reply = match outcome {
            Ok(picture) => Reply { picture: Some(picture), ..Reply::done() },
            Err(reason) => Reply::refused(reason),
        };
        self.end_wait(&req_id, &reply);
    }

    /// Answers a command that waits for a picture. Without the ledger it goes on waiting.
    fn end_wait(&mut self, req_id: &str, reply: &Reply) {
        if !self.pictures.contains_key(req_id) {
            return;
        }
        match self.reply(req_id, reply) {
            Ok(()) => drop(self.pictures.remove(req_id)),
            Err(error) => error!(%error, req_id, "a command waits for its answer"),
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

    fn order_picture(
        &mut self,
        (req_id, number): (&str, u64),
        camera: &str,
    ) -> Result<(), LedgerError> {
        let (queue, asker) = (Arc::clone(&self.queue), req_id.to_owned());
        let order = Box::new(move |outcome| queue.put(Picture { req_id: asker, outcome }));
        if self.lines.order_snapshot(camera, order) {
            let until = Instant::now() + SNAPSHOT_PATIENCE;
            self.pictures.insert(req_id.to_owned(), (number, until));
            return Ok(());
        }
        let reason = format!("there is no camera `{camera}`, or too many wait for its picture");
        self.reply(req_id, &Reply::refused(reason))
    }

    fn give_up_pictures(&mut self) {
        let now = Instant::now();
        let late: Vec<String> = self
            .pictures
            .iter()
            .filter(|(_, (_, until))| now >= *until)
            .map(|(req_id, _)| req_id.clone())
            .collect();
        for req_id in late {
            let secs = SNAPSHOT_PATIENCE.as_secs();
            self.end_wait(&req_id, &Reply::refused(format!("no picture came within {secs} s")));
        }
    }

    fn reply(&self, req_id: &str, reply: &Reply) -> Result<(), LedgerError> {
        let at = utc_now();
        let payload = reply.payload(req_id, at);
        let (note, answer) = command::answer(&self.office, req_id, payload, at);
        self.office.ledger.note(&note, &[answer])?;
        if reply.outcome != Outcome::Done {
            warn!(req_id, reason = reply.reason, "command refused");
        }
        (self.told)();
        Ok(())
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
