//! `crossing`: objects of these classes pass over this directed line, from its left to its right.
//!
//! Left and right are those of someone who stands at the line's first point in the picture and
//! looks towards its second: a line drawn from the bottom of the picture to its top is crossed by
//! who moves from the picture's left edge to its right. Whoever passes the other way is not counted;
//! a second rule with the points exchanged counts those.
//!
//! An object's foot must have been clear of the line on the left before, and be clear of it on the
//! right after, so that whoever stands or trembles on the line is never counted, and nobody twice
//! for one passage. Draw the line, and the zone around it, where objects are in sight before and
//! after.
//!
//! Looks every 0.2 s while something that counts moves in the zone, every 0.5 s while not.

mod line;
mod memory;
#[cfg(test)]
mod tests;

use std::time::Duration;

use scene::{CaptureTime, Class, Point, track::Track};

use super::ranges::{self, Fault};
use super::sampling::MIN_INTERVAL;
use super::trail::{self, Trail};
use super::{Finding, KindSettings, Phase, Rule, Sampling, Subject, Verdict, View, Wanted};
use crate::zone::Zone;
use line::{Line, Side};

/// Looking less often, nobody could be followed from one side to the other.
const IDLE_INTERVAL: Duration = Duration::from_millis(500);
/// What has not moved for so long stands, and needs no fast pictures.
const RESTLESS_FOR: Duration = Duration::from_secs(5);
/// Out of sight for longer, an object that appears is another.
const REMEMBERED_FOR: Duration = Duration::from_secs(10);
/// Fewer pictures of an object prove no passage.
const MIN_PICTURES: u32 = 3;
/// The most crossings that a window may ask for, and the most that are remembered.
const MAX_COUNT: u32 = 1_000;

/// Which line must be crossed how often.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossingSettings {
    /// Any of these counts.
    pub classes: Vec<Class>,
    /// From the first point to the second, normalised; crossed from its left to its right.
    pub line: [Point; 2],
    /// Crossings that make an incident, 1 to 1000.
    pub count: u32,
    /// They must lie within this time, 1 s to 24 h.
    pub within: Duration,
    /// Least detection score that counts, 0..=1.
    pub min_score: f32,
}

impl CrossingSettings {
    /// One crossing of this line within 60 s, any score.
    #[must_use]
    pub fn new(classes: Vec<Class>, line: [Point; 2]) -> Self {
        Self { classes, line, count: 1, within: Duration::from_mins(1), min_score: 0.0 }
    }
}

impl KindSettings for CrossingSettings {
    fn fault(&self) -> Option<Fault> {
        let span = Duration::from_secs(1)..=Duration::from_hours(24);
        let is_counted = (1..=MAX_COUNT).contains(&self.count);
        ranges::classes(&self.classes)
            .or_else(|| Line::new(self.line).fault())
            .or_else(|| (!is_counted).then_some(("count", "1 to 1000")))
            .or_else(|| {
                (!span.contains(&self.within)).then_some(("within", "1 second to 24 hours"))
            })
            .or_else(|| ranges::min_score(self.min_score))
    }

    fn classes(&self) -> Wanted {
        Wanted::Only(self.classes.clone())
    }

    fn build(&self, zone: &Zone, _: Duration) -> Box<dyn Rule> {
        Box::new(Crossing::new(self.clone(), zone.clone()))
    }
}

/// The rule at work.
#[derive(Debug)]
pub struct Crossing {
    settings: CrossingSettings,
    line: Line,
    zone: Zone,
    walkers: Vec<Walker>,
    /// Those within the window, the earliest first.
    passages: Vec<Passage>,
}

/// An object on its way.
#[derive(Debug, Clone, PartialEq)]
struct Walker {
    trail: Trail,
    /// Pictures that showed it.
    pictures: u32,
    /// The side on which it was clear of the line last; none before it was on either.
    side: Option<Side>,
    /// When it last went from left to right, it did so between the line's ends and in the zone.
    through: bool,
    /// It has passed, but too few pictures have shown it.
    unproven: bool,
    /// It moves in the zone.
    restless: bool,
}

/// One counted crossing.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Passage {
    passed_at: CaptureTime,
    /// Watched time of that picture.
    watched: Duration,
    /// Pictures analysed since, that one included.
    pictures: u32,
    score: f32,
}

impl Crossing {
    /// The rule with no memory yet.
    pub(super) fn new(settings: CrossingSettings, zone: Zone) -> Self {
        let line = Line::new(settings.line);
        Self { settings, line, zone, walkers: Vec::new(), passages: Vec::new() }
    }

    fn counts(&self, track: &Track) -> bool {
        track.score >= self.settings.min_score && self.settings.classes.contains(&track.class)
    }

