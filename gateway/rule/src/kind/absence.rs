//! `absence`: something that must be in this zone is gone, or too few of it are there: the guard of
//! a checkpoint, a fire extinguisher, a bollard.
//!
//! It need not have been seen there before: what is missing from the first picture on is an incident,
//! too. Hours in which a class is legal (`allowed`) make no sense for what must be there; give the
//! rule `hours` instead.
//!
//! The detector misses things, and people pass. So a single picture neither opens nor ends anything.
//! An absence begins with a picture that shows too few. From then on, at any time, `min_share` of the
//! watched time must lack them; otherwise they are back, and the time starts again. So a guard at his
//! post is not reported because the detector misses him now and then, and someone who passes through
//! an empty post does not reset the time. Once reported, they must be back for about the time after
//! which alerts clear.
//!
//! With `unknown_things` nothing needs a class: the zone is compared with how it looked when it was learned
//! or called as it should be. Something is missing if a share of the zone (`max_gone_share`) has lost what it
//! showed, or if something of that size was put before it: a hydrant, a manhole cover, a sign. What a look
//! cannot tell, because somebody stands there or it is dark, counts neither way (`kept.rs`).
//!
//! Looks ten times in a dwell: at least every minute while enough are there, every 5 s while some are missed and
//! where it watches pixels; while an incident is open, six times in the time after which it clears. Never faster
//! than every 0.2 s.

mod gone;
mod kept;
#[cfg(test)]
mod tests;

use std::time::Duration;

use scene::{CaptureTime, Class, Thresholds, track::Track};
use schemars::JsonSchema;
use serde::Deserialize;

use self::gone::{Gone, GoneV1, NAME, Pace};
use self::kept::Kept;
use crate::kind_settings::{KindSettings, Wanted};
use crate::kind_terms::KindTerms;
use crate::memory;
use crate::presence::Presence;
use crate::ranges::{self, Fault};
use crate::reading::Reading;
use crate::rule::Rule;
use crate::sampling::{Phase, Sampling};
use crate::sought::Sought;
use crate::terms::{ClassesTerm, DwellTerm, PresenceTerms, ScoreTerm};
use crate::verdict::{Finding, Verdict};
use crate::view::View;
use crate::zone::Zone;

/// The most objects that a zone may have to hold.
const MAX_COUNT: u32 = 1_000;

/// The share of a zone that may be gone, unless the rule says.
const USUAL_GONE_SHARE: f32 = 0.2;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct AbsenceTerms {
    #[serde(flatten)]
    classes: ClassesTerm,
    /// What the zone held when it was learned must be there, whatever it is. Then `classes` are not asked for.
    unknown_things: Option<bool>,
    /// With `unknown_things`: the share of the zone that may have lost what it showed, or may be hidden by
    /// something new; left out, 0.2.
    #[schemars(range(min = 0.01, max = 1.0))]
    max_gone_share: Option<f32>,
    /// How many must be there; left out, 1.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    count: Option<u32>,
    #[serde(flatten)]
    dwell: DwellTerm,
    #[serde(flatten)]
    presence: PresenceTerms,
    #[serde(flatten)]
    score: ScoreTerm,
    /// The share of the analysed pictures that must lack it; left out, 0.9.
    #[schemars(range(min = 0.05, max = 1.0))]
    min_share: Option<f32>,
}

impl KindTerms for AbsenceTerms {
    const NAME: &'static str = NAME;
    const MEANING: &'static str = "fewer objects of these classes are in the zone than must be";
    const HAS_ALLOWANCES: bool = false;
    type Settings = AbsenceSettings;

    fn settings(self, reading: &mut Reading<'_>) -> Option<AbsenceSettings> {
        let whatever = self.unknown_things.unwrap_or(false);
        let classes = if whatever {
            for term in ["classes", "count", "presence", "min_score", "min_scores"] {
                reading.idle(term, "unknown_things");
            }
            Vec::new()
        } else {
            reading.idle("max_gone_share", "classes");
            self.classes.or(&[], reading)?
        };
        let usual = AbsenceSettings::new(classes);
        let max_gone_share = self.max_gone_share.unwrap_or(USUAL_GONE_SHARE);
        Some(AbsenceSettings {
            max_gone_share: whatever.then_some(max_gone_share),
            count: self.count.unwrap_or(usual.count),
            dwell: self.dwell.or(usual.dwell),
            presence: self.presence.or(usual.presence),
            min_score: self.score.read(reading),
            min_share: self.min_share.unwrap_or(usual.min_share),
            ..usual
        })
    }
}

/// How many of what must be where, and how long they may be gone.
#[derive(Debug, Clone, PartialEq)]
pub struct AbsenceSettings {
    /// Any of these counts.
    pub classes: Vec<Class>,
    /// In place of classes: what the zone held when it was learned is missing if more than this share of the
    /// zone, above 0 to 1, has lost what it showed or is hidden by something new.
    pub max_gone_share: Option<f32>,
    /// How many must be there, 1 to 1000.
    pub count: u32,
    /// How long they must be missing, in capture time.
    pub dwell: Duration,
    /// When an object is in the zone.
    pub presence: Presence,
    /// From which score on a detection counts. The assessor applies it.
    pub min_score: Thresholds,
    /// Least share of the analysed pictures that must lack them, above 0 to 1.
    pub min_share: f32,
}

