//! What became of the cases: the table at the end.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use jiff::Timestamp;

use super::alert::Verdict;
use super::case::{Attempt, Case, End};
use super::mail::Correspondence;
use super::profile::{LoopName, Profile, WhistleLevel};

/// What became of all cases of a centre.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// The city.
    pub title: String,
    /// Cases opened.
    pub cases: usize,
    /// Not yet over.
    pub open: usize,
    /// Over, by their end.
    pub ends: BTreeMap<End, usize>,
    /// By loop.
    pub loops: BTreeMap<LoopName, usize>,
    /// Sent to another loop than the gateway hinted.
    pub overridden: usize,
    /// By the loudest whistle.
    pub whistles: BTreeMap<WhistleLevel, usize>,
    /// Sent back, in all.
    pub returns: usize,
    /// Taken up again.
    pub reopened: usize,
    /// Second looks that found it gone, still there, or nothing.
    pub passed: usize,
    /// Still there.
    pub failed: usize,
    /// Nothing.
    pub inconclusive: usize,
    /// "Handled" without a verdict so far.
    pub unverified: usize,
    /// "Handled" though nothing was done.
    pub false_closes: FalseCloses,
    /// Honest reports that the gateway called false: the scene says otherwise than the profile.
    pub doubted: usize,
    /// From "handled" to the verdict, shortest first.
    pub to_verdict: Vec<Duration>,
    /// Messages of alerts that came again.
    pub repeated: usize,
    /// Payloads that are no alert.
    pub unreadable: usize,
    /// Feedback and answers.
    pub mail: Correspondence,
}

/// What became of reports of "handled" though nothing was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FalseCloses {
    /// A verdict or a person found it out.
    pub caught: usize,
    /// Believed.
    pub escaped: usize,
    /// Not decided yet.
    pub pending: usize,
}

impl FalseCloses {
    /// All of them.
    #[must_use]
    pub fn all(self) -> usize {
        self.caught + self.escaped + self.pending
    }
}

impl Report {
    pub(super) fn of<'a>(profile: &Profile, cases: impl Iterator<Item = &'a Case>) -> Self {
        let mut report = Self { title: profile.title.clone(), ..Self::default() };
        for case in cases {
            report.add(case);
        }
        report.to_verdict.sort_unstable();
        report
    }

    fn add(&mut self, case: &Case) {
        self.cases += 1;
        match case.end {
            Some(end) => *self.ends.entry(end).or_default() += 1,
            None => self.open += 1,
        }
        *self.loops.entry(case.route.lane).or_default() += 1;
        let hint = case.alert.routing.lane;
        self.overridden += usize::from(hint.is_some_and(|hint| hint != case.route.lane));
        if let Some(level) = case.whistle {
            *self.whistles.entry(level).or_default() += 1;
        }
        self.returns += usize::try_from(case.returns).unwrap_or(usize::MAX);
        self.reopened += usize::try_from(case.reopened).unwrap_or(usize::MAX);
        for attempt in &case.attempts {
            if let Some(handled_at) = attempt.handled_at {
                self.add_attempt(attempt, handled_at, case.end);
            }
        }
    }

    fn add_attempt(&mut self, attempt: &Attempt, handled_at: Timestamp, end: Option<End>) {
        match attempt.verdict {
            Some((Verdict::Passed, _)) => self.passed += 1,
            Some((Verdict::Failed, _)) => self.failed += 1,
            Some((Verdict::Inconclusive, _)) => self.inconclusive += 1,
            None => self.unverified += 1,
        }
        if let Some((_, at)) = attempt.verdict {
            let length = at.duration_since(handled_at);
            self.to_verdict.push(Duration::try_from(length).unwrap_or_default());
        }
        let passed = matches!(attempt.verdict, Some((Verdict::Passed, _)));
        match (attempt.honest, attempt.caught) {
            (true, true) => self.doubted += 1,
            (true, false) => {}
            (false, true) => self.false_closes.caught += 1,
            (false, false) if passed || end == Some(End::SeenByPerson) => {
                self.false_closes.escaped += 1;
            }
            (false, false) => self.false_closes.pending += 1,
        }
    }

    /// What gateways must not have said: wrong answers, and payloads that are no alert.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.mail.fault_count + self.unreadable
    }

    /// Whether every gateway answered every feedback as it must, and said nothing unreadable.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.mail.unanswered == 0 && self.faults() == 0
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "cases     {}, {} still open ({})", self.cases, self.open, self.title)?;
        let ends = self.ends.iter().map(|(end, count)| (end_word(*end), *count));
        writeln!(f, "ended     {}", counts(ends))?;
        let loops = self.loops.iter().map(|(name, count)| (loop_word(*name), *count));
        let other = self.overridden;
        writeln!(f, "loops     {}; {other} not where the gateway hinted", counts(loops))?;
        let whistles = self.whistles.iter().map(|(level, count)| (whistle_word(*level), *count));
        writeln!(f, "whistles  {}; returns {}", counts(whistles), self.returns)?;
        writeln!(
            f,
            "checks    passed {}, failed {}, inconclusive {}, none yet {}; {}",
            self.passed,
            self.failed,
            self.inconclusive,
            self.unverified,
            lengths(&self.to_verdict)
        )?;
        let FalseCloses { caught, escaped, pending } = self.false_closes;
        writeln!(
            f,
            "false closes  {caught} of {} caught, {escaped} believed, {pending} undecided",
            self.false_closes.all()
        )?;
        let mail = &self.mail;
        let answers = mail.answers.iter().map(|(result, count)| (result.as_str(), *count));
        writeln!(
            f,
            "feedback  {} sent, {} doubled, {} sent again; answers: {}; unanswered {}",
            mail.sent,
            mail.copies,
            mail.resent,
            counts(answers),
            mail.unanswered
        )?;
        self.remark(f)
    }
}

