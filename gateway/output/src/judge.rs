//! Whether an output may be held now, and why not. It asks no clock: time comes with each question.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::news::{AlertNews, Turn};
use crate::settings::{Mode, Settings};
use crate::standing::{Held, Standing};

/// What was seen longer ago moves nothing any more: whoever it was has left the lift.
pub(crate) const LATEST: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3600);

/// One output, as far as it can be judged without touching it.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) settings: Settings,
    pub(crate) standing: Standing,
    /// When it was held in the last hour.
    starts: VecDeque<Instant>,
    ended_at: Option<Instant>,
    /// Why what moves it cannot be used now, in words.
    pub(crate) fault: Option<String>,
    /// Why it was last let go, in words.
    pub(crate) released_because: Option<String>,
}

/// What is so around it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Around {
    /// There is fire, in words.
    pub(crate) fire: Option<String>,
    /// A device that tells of fire is not heard, in words.
    pub(crate) unheard: Option<String>,
}

impl Around {
    /// Why nothing may be held, in words.
    pub(crate) fn objection(&self) -> Option<&String> {
        self.fire.as_ref().or(self.unheard.as_ref())
    }
}

/// What an alert means for an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    Nothing,
    /// It must be held.
    Hold,
    /// It would be held, if the mode were not `test`.
    WouldHold,
    /// It must be let go.
    Release,
    /// It should be held and must not, for this reason.
    Refuse(String),
}

impl Judge {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            standing: Standing::Released,
            starts: VecDeque::new(),
            ended_at: None,
            fault: None,
            released_because: None,
        }
    }

    /// What `news` means.
    pub(crate) fn judge(&mut self, news: &AlertNews, around: &Around, now: Instant) -> Verdict {
        if self.settings.mode == Mode::Off {
            return Verdict::Nothing;
        }
        let holds_it = self.standing.held().is_some_and(|held| held.alert_id == news.alert_id);
        match news.turn {
            Turn::Over if holds_it => Verdict::Release,
            Turn::Opened if self.is_meant(news) => match self.refusal(news, around, now) {
                Some(reason) => Verdict::Refuse(reason),
                None if self.settings.mode == Mode::Test => {
                    self.starts.push_back(now);
                    self.ended_at = Some(now + self.settings.hold);
                    Verdict::WouldHold
                }
                None => Verdict::Hold,
            },
            Turn::Opened | Turn::Goes | Turn::Over => Verdict::Nothing,
        }
    }

    fn is_meant(&self, news: &AlertNews) -> bool {
        self.settings.triggers.iter().any(|trigger| {
            trigger.incident == news.incident
                && trigger.source.id == news.source
                && trigger.source.rule.as_ref().is_none_or(|rule| *rule == news.rule)
        })
    }

    fn refusal(&mut self, news: &AlertNews, around: &Around, now: Instant) -> Option<String> {
        let Settings { mode, pause, most_per_hour, .. } = self.settings;
        if mode == Mode::Live
            && let Some(missing) = self.settings.approved.missing()
        {
            return Some(missing);
        }
        if let Some(objection) = around.objection() {
            return Some(objection.clone());
        }
        if let Some(fault) = &self.fault {
            return Some(fault.clone());
        }
        if news.age > LATEST {
            return Some(format!("it was seen {} s ago, which is too late", news.age.as_secs()));
        }
        if let Some(held) = self.standing.held() {
            return Some(format!("it is held already, by alert {}", held.alert_id));
        }
        if let Some(ended_at) = self.ended_at
            && let Some(left) =
                (ended_at + pause).checked_duration_since(now).filter(|it| !it.is_zero())
        {
            return Some(format!("it rests for another {} s", left.as_secs().max(1)));
        }
        while self.starts.front().is_some_and(|at| now.saturating_duration_since(*at) >= HOUR) {
            self.starts.pop_front();
        }
        let most = usize::try_from(most_per_hour).unwrap_or(usize::MAX);
        (self.starts.len() >= most).then(|| format!("it was held {most} times in the last hour"))
    }

    /// It is about to be held.
    pub(crate) fn begin(&mut self, held: Held, now: Instant) {
        self.starts.push_back(now);
        self.standing = Standing::Noting(held);
        self.released_because = None;
    }

    /// It is let go, or was never held; by what it was.
    pub(crate) fn end(&mut self, because: &str, now: Instant) -> Option<Held> {
        let held = self.standing.held().cloned()?;
        self.standing = Standing::Released;
        self.ended_at = Some(now);
        self.released_because = Some(because.to_owned());
        Some(held)
    }

    /// What is remembered goes on under other settings.
    pub(crate) fn inherit(&mut self, earlier: &Self) {
        self.starts.clone_from(&earlier.starts);
        self.ended_at = earlier.ended_at;
    }
}

#[cfg(test)]
mod tests;
