//! The state of all cases: the table at the end.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use jiff::Timestamp;

use super::alert::Verdict;
use super::case::{Attempt, Case, End};
use super::outbox::DeliveryCounts;
use super::profile::{LoopName, Profile, WhistleLevel};

/// The state of all cases of a centre.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// The city's title.
    pub title: String,
    /// Cases opened.
    pub cases: usize,
    /// Cases that are still open.
    pub open: usize,
    /// Cases that ended, by their end.
    pub ends: BTreeMap<End, usize>,
    /// Cases by loop.
    pub loops: BTreeMap<LoopName, usize>,
    /// Cases sent to another loop than the gateway hinted.
    pub overridden: usize,
    /// Cases by their highest whistle.
    pub whistles: BTreeMap<WhistleLevel, usize>,
    /// How often cases were sent back.
    pub returns: usize,
    /// How often cases were reopened.
    pub reopened: usize,
    /// Re-checks that found the thing gone.
    pub passed: usize,
    /// Re-checks that found it still there.
    pub failed: usize,
    /// Re-checks that could not tell.
    pub inconclusive: usize,
    /// Reports of "handled" without a verdict so far.
    pub unverified: usize,
    /// Reports of "handled" though nothing was done.
    pub false_closes: FalseCloses,
    /// Honest reports whose re-check failed: the scene does not match the profile.
    pub doubted: usize,
    /// From "handled" to the verdict, shortest first.
    pub to_verdict: Vec<Duration>,
    /// Messages of alerts that came again.
    pub repeated: usize,
    /// Payloads that are not an alert.
    pub unreadable: usize,
    /// Feedback sent and answers received.
    pub delivery: DeliveryCounts,
}

/// Reports of "handled" though nothing was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FalseCloses {
    /// Found out by a re-check or a person.
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
        *self.loops.entry(case.route.loop_name).or_default() += 1;
        let hint = case.alert.routing.loop_name;
        self.overridden += usize::from(hint.is_some_and(|hint| hint != case.route.loop_name));
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

    /// Mistakes of gateways: wrong answers, and payloads that are not an alert.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.delivery.fault_count + self.unreadable
    }

    /// Whether gateways answered all feedback correctly and sent nothing unreadable.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.delivery.unanswered == 0 && self.faults() == 0
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
        let delivery = &self.delivery;
        let answers = delivery.answers.iter().map(|(result, count)| (result.as_str(), *count));
        writeln!(
            f,
            "feedback  {} sent, {} doubled, {} sent again; answers: {}; unanswered {}",
            delivery.sent,
            delivery.copies,
            delivery.resent,
            counts(answers),
            delivery.unanswered
        )?;
        self.remark(f)
    }
}

impl Report {
    /// What is wrong, if anything.
    fn remark(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let delivery = &self.delivery;
        if self.doubted > 0 {
            writeln!(f, "honest reports that failed: {}", self.doubted)?;
        }
        if self.repeated > 0 {
            writeln!(f, "messages of alerts that came again (harmless): {}", self.repeated)?;
        }
        if self.unreadable > 0 {
            writeln!(f, "messages that are not an alert: {}", self.unreadable)?;
        }
        for fault in &delivery.faults {
            writeln!(f, "wrong answer: {fault}")?;
        }
        let not_shown = delivery.fault_count.saturating_sub(delivery.faults.len());
        if not_shown > 0 {
            writeln!(f, "further wrong answers: {not_shown}")?;
        }
        Ok(())
    }
}

fn counts<'a>(entries: impl Iterator<Item = (&'a str, usize)>) -> String {
    let entries: Vec<String> = entries.map(|(what, count)| format!("{what} {count}")).collect();
    if entries.is_empty() { "none".to_owned() } else { entries.join(", ") }
}

/// The median and the longest.
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
