//! `crossing`: objects of these classes pass over this directed line, from its left to its right.
//!
//! Left and right are those of someone who stands at the line's first point in the picture and looks
//! towards its second. An object that moves from the picture's left edge to its right crosses a line
//! that is drawn from the bottom of the picture to its top. An object that passes the other way is
//! not counted; a second rule with the points exchanged counts it.
//!
//! An object's foot must have been clear of the line on the left before, and must be clear of it on
//! the right after. So an object that stands or trembles on the line is never counted, and none is
//! counted twice for one passage. Draw the line, and the zone around it, where objects are in sight
//! before and after.
//!
//! Looks every 0.2 s while something that counts moves in the zone, every 0.5 s while not.

mod line;
mod passage;
#[cfg(test)]
mod tests;
mod walker;

use std::time::Duration;

use scene::{CaptureTime, Class, Point, Thresholds, track::Track};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kind_settings::{KindSettings, Wanted};
use crate::kind_terms::KindTerms;
use crate::memory;
use crate::ranges::{self, Fault};
use crate::reading::Reading;
use crate::rule::Rule;
use crate::sampling::{MIN_INTERVAL, Phase, Sampling};
use crate::sought::Sought;
use crate::terms::{ClassesTerm, ScoreTerm, secs};
use crate::trail;
use crate::verdict::{Finding, Subject, Verdict};
use crate::view::View;
use crate::zone::Zone;
use line::Line;
use passage::{Passage, PassageV1};
use walker::{Walker, WalkerV1};

/// Looking less often, nobody could be followed from one side to the other.
const IDLE_INTERVAL: Duration = Duration::from_millis(500);
/// Out of sight for longer, an object that appears is another.
const REMEMBERED_FOR: Duration = Duration::from_secs(10);
/// The most crossings that a window may ask for, and the most that are remembered.
const MAX_COUNT: u32 = 1_000;
/// The longest time within which crossings may be counted: a day.
const MAX_WITHIN_SECS: u32 = 86_400;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CrossingTerms {
    #[serde(flatten)]
    classes: ClassesTerm,
    /// A line `[from, to]` in pixels. An object that crosses it from left to right counts, as seen
    /// by someone who walks from `from` to `to`.
    #[schemars(extend("x-expected" = "two points [[x, y], [x, y]] in pixels"))]
    line_px: Option<[EndPx; 2]>,
    /// How many must cross within `within_secs`; left out, 1.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    count: Option<u32>,
    /// The time in which `count` objects must cross.
    #[schemars(range(min = 1, max = MAX_WITHIN_SECS))]
    within_secs: Option<u32>,
    #[serde(flatten)]
    score: ScoreTerm,
}

/// One end of the line, `[x, y]` in pixels of `picture_px`.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-expected" = "made of corners [x, y] in pixels"))]
struct EndPx([f64; 2]);

impl KindTerms for CrossingTerms {
    const NAME: &'static str = "crossing";
    const MEANING: &'static str = "objects pass a line in one direction";
    type Settings = CrossingSettings;

    fn settings(self, reading: &mut Reading<'_>) -> Option<CrossingSettings> {
        let classes = self.classes.or(&[], reading);
        let line = reading.needed("line_px", self.line_px)?;
        let usual = CrossingSettings::new(classes?, line.map(|EndPx(px)| reading.point(px)));
        Some(CrossingSettings {
            count: self.count.unwrap_or(usual.count),
            within: self.within_secs.map_or(usual.within, secs),
            min_score: self.score.read(reading),
            ..usual
        })
    }
}

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
    /// From which score on a detection counts. The assessor applies it.
    pub min_score: Thresholds,
}

impl CrossingSettings {
    /// One crossing of this line within 60 s, the usual score.
    #[must_use]
    pub fn new(classes: Vec<Class>, line: [Point; 2]) -> Self {
        Self {
            classes,
            line,
            count: 1,
            within: Duration::from_mins(1),
            min_score: Thresholds::default(),
        }
    }
}

impl KindSettings for CrossingSettings {
    fn fault(&self) -> Option<Fault> {
        let span = secs(1)..=secs(MAX_WITHIN_SECS);
        let is_counted = (1..=MAX_COUNT).contains(&self.count);
        ranges::classes(&self.classes)
            .or_else(|| Line::new(self.line).fault())
            .or_else(|| (!is_counted).then_some(("count", "1 to 1000")))
            .or_else(|| {
                (!span.contains(&self.within)).then_some(("within", "1 second to 24 hours"))
            })
            .or_else(|| ranges::min_score(&self.min_score))
    }

    fn classes(&self) -> Wanted {
        Wanted::Only(self.classes.clone())
    }

    fn thresholds(&self) -> Option<&Thresholds> {
        Some(&self.min_score)
    }

    fn lies_on_ground(&self) -> bool {
        true
    }

    /// A crossing happens and is over: a person must look.
    fn sought(&self) -> Option<Sought> {
        None
    }

    fn build(&self, zone: &Zone, _: Duration) -> Box<dyn Rule> {
        Box::new(Crossing::new(self.clone(), zone.clone()))
    }
}

/// The rule at work.
#[derive(Debug)]
struct Crossing {
    settings: CrossingSettings,
    line: Line,
    zone: Zone,
    walkers: Vec<Walker>,
    /// Those within the window, the earliest first.
    passages: Vec<Passage>,
    /// Who passed in the latest picture.
    passed: Vec<Subject>,
}

impl Crossing {
    /// The rule with no memory yet.
    fn new(settings: CrossingSettings, zone: Zone) -> Self {
        let line = Line::new(settings.line);
        let (walkers, passages, passed) = (Vec::new(), Vec::new(), Vec::new());
        Self { settings, line, zone, walkers, passages, passed }
    }

    fn counts(&self, track: &Track) -> bool {
        self.settings.classes.contains(&track.class)
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
            not_before_at: None,
            dwell: view.watched.saturating_sub(first.watched),
            pictures_positive: length(pictures.len()),
            pictures_total: first.pictures,
            confidence: mean_score(&self.passages),
            count: length(self.passages.len()),
            subjects: passed,
            likelihood: None,
        })
    }
}

impl Rule for Crossing {
    /// Met by each picture in which an object passes and the window holds enough crossings.
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        let visible: Vec<&Track> =
            view.tracks.iter().copied().filter(|track| self.counts(track)).collect();
        let passed = self.follow(&visible, view);
        self.passed.clone_from(&passed);
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

    fn passed(&self) -> &[Subject] {
        &self.passed
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
        self.settings.min_score.usual()
    }

    fn memory(&self) -> Result<serde_json::Value, serde_json::Error> {
        let walkers = self.walkers.iter().map(WalkerV1::of).collect();
        let passages = self.passages.iter().map(PassageV1::of).collect();
        memory::write(CrossingTerms::NAME, CrossingV1 { walkers, passages })
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        let read: Option<CrossingV1> = memory::read(CrossingTerms::NAME, memory);
        let remembered = || read.iter();
        self.walkers = remembered().flat_map(|it| &it.walkers).map(WalkerV1::walker).collect();
        self.passages = remembered().flat_map(|it| &it.passages).map(PassageV1::passage).collect();
        read.is_some()
    }
}

/// What it remembers.
#[derive(Serialize, Deserialize)]
struct CrossingV1 {
    walkers: Vec<WalkerV1>,
    passages: Vec<PassageV1>,
}

fn mean_score(passages: &[Passage]) -> f32 {
    let (sum, count) = passages
        .iter()
        .fold((0.0, 0.0), |(sum, count), passage| (sum + passage.score, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}