impl Report {
    /// What is not as it should be, if anything is.
    fn remark(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mail = &self.mail;
        if self.doubted > 0 {
            writeln!(f, "honest reports that failed: {}", self.doubted)?;
        }
        if self.repeated > 0 {
            writeln!(f, "messages of alerts that came again (harmless): {}", self.repeated)?;
        }
        if self.unreadable > 0 {
            writeln!(f, "messages that are no alert: {}", self.unreadable)?;
        }
        for fault in &mail.faults {
            writeln!(f, "wrong answer: {fault}")?;
        }
        let untold = mail.fault_count.saturating_sub(mail.faults.len());
        if untold > 0 {
            writeln!(f, "wrong answers beyond these: {untold}")?;
        }
        Ok(())
    }
}

fn counts<'a>(entries: impl Iterator<Item = (&'a str, usize)>) -> String {
    let entries: Vec<String> = entries.map(|(what, count)| format!("{what} {count}")).collect();
    if entries.is_empty() { "none".to_owned() } else { entries.join(", ") }
}

/// Half of them took no longer, and none took longer.
fn lengths(sorted: &[Duration]) -> String {
    match (sorted.get(sorted.len() / 2), sorted.last()) {
        (Some(half), Some(last)) => format!(
            "from handled to verdict {:.1} s, at most {:.1} s",
            half.as_secs_f64(),
            last.as_secs_f64()
        ),
        _ => "no verdict".to_owned(),
    }
}

/// How a case ended, in words.
#[must_use]
pub fn end_word(end: End) -> &'static str {
    match end {
        End::Verified => "verified",
        End::SeenByPerson => "seen by a person",
        End::Forced => "closed by force",
        End::Withdrawn => "withdrawn by the gateway",
        End::Rejected => "rejected",
        End::FalseAlarm => "false alarm",
        End::Merged => "merged",
        End::Cancelled => "cancelled",
    }
}

/// A loop, in words.
#[must_use]
pub fn loop_word(name: LoopName) -> &'static str {
    match name {
        LoopName::CommunityMicro => "community",
        LoopName::AreaMeso => "area",
        LoopName::StreetSmall => "street",
        LoopName::DistrictBig => "district",
    }
}

/// A whistle, in words.
#[must_use]
pub fn whistle_word(level: WhistleLevel) -> &'static str {
    match level {
        WhistleLevel::Ordinary => "ordinary",
        WhistleLevel::Key => "key",
        WhistleLevel::Difficult => "difficult",
    }
}
