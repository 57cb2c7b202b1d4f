//! The centre at work: the desk on the line, by the clock of this machine.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Desk, Heard, Letter, Line, News, Profile, Report};

/// The desk is looked at so often at least, whatever it says of its next time.
const LONGEST_NAP: Duration = Duration::from_millis(500);

/// An answer on its way when the centre ends is waited for so long.
const LAST_ANSWERS: Duration = Duration::from_secs(15);

/// A centre at work; its clones share one desk, so that a page or another door may use it.
#[derive(Debug, Clone)]
pub struct Centre {
    desk: Arc<Mutex<Desk>>,
    /// Somebody else gave the desk something to do.
    knocked: Arc<Notify>,
    listening: Arc<watch::Sender<bool>>,
}

/// Why the centre does not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Nobody reads what it says.
    #[error("cannot write to the terminal: {0}")]
    Terminal(#[from] std::io::Error),
    /// The line's task is gone.
    #[error("the line to the broker has ended by itself")]
    LineEnded,
    /// It heard nothing, since nobody let it listen.
    #[error("the line to the broker never stood: {reason}")]
    Deaf {
        /// Why, as far as is known.
        reason: String,
    },
}

impl Centre {
    /// A centre in the city of `profile`, with an empty desk.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let desk = Arc::new(Mutex::new(Desk::new(profile)));
        Self { desk, knocked: Arc::default(), listening: Arc::new(watch::Sender::new(false)) }
    }

    /// What became of everything so far.
    #[must_use]
    pub fn report(&self) -> Report {
        self.desk().report()
    }

    /// Completes once the line stands: alerts published before would find nobody.
    pub async fn listening(&self) {
        // The sender lives as long as we do.
        let mut line = self.listening.subscribe();
        let _never = line.wait_for(|stands| *stands).await.is_err();
    }

    /// The desk, for a short look. Nobody may wait while holding it.
    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        // A desk whose holder panicked is still a desk: every step leaves it whole.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the centre that another door gave its desk something to do.
    pub fn knock(&self) {
        self.knocked.notify_one();
    }

    /// Does what is due in a centre without a line, where everything goes out as notices.
    pub fn tick(&self) {
        let _unsent = self.desk().wake(Timestamp::now());
    }

    /// Works on `line` until `interrupt`, and tells on `out` what it does. Then it says nothing new,
    /// and hears the answers that are still to come.
    ///
    /// # Errors
    /// If `out` cannot be written, the line ends by itself, or it never stood and no other door
    /// brought a case.
    pub async fn work(
        &self,
        line: Line,
        interrupt: CancellationToken,
        out: &mut (dyn Write + Send),
    ) -> Result<(), RunError> {
        let mut office = Office::on(line);
        loop {
            office.waiting.extend(self.desk().wake(Timestamp::now()));
            office.send(out)?;
            tokio::select! {
                news = office.line.next() => self.take(news, &mut office, out)?,
                () = self.knocked.notified() => {}
                () = sleep_until(self.next_look()) => {}
                () = interrupt.cancelled() => break,
            }
        }
        self.hear_out(&mut office, out).await?;
        let idle = self.desk().cases().next().is_none();
        match office.never_stood {
            Some(reason) if idle => Err(RunError::Deaf { reason }),
            _ => Ok(()),
        }
    }

    /// Until all that was sent is answered, or nobody can be waited for any longer.
    async fn hear_out(
        &self,
        office: &mut Office,
        out: &mut (dyn Write + Send),
    ) -> Result<(), RunError> {
        let deadline = Instant::now() + LAST_ANSWERS;
        while self.desk().unanswered() > 0 && Instant::now() < deadline {
            office.send(out)?;
            tokio::select! {
                news = office.line.next() => self.take(news, office, out)?,
                // What another door was answered comes without a word.
                () = sleep(LONGEST_NAP) => {}
            }
        }
        Ok(())
    }

    fn take(
        &self,
        news: Option<News>,
        office: &mut Office,
        out: &mut (dyn Write + Send),
    ) -> Result<(), RunError> {
        match news {
            None => return Err(RunError::LineEnded),
            Some(News::Listening) => {
                office.listening = true;
                office.never_stood = None;
                self.listening.send_replace(true);
            }
            Some(News::Lost { reason }) => {
                office.listening = false;
                self.listening.send_replace(false);
                writeln!(out, "centre: broker away: {reason}")?;
                if let Some(known) = &mut office.never_stood {
                    *known = reason;
                }
            }
            Some(news) => self.hear(news, out)?,
        }
        Ok(())
    }

    fn next_look(&self) -> Instant {
        let due = self.desk().due_at();
        let nap = due.map(|due| due.duration_since(Timestamp::now()));
        let nap = nap.map(|nap| Duration::try_from(nap).unwrap_or_default());
        Instant::now() + nap.unwrap_or(LONGEST_NAP).min(LONGEST_NAP)
    }

    fn hear(&self, news: News, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
        let now = Timestamp::now();
        match news {
            News::Alert(alert, channel) => {
                let (alert_id, name) = (alert.alert_id.clone(), alert.kind.name.clone());
                let device = alert.source.device_id.clone();
                // Whoever reads `out` may be slow: nobody shall wait for the desk meanwhile.
                let opened = {
                    let mut desk = self.desk();
                    let opened = desk.hear(*alert, channel, now) == Heard::Opened;
                    let case = desk.case(&alert_id).filter(|_| opened);
                    case.map(|case| case.task_num().to_owned())
                };
                if let Some(task_num) = opened {
                    writeln!(out, "centre: case {task_num} {name}, {device}")?;
                }
            }
            News::Answer { alert_id, answer } => self.desk().answered(&alert_id, &answer),
            News::UnreadableAlert { topic, reason } => {
                self.desk().hear_unreadable();
                writeln!(out, "centre: not an alert: {topic}: {reason}")?;
            }
            News::UnreadableAnswer { topic, reason } => {
                self.desk().answered_unreadably(&topic, &reason);
            }
            News::Listening | News::Lost { .. } => {}
        }
        Ok(())
    }
}

/// The line, and what waits for it.
struct Office {
    line: Line,
    waiting: VecDeque<Letter>,
    listening: bool,
    /// Why the line does not stand, until it did once.
    never_stood: Option<String>,
}

impl Office {
    fn on(line: Line) -> Self {
        let never_stood = Some("no answer from the broker yet".to_owned());
        Self { line, waiting: VecDeque::new(), listening: false, never_stood }
    }

    /// Sends what the line takes, while it stands; the rest stays for the next time.
    fn send(&mut self, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
        if !self.listening {
            return Ok(());
        }
        while let Some(letter) = self.waiting.pop_front() {
            let told = (!letter.copy).then(|| tell(&letter));
            if let Err(letter) = self.line.send(letter) {
                self.waiting.push_front(*letter);
                break;
            }
            if let Some(told) = told {
                writeln!(out, "{told}")?;
            }
        }
        out.flush()
    }
}

fn tell(letter: &Letter) -> String {
    let feedback = &letter.feedback;
    let event = serde_json::to_string(&feedback.event).unwrap_or_default();
    let stage = feedback.case.stage_name.as_deref().unwrap_or_default();
    format!("centre: case {} {} {stage}", feedback.case.task_num, event.trim_matches('"'))
}