    /// Carries the objects into this picture; answers with those that pass in it.
    fn follow(&mut self, visible: &[&Track], view: &View<'_>) -> Vec<Subject> {
        let Self { walkers, line, zone, .. } = self;
        walkers.retain(|w| view.watched.saturating_sub(w.trail.seen) <= REMEMBERED_FOR);
        let trails = walkers.iter().map(|walker| &walker.trail);
        let heirs = trail::continued(trails, visible, visible);
        let mut passed = Vec::new();
        for (walker, heir) in walkers.iter_mut().zip(&heirs) {
            let Some(track) = heir.and_then(|index| visible.get(index)) else {
                walker.restless = false;
                continue;
            };
            if walker.step(track, line, zone, view) {
                passed.push(Subject::of(track));
            }
        }
        let strangers = visible.iter().enumerate().filter(|(i, _)| !heirs.contains(&Some(*i)));
        walkers.extend(strangers.map(|(_, track)| Walker::new(track, line, zone, view)));
        passed
    }

    /// The crossings in the window up to this picture, in which these objects pass.
    fn finding(&self, view: &View<'_>, passed: Vec<Subject>) -> Option<Finding> {
        let first = self.passages.first()?;
        let mut pictures: Vec<u32> = self.passages.iter().map(|p| p.pictures).collect();
        pictures.dedup();
        let length = |items: usize| u32::try_from(items).unwrap_or(u32::MAX);
        Some(Finding {
            since_at: first.passed_at,
            dwell: view.watched.saturating_sub(first.watched),
            pictures_positive: length(pictures.len()),
            pictures_total: first.pictures,
            confidence: mean_score(&self.passages),
            count: length(self.passages.len()),
            subjects: passed,
        })
    }
}

impl Rule for Crossing {
    /// Met by each picture in which an object passes and the window holds enough crossings.
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        let visible: Vec<&Track> =
            view.tracks.iter().copied().filter(|track| self.counts(track)).collect();
        let passed = self.follow(&visible, view);
        for passage in &mut self.passages {
            passage.pictures = passage.pictures.saturating_add(1);
        }
        let within = self.settings.within;
        self.passages.retain(|p| view.watched.saturating_sub(p.watched) <= within);
        self.passages.extend(passed.iter().map(|subject| Passage {
            passed_at: view.at(),
            watched: view.watched,
            pictures: 1,
            score: subject.score,
        }));
        let most = usize::try_from(MAX_COUNT).unwrap_or(usize::MAX);
        self.passages.drain(..self.passages.len().saturating_sub(most));
        let is_shown = !passed.is_empty();
        match self.finding(view, passed) {
            Some(found) if is_shown && found.count >= self.settings.count => Verdict::Met(found),
            None if !self.walkers.iter().any(|walker| walker.restless) => Verdict::Clear,
            _ => Verdict::Candidate,
        }
    }

    fn step_back(&mut self, at: CaptureTime) {
        for walker in &mut self.walkers {
            walker.trail.step_back(at);
        }
        for passage in &mut self.passages {
            passage.passed_at = passage.passed_at.min(at);
        }
    }

    /// Also while an incident is open: every crossing counts.
    fn sampling(&self, _: Phase) -> Sampling {
        let restless = self.walkers.iter().any(|walker| walker.restless);
        Sampling { interval: if restless { MIN_INTERVAL } else { IDLE_INTERVAL } }
    }

    fn describe(&self, finding: &Finding) -> String {
        format!("{}秒内{}个目标越线", self.settings.within.as_secs(), finding.count)
    }

    fn threshold(&self) -> f32 {
        self.settings.min_score
    }

    fn snapshot(&self) -> Result<serde_json::Value, serde_json::Error> {
        memory::write(&self.walkers, &self.passages)
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        let read = memory::read(memory);
        let readable = read.is_some();
        (self.walkers, self.passages) = read.unwrap_or_default();
        readable
    }
}

impl Walker {
    fn new(track: &Track, line: &Line, zone: &Zone, view: &View<'_>) -> Self {
        Self {
            trail: Trail::of(track, view),
            pictures: 1,
            side: line.clear_side(&track.bbox),
            through: false,
            unproven: false,
            restless: is_restless(track, zone, view),
        }
    }

    /// Moves on to where this picture shows it; answers whether it has passed.
    fn step(&mut self, track: &Track, line: &Line, zone: &Zone, view: &View<'_>) -> bool {
        if let Some(gate) = line.met(self.trail.bbox.foot(), track.bbox.foot()) {
            self.through = gate.is_some_and(|point| zone.polygon.contains(point));
        }
        self.trail = Trail::of(track, view);
        self.pictures = self.pictures.saturating_add(1);
        self.restless = is_restless(track, zone, view);
        if let Some(side) = line.clear_side(&track.bbox) {
            match self.side.replace(side) {
                Some(Side::Left) if side == Side::Right => self.unproven = self.through,
                _ if side == Side::Left => self.unproven = false,
                _ => {}
            }
        }
        let passed = self.unproven && self.pictures >= MIN_PICTURES;
        self.unproven &= !passed;
        passed
    }
}

fn is_restless(track: &Track, zone: &Zone, view: &View<'_>) -> bool {
    view.at().since(track.still_since) < RESTLESS_FOR && zone.polygon.contains(track.bbox.foot())
}

fn mean_score(passages: &[Passage]) -> f32 {
    let (sum, count) = passages
        .iter()
        .fold((0.0, 0.0), |(sum, count), passage| (sum + passage.score, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}
