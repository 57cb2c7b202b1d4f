//! `gathering`: at least `count` objects of these classes are in this zone at once for the dwell.
//!
//! Only the number counts: members may come, go, hide behind each other and change track numbers.
//! A picture that shows too few is tolerated for as long as one that misses a standing object.
//!
//! Looks ten times in a dwell, at least every minute; with a candidate in sight twice in the tolerated gap, too;
//! while an incident is open, six times in the time after which it clears; both at least every 5 s. Never
//! faster than every 0.2 s.

#[cfg(test)]
mod tests;

use std::time::Duration;

use scene::{CaptureTime, Class, Thresholds, track::Track};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kind_settings::{KindSettings, Wanted};
use crate::kind_terms::KindTerms;
use crate::memory;
use crate::micros::micros;
use crate::presence::Presence;
use crate::ranges::{self, Fault};
use crate::reading::Reading;
use crate::rule::Rule;
use crate::sampling::{Phase, Sampling};
use crate::sought::Sought;
use crate::tally::{Tally, TallyV1};
use crate::terms::{ClassesTerm, DwellTerm, GapTerm, PresenceTerms, ScoreTerm, ShareTerm};
use crate::unseen::Unseen;
use crate::verdict::{Finding, Subject, Verdict};
use crate::view::View;
use crate::zone::Zone;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GatheringTerms {
    #[serde(flatten)]
    classes: ClassesTerm,
    /// How many objects are a gathering, 2 or more; left out, 5.
    #[schemars(range(min = 1, max = 1000))]
    count: Option<u32>,
    #[serde(flatten)]
    dwell: DwellTerm,
    #[serde(flatten)]
    gap: GapTerm,
    #[serde(flatten)]
    presence: PresenceTerms,
    #[serde(flatten)]
    score: ScoreTerm,
    #[serde(flatten)]
    share: ShareTerm,
}

impl KindTerms for GatheringTerms {
    const NAME: &'static str = "gathering";
    const MEANING: &'static str = "at least `count` objects are in the zone at a time";
    type Settings = GatheringSettings;

    fn settings(self, reading: &mut Reading<'_>) -> Option<GatheringSettings> {
        let classes = self.classes.or(&["person"], reading)?;
        let usual = GatheringSettings::new(classes, self.count.unwrap_or(5));
        let dwell = self.dwell.or(usual.dwell);
        Some(GatheringSettings {
            dwell,
            gap_tolerance: self.gap.or(ranges::usual_gap_tolerance(dwell), dwell, reading),
            presence: self.presence.or(usual.presence),
            min_score: self.score.read(reading),
            min_share: self.share.or(usual.min_share),
            ..usual
        })
    }
}

/// How many must be together where for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct GatheringSettings {
    /// Any of these counts.
    pub classes: Vec<Class>,
    /// The least number of objects that is a gathering, 2 or more.
    pub count: u32,
    /// How long they must be together, in capture time.
    pub dwell: Duration,
    /// Too few in the picture for up to this time do not reset the dwell.
    pub gap_tolerance: Duration,
    /// When an object is in the zone.
    pub presence: Presence,
    /// From which score on a detection counts. The assessor applies it.
    pub min_score: Thresholds,
    /// Least share of the analysed pictures that must show enough of them, above 0 to 1.
    pub min_share: f32,
}

impl GatheringSettings {
    /// This many of these classes for 60 s; 10 s of too few tolerated, foot point, the usual score, 60 % of
    /// the pictures.
    #[must_use]
    pub fn new(classes: Vec<Class>, count: u32) -> Self {
        let dwell = Duration::from_mins(1);
        Self {
            classes,
            count,
            dwell,
            gap_tolerance: ranges::usual_gap_tolerance(dwell),
            presence: Presence::Foot,
            min_score: Thresholds::default(),
            min_share: 0.6,
        }
    }
}

impl KindSettings for GatheringSettings {
    fn fault(&self) -> Option<Fault> {
        ranges::classes(&self.classes)
            .or_else(|| (self.count < 2).then_some(("count", "2 or more")))
            .or_else(|| ranges::dwell(self.dwell, self.gap_tolerance))
            .or_else(|| ranges::min_score(&self.min_score))
            .or_else(|| ranges::share("min_share", self.min_share))
            .or_else(|| self.presence.fault())
    }

    fn classes(&self) -> Wanted {
        Wanted::Only(self.classes.clone())
    }

    fn thresholds(&self) -> Option<&Thresholds> {
        Some(&self.min_score)
    }

    fn lies_on_ground(&self) -> bool {
        self.presence == Presence::Foot
    }

    fn sought(&self) -> Option<Sought> {
        let one = Sought::in_zone(&self.classes, self.presence, &self.min_score);
        Some(one.at_least(self.count))
    }

    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(Gathering::new(self.clone(), zone.clone(), clear_after))
    }
}

/// The rule at work.
#[derive(Debug)]
struct Gathering {
    settings: GatheringSettings,
    zone: Zone,
    clear_after: Duration,
    crowd: Option<Crowd>,
}

/// Enough objects together, now or a moment ago.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Crowd {
    /// How often there were enough.
    tally: Tally,
    /// Watched time of the latest picture that showed enough.
    seen: Duration,
    /// Pictures since then.
    missed: u32,
    /// They have been together for the dwell: from then on they are remembered for longer.
    ripe: bool,
}

