//! The running centre: the register and the broker link, by the clock of this machine.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::broker_link::{BrokerLink, LinkEvent};
use super::outbox::OutgoingMessage;
use super::profile::Profile;
use super::register::{AlertOutcome, CaseRegister};
use super::report::Report;

/// The longest time between two looks at the register.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// How long the centre waits for missing answers before it ends.
const LAST_ANSWERS: Duration = Duration::from_secs(15);

/// A running centre. Its clones share one register, so that a page or an endpoint can use it.
#[derive(Debug, Clone)]
pub struct Centre {
    register: Arc<Mutex<CaseRegister>>,
    /// Notified when someone else gave the register something to do.
    changed: Arc<Notify>,
    phase: Arc<watch::Sender<Phase>>,
}

/// What the centre does on its broker link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It has no subscription.
    Away,
    /// It receives what gateways publish.
    Listening,
    /// It was interrupted, and sends nothing new.
    Closing,
}

/// Why the centre cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum CentreError {
    /// The terminal cannot be written.
    #[error("cannot write to the terminal: {0}")]
    Terminal(#[from] std::io::Error),
    /// The link's task has ended.
    #[error("the link to the broker has ended by itself")]
    LinkEnded,
    /// The broker never granted a subscription.
    #[error("never connected to the broker: {reason}")]
    NeverConnected {
        /// Why, as far as is known.
        reason: String,
    },
}