impl AbsenceSettings {
    /// None of these classes for five minutes; foot point, the usual score, 90 % of the pictures.
    #[must_use]
    pub fn new(classes: Vec<Class>) -> Self {
        Self {
            classes,
            max_gone_share: None,
            count: 1,
            dwell: Duration::from_mins(5),
            presence: Presence::Foot,
            min_score: Thresholds::default(),
            min_share: 0.9,
        }
    }
}

impl KindSettings for AbsenceSettings {
    fn fault(&self) -> Option<Fault> {
        let is_counted = (1..=MAX_COUNT).contains(&self.count);
        let named = match self.max_gone_share {
            Some(share) => ranges::share("max_gone_share", share),
            None => ranges::classes(&self.classes),
        };
        named
            .or_else(|| (!is_counted).then_some(("count", "1 to 1000")))
            .or_else(|| ranges::dwell(self.dwell, Duration::ZERO))
            .or_else(|| ranges::min_score(&self.min_score))
            .or_else(|| ranges::share("min_share", self.min_share))
            .or_else(|| self.presence.fault())
    }

    fn classes(&self) -> Wanted {
        Wanted::Only(self.classes.clone())
    }

    fn thresholds(&self) -> Option<&Thresholds> {
        self.max_gone_share.is_none().then_some(&self.min_score)
    }

    fn lies_on_ground(&self) -> bool {
        self.presence == Presence::Foot
    }

    fn sought(&self) -> Option<Sought> {
        if self.max_gone_share.is_some() {
            return None;
        }
        let there = Sought::in_zone(&self.classes, self.presence, &self.min_score);
        Some(there.at_least(self.count).missing())
    }

    fn needs_standing(&self) -> bool {
        self.max_gone_share.is_some()
    }

    fn keeps_what_leaves(&self) -> bool {
        self.max_gone_share.is_some()
    }

    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        let Self { dwell, min_share, .. } = *self;
        if let Some(share) = self.max_gone_share {
            let pace = Pace { dwell, min_share, clear_after };
            return Box::new(Kept::new(share, pace, zone.clone()));
        }
        Box::new(Absence::new(self.clone(), zone.clone(), clear_after))
    }
}

/// The rule at work.
#[derive(Debug)]
struct Absence {
    settings: AbsenceSettings,
    zone: Zone,
    clear_after: Duration,
    gone: Option<Gone>,
}

impl Absence {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts its cause.
    const fn new(settings: AbsenceSettings, zone: Zone, clear_after: Duration) -> Self {
        Self { settings, zone, clear_after, gone: None }
    }

    /// Whether this picture shows fewer than must be there.
    fn lacks(&self, view: &View<'_>) -> bool {
        let AbsenceSettings { classes, count, presence, .. } = &self.settings;
        let counts = |track: &&&Track| {
            classes.contains(&track.class) && presence.holds(&self.zone, &track.bbox)
        };
        u32::try_from(view.tracks.iter().filter(counts).count()).is_ok_and(|found| found < *count)
    }

    const fn pace(&self) -> Pace {
        let AbsenceSettings { dwell, min_share, .. } = self.settings;
        Pace { dwell, min_share, clear_after: self.clear_after }
    }
}

impl Rule for Absence {
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        let lacks = self.lacks(view);
        let known = self.gone.and_then(|gone| gone.carry(lacks, view, self.pace()));
        self.gone = known.or_else(|| lacks.then(|| Gone::begin(view)));
        match self.gone {
            Some(gone) if gone.ripe && lacks => Verdict::Met(gone.finding(view)),
            Some(_) => Verdict::Candidate,
            None => Verdict::Clear,
        }
    }

    fn step_back(&mut self, at: CaptureTime) {
        if let Some(gone) = &mut self.gone {
            gone.tally.step_back(at);
        }
    }

    fn sampling(&self, phase: Phase) -> Sampling {
        let span = (self.settings.dwell, ranges::usual_gap_tolerance(self.settings.dwell));
        Sampling::of_dwell(phase, span, self.clear_after)
    }

    fn detects_every(&self) -> Option<Duration> {
        Some(Sampling::idle(self.settings.dwell))
    }

    fn describe(&self, _finding: &Finding) -> String {
        let dwell = self.settings.dwell.as_secs();
        match self.settings.count {
            1 => format!("应在位的目标缺席超过{dwell}秒"),
            count => format!("应在位的目标不足{count}个，持续超过{dwell}秒"),
        }
    }

    fn threshold(&self) -> f32 {
        self.settings.min_share
    }

    fn memory(&self) -> Result<serde_json::Value, serde_json::Error> {
        memory::write(NAME, Vec::from_iter(self.gone.as_ref().map(GoneV1::of)))
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        let gone: Option<Vec<GoneV1>> = memory::read(NAME, memory);
        self.gone = gone.iter().flatten().next().map(GoneV1::gone);
        gone.is_some()
    }
}