impl Gathering {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts its crowd.
    fn new(settings: GatheringSettings, zone: Zone, clear_after: Duration) -> Self {
        Self { settings, zone, clear_after, crowd: None }
    }

    /// Who is in the zone, the first seen first. Nothing here depends on track numbers.
    fn members<'a>(&self, view: &View<'a>) -> Vec<&'a Track> {
        let Self { settings, zone, .. } = self;
        let mut members: Vec<&Track> = view
            .tracks
            .iter()
            .copied()
            .filter(|track| settings.classes.contains(&track.class))
            .filter(|track| settings.presence.holds(zone, &track.bbox))
            .collect();
        members.sort_by(|a, b| {
            let left = a.bbox.left.total_cmp(&b.bbox.left);
            a.first_seen_at.cmp(&b.first_seen_at).then(left)
        });
        members
    }

    fn is_over(&self, crowd: &Crowd, view: &View<'_>) -> bool {
        let tolerance = self.settings.gap_tolerance;
        let time = view.watched.saturating_sub(crowd.seen);
        if crowd.ripe {
            return crowd.missed > 0 && time > tolerance.max(self.clear_after);
        }
        Unseen { looks: crowd.missed, time }.is_gone(tolerance)
    }

    /// Carries the crowd into a picture that shows enough of them, with this mean score.
    fn see(&self, crowd: Option<Crowd>, score: f32, view: &View<'_>) -> Crowd {
        let tally = crowd.map_or_else(
            || Tally::begin(score, view),
            |crowd| {
                let mut tally = crowd.tally;
                tally.begin_picture();
                tally.see(score);
                tally
            },
        );
        let GatheringSettings { dwell, min_share, .. } = self.settings;
        let was_ripe = crowd.is_some_and(|crowd| crowd.ripe);
        let ripe = was_ripe || tally.proves(dwell, min_share, view);
        Crowd { tally, seen: view.watched, missed: 0, ripe }
    }
}

impl Rule for Gathering {
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        let members = self.members(view);
        let known = self.crowd.take().filter(|crowd| !self.is_over(crowd, view));
        let enough = u32::try_from(members.len()).is_ok_and(|found| found >= self.settings.count);
        if !enough {
            self.crowd = known.map(Crowd::miss).filter(|crowd| !self.is_over(crowd, view));
            return self.crowd.map_or(Verdict::Clear, |_| Verdict::Candidate);
        }
        let crowd = self.see(known, mean_score(&members), view);
        self.crowd = Some(crowd);
        if !crowd.ripe {
            return Verdict::Candidate;
        }
        let subjects: Vec<Subject> = members.into_iter().map(Subject::of).collect();
        Verdict::Met(crowd.tally.finding(view, subjects.len(), subjects))
    }

    fn step_back(&mut self, at: CaptureTime) {
        if let Some(crowd) = &mut self.crowd {
            crowd.tally.step_back(at);
        }
    }

    fn sampling(&self, phase: Phase) -> Sampling {
        let span = (self.settings.dwell, self.settings.gap_tolerance);
        Sampling::of_dwell(phase, span, self.clear_after)
    }

    fn detects_every(&self) -> Option<Duration> {
        Some(Sampling::idle(self.settings.dwell))
    }

    fn describe(&self, finding: &Finding) -> String {
        format!("{}个目标聚集超过{}秒", finding.count, self.settings.dwell.as_secs())
    }

    fn threshold(&self) -> f32 {
        self.settings.min_score.usual()
    }

    fn memory(&self) -> Result<serde_json::Value, serde_json::Error> {
        // A list of none or one.
        memory::write(GatheringTerms::NAME, Vec::from_iter(self.crowd.as_ref().map(CrowdV1::of)))
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        let crowds: Option<Vec<CrowdV1>> = memory::read(GatheringTerms::NAME, memory);
        self.crowd = crowds.iter().flatten().next().map(CrowdV1::crowd);
        crowds.is_some()
    }
}

impl Crowd {
    /// Counts a picture that shows too few.
    fn miss(mut self) -> Self {
        self.tally.begin_picture();
        self.missed = self.missed.saturating_add(1);
        self
    }
}

/// A remembered crowd; watched time in microseconds.
#[derive(Serialize, Deserialize)]
struct CrowdV1 {
    #[serde(flatten)]
    tally: TallyV1,
    seen_us: u64,
    missed: u32,
    ripe: bool,
}

impl CrowdV1 {
    fn of(crowd: &Crowd) -> Self {
        Self {
            tally: TallyV1::of(&crowd.tally),
            seen_us: micros(crowd.seen),
            missed: crowd.missed,
            ripe: crowd.ripe,
        }
    }

    fn crowd(&self) -> Crowd {
        Crowd {
            tally: self.tally.tally(),
            seen: Duration::from_micros(self.seen_us),
            missed: self.missed,
            ripe: self.ripe,
        }
    }
}

fn mean_score(members: &[&Track]) -> f32 {
    let (sum, count) =
        members.iter().fold((0.0, 0.0), |(sum, count), track| (sum + track.score, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}