impl Centre {
    /// A centre with the workflow of `profile`, without cases.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let register = Arc::new(Mutex::new(CaseRegister::new(profile)));
        let phase = Arc::new(watch::Sender::new(Phase::Away));
        Self { register, changed: Arc::default(), phase }
    }

    /// The state of all cases so far.
    #[must_use]
    pub fn report(&self) -> Report {
        self.register().report()
    }

    /// Completes once the subscription is granted. Alerts published before it would be missed.
    pub async fn listening(&self) {
        self.reached(Phase::Listening).await;
    }

    /// Completes once the centre has noticed the interrupt and sends nothing new.
    pub async fn closing(&self) {
        self.reached(Phase::Closing).await;
    }

    async fn reached(&self, wanted: Phase) {
        let mut phase = self.phase.subscribe();
        // It cannot fail: we hold the sender.
        let _never = phase.wait_for(|phase| *phase == wanted).await.is_err();
    }

    /// The register, for a short look. Do not await while holding it.
    pub(crate) fn register(&self) -> MutexGuard<'_, CaseRegister> {
        // A panic while it was held does no harm: every step leaves it complete.
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the centre that someone else gave its register something to do.
    pub fn notify(&self) {
        self.changed.notify_one();
    }

    /// Does what is due in a centre without a broker link, where all feedback becomes notices.
    pub fn tick(&self) {
        let _unsent = self.register().advance(Timestamp::now());
    }

    /// Works on `link` until `interrupt`, and prints on `out` what it does. After the interrupt it
    /// sends nothing new, and waits for missing answers.
    ///
    /// # Errors
    /// If `out` cannot be written, the link ends by itself, or it never connected and no case came
    /// another way.
    pub async fn work(
        &self,
        link: BrokerLink,
        interrupt: CancellationToken,
        out: &mut (dyn Write + Send),
    ) -> Result<(), CentreError> {
        let mut sender = Sender::new(link);
        loop {
            sender.waiting.extend(self.register().advance(Timestamp::now()));
            sender.send(out)?;
            tokio::select! {
                event = sender.link.next() => self.take(event, &mut sender, out)?,
                () = self.changed.notified() => {}
                () = sleep_until(self.next_look()) => {}
                () = interrupt.cancelled() => break,
            }
        }
        self.phase.send_replace(Phase::Closing);
        self.await_answers(&mut sender, out).await?;
        let idle = self.register().cases().next().is_none();
        match sender.never_connected {
            Some(reason) if idle => Err(CentreError::NeverConnected { reason }),
            _ => Ok(()),
        }
    }

    /// Waits until all feedback is answered, but no longer than [`LAST_ANSWERS`].
    async fn await_answers(
        &self,
        sender: &mut Sender,
        out: &mut (dyn Write + Send),
    ) -> Result<(), CentreError> {
        let deadline = Instant::now() + LAST_ANSWERS;
        while self.register().unanswered() > 0 && Instant::now() < deadline {
            sender.send(out)?;
            tokio::select! {
                event = sender.link.next() => self.take(event, sender, out)?,
                // An answer to the endpoint comes without an event here.
                () = sleep(LONGEST_WAIT) => {}
            }
        }
        Ok(())
    }

    fn take(
        &self,
        event: Option<LinkEvent>,
        sender: &mut Sender,
        out: &mut (dyn Write + Send),
    ) -> Result<(), CentreError> {
        match event {
            None => return Err(CentreError::LinkEnded),
            Some(LinkEvent::Listening) => {
                sender.listening = true;
                sender.never_connected = None;
                self.enter(Phase::Listening);
            }
            Some(LinkEvent::Lost { reason }) => {
                sender.listening = false;
                self.enter(Phase::Away);
                writeln!(out, "centre: connection to the broker lost: {reason}")?;
                if let Some(known) = &mut sender.never_connected {
                    *known = reason;
                }
            }
            Some(event) => self.take_message(event, out)?,
        }
        Ok(())
    }

    /// A centre that closes does not leave that phase.
    fn enter(&self, next: Phase) {
        self.phase.send_if_modified(|phase| {
            let changes = *phase != Phase::Closing && *phase != next;
            if changes {
                *phase = next;
            }
            changes
        });
    }

    fn next_look(&self) -> Instant {
        let due = self.register().due_at();
        let wait = due.map(|due| due.duration_since(Timestamp::now()));
        let wait = wait.map(|wait| Duration::try_from(wait).unwrap_or_default());
        Instant::now() + wait.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
    }

    fn take_message(&self, event: LinkEvent, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
        let now = Timestamp::now();
        match event {
            LinkEvent::Alert(alert, channel) => {
                let (alert_id, name) = (alert.alert_id.clone(), alert.kind.name.clone());
                let device = alert.source.device_id.clone();
                // The register is released before `out` is written, because `out` may be slow.
                let opened = {
                    let mut register = self.register();
                    let outcome = register.take_alert(*alert, channel, now);
                    let opened = outcome == AlertOutcome::Opened;
                    let case = register.case(&alert_id).filter(|_| opened);
                    case.map(|case| case.task_num().to_owned())
                };
                if let Some(task_num) = opened {
                    writeln!(out, "centre: case {task_num} {name}, {device}")?;
                }
            }
            LinkEvent::Answer { alert_id, answer } => {
                self.register().take_answer(&alert_id, &answer);
            }
            LinkEvent::UnreadableAlert { topic, reason } => {
                self.register().count_unreadable();
                writeln!(out, "centre: not an alert: {topic}: {reason}")?;
            }
            LinkEvent::UnreadableAnswer { topic, reason } => {
                self.register().take_unreadable_answer(&topic, &reason);
            }
            LinkEvent::Listening | LinkEvent::Lost { .. } => {}
        }
        Ok(())
    }
}

/// The link, and the messages that wait for it.
struct Sender {
    link: BrokerLink,
    waiting: VecDeque<OutgoingMessage>,
    listening: bool,
    /// Why the link is not connected; `None` after it was connected once.
    never_connected: Option<String>,
}

impl Sender {
    fn new(link: BrokerLink) -> Self {
        let never_connected = Some("no answer from the broker yet".to_owned());
        Self { link, waiting: VecDeque::new(), listening: false, never_connected }
    }

    /// Sends what the link takes while it is connected. The rest waits for the next time.
    fn send(&mut self, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
        if !self.listening {
            return Ok(());
        }
        while let Some(message) = self.waiting.pop_front() {
            let line = (!message.copy).then(|| describe(&message));
            if let Err(message) = self.link.send(message) {
                self.waiting.push_front(*message);
                break;
            }
            if let Some(line) = line {
                writeln!(out, "{line}")?;
            }
        }
        out.flush()
    }
}

fn describe(message: &OutgoingMessage) -> String {
    let feedback = &message.feedback;
    let event = serde_json::to_string(&feedback.event).unwrap_or_default();
    let stage = feedback.case.stage_name.as_deref().unwrap_or_default();
    format!("centre: case {} {} {stage}", feedback.case.task_num, event.trim_matches('"'))
}
