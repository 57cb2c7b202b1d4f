//! What a person reads who changes a rule.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use rule::Slug;
use scene::CaptureTime;

use super::comparison::{RuleComparison, Side};
use super::rule_set::Judged;
use super::trial::Occurrence;
use super::watched::Watched;

/// The answer to a question.
#[derive(Debug)]
pub struct Report {
    pub(super) camera: Slug,
    pub(super) offset: Offset,
    pub(super) watched: Watched,
    pub(super) rules: Vec<RuleComparison>,
    /// How long reading and judging took.
    pub(super) took: Duration,
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.fmt_watched(f)?;
        for rule in &self.rules {
            writeln!(f)?;
            self.fmt_rule(f, rule)?;
        }
        writeln!(f)?;
        self.fmt_days(f)
    }
}

impl Report {
    fn fmt_watched(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Watched { first_at, latest_at, pictures, signals, earlier, blind, damaged, .. } =
            self.watched;
        let [first, latest] = [first_at, latest_at].map(|at| stamp(at, self.offset));
        writeln!(f, "{}, {first} to {latest} (UTC{})", self.camera, self.offset)?;
        let took = self.took.as_secs_f64();
        if signals > 0 {
            writeln!(f, "{signals} signals, judged in {took:.2} s")?;
        } else {
            let interval = self.watched.interval().as_secs_f64();
            let span = self.watched.span().as_secs_f64();
            let share = if span > 0.0 { blind.as_secs_f64() / span * 100.0 } else { 0.0 };
            writeln!(f, "{pictures} pictures, one every {interval:.1} s, judged in {took:.2} s")?;
            writeln!(f, "blind for {} s of it, {share:.1} %", blind.as_secs())?;
        }
        if earlier > 0 {
            let what = if signals > 0 { "signals" } else { "pictures" };
            writeln!(f, "{earlier} earlier {what} were shown to the rules first")?;
        }
        if damaged > 0 {
            writeln!(f, "{damaged} damaged stretch(es) of the files count as blind")?;
        }
        Ok(())
    }

    fn fmt_rule(&self, f: &mut Formatter<'_>, rule: &RuleComparison) -> fmt::Result {
        let RuleComparison {
            of: Judged { rule: id, place, incident, .. }, kept, gained, lost, ..
        } = rule;
        writeln!(
            f,
            "rule {id}: {incident} in {place}{}",
            match rule.side {
                Side::Both => "",
                Side::Proposed => ", a new rule",
                Side::InForce => ", a rule that would go",
            }
        )?;
        let (now, before) = (kept.len() + gained.len(), rule.in_force.len());
        writeln!(
            f,
            "  {before} alert(s) in force, {now} as proposed: {} kept, {} gained, {} lost",
            kept.len(),
            gained.len(),
            lost.len()
        )?;
        for caveat in &rule.caveats {
            writeln!(f, "  note: {caveat}")?;
        }
        let kept = kept.iter().map(|(alert, other)| ("kept", alert, Some(other)));
        let gained = gained.iter().map(|alert| ("gained", alert, None));
        let lost = lost.iter().map(|alert| ("lost", alert, None));
        let mut lines: Vec<_> = kept.chain(gained).chain(lost).collect();
        lines.sort_by_key(|(_, alert, _)| alert.opened_at);
        for (fate, alert, other) in lines {
            self.fmt_alert(f, fate, alert)?;
            match other.map(|other| (alert.opened_at, other.opened_at)) {
                Some((now, before)) if now > before => {
                    writeln!(f, ", {} s later", now.since(before).as_secs())?;
                }
                Some((now, before)) if now < before => {
                    writeln!(f, ", {} s earlier", before.since(now).as_secs())?;
                }
                _ => writeln!(f)?,
            }
        }
        Ok(())
    }

    fn fmt_alert(&self, f: &mut Formatter<'_>, fate: &str, alert: &Occurrence) -> fmt::Result {
        let opened = stamp(alert.opened_at, self.offset);
        let day = |at| local(at, self.offset).date();
        let ended = match alert.ended_at {
            None => "still open".to_owned(),
            Some(end) if day(end) == day(alert.opened_at) => {
                local(end, self.offset).time().to_string()
            }
            Some(end) => stamp(end, self.offset),
        };
        let (dwell, count) = (alert.dwell.as_secs(), alert.count);
        write!(f, "  {fate:<7} {opened} to {ended}, dwell {dwell} s, {count} object(s)")
    }

    /// By the local day on which an alert was opened.
    fn fmt_days(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut days = BTreeMap::<_, [u32; 4]>::new();
        let mut count = |alert: &Occurrence, columns: &[usize]| {
            let row = days.entry(local(alert.opened_at, self.offset).date()).or_default();
            for (column, cell) in row.iter_mut().enumerate() {
                *cell += u32::from(columns.contains(&column));
            }
        };
        for rule in &self.rules {
            rule.in_force.iter().for_each(|alert| count(alert, &[0]));
            rule.kept.iter().for_each(|(alert, _)| count(alert, &[1]));
            rule.gained.iter().for_each(|alert| count(alert, &[1, 2]));
            rule.lost.iter().for_each(|alert| count(alert, &[3]));
        }
        let mut total = [0; 4];
        writeln!(f, "day         in force  proposed  gained  lost")?;
        for (day, row) in days {
            fmt_row(f, &day.to_string(), row)?;
            for (sum, cell) in total.iter_mut().zip(row) {
                *sum += cell;
            }
        }
        fmt_row(f, "all", total)
    }
}

fn fmt_row(f: &mut Formatter<'_>, name: &str, [a, b, c, d]: [u32; 4]) -> fmt::Result {
    writeln!(f, "{name:<10}{a:>10}{b:>10}{c:>8}{d:>6}")
}

/// As people write it.
pub(super) fn stamp(at: CaptureTime, offset: Offset) -> String {
    local(at, offset).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Local time in whole seconds.
fn local(at: CaptureTime, offset: Offset) -> DateTime {
    let secs = at.unix_micros().div_euclid(1_000_000);
    offset.to_datetime(Timestamp::from_second(secs).unwrap_or_default())
}
