//! `standing`: an object of these classes stands in this zone for the dwell.
//!
//! Identity is by place. A standing object may lose its track, be half hidden or get a new track
//! number; as long as something of the class set stands at the same place, the dwell goes on. A
//! track that is seen to walk away takes its dwell with it, so that passers-by who pause one after
//! another at the same spot never add up.
//!
//! Looks ten times in a dwell, at least every minute; with a candidate in sight twice in the tolerated gap, too;
//! while an incident is open, six times in the time after which it clears; both at least every 5 s. Never
//! faster than every 0.2 s.

use std::time::Duration;

use scene::{CaptureTime, Class, Thresholds, track::Track};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::kind_settings::{KindSettings, Wanted};
use crate::kind_terms::KindTerms;
use crate::memory;
use crate::presence::Presence;
use crate::ranges::{self, Fault};
use crate::reading::Reading;
use crate::rule::Rule;
use crate::sampling::{Phase, Sampling};
use crate::sought::Sought;
use crate::spot::SpotV1;
use crate::spots::{Patience, Spots};
use crate::terms::{ClassesTerm, DwellTerm, GapTerm, PresenceTerms, ScoreTerm, ShareTerm};
use crate::verdict::{Finding, Verdict};
use crate::view::View;
use crate::zone::Zone;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct StandingTerms {
    #[serde(flatten)]
    classes: ClassesTerm,
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

impl KindTerms for StandingTerms {
    const NAME: &'static str = "standing";
    const MEANING: &'static str = "an object of these classes stands in the zone for the dwell";
    type Settings = StandingSettings;

    fn settings(self, reading: &mut Reading<'_>) -> Option<StandingSettings> {
        let dwell = self.dwell.or(Duration::from_mins(5));
        let usual = StandingSettings::new(self.classes.or(&[], reading)?, dwell);
        Some(StandingSettings {
            gap_tolerance: self.gap.or(usual.gap_tolerance, dwell, reading),
            presence: self.presence.or(usual.presence),
            min_score: self.score.read(reading),
            min_share: self.share.or(usual.min_share),
            ..usual
        })
    }
}

/// What must stand where for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingSettings {
    /// Any of these counts.
    pub classes: Vec<Class>,
    /// How long it must stand, in capture time.
    pub dwell: Duration,
    /// Missed detections for up to this time do not reset the dwell.
    pub gap_tolerance: Duration,
    /// When it is in the zone.
    pub presence: Presence,
    /// From which score on a detection counts. The assessor applies it.
    pub min_score: Thresholds,
    /// Least share of the analysed pictures that must show it, above 0 to 1.
    pub min_share: f32,
}

impl StandingSettings {
    /// These classes for this dwell; 10 s of missed detections tolerated (a fifth of a dwell below
    /// 50 s), foot point, the usual score, 60 % of the pictures.
    #[must_use]
    pub fn new(classes: Vec<Class>, dwell: Duration) -> Self {
        Self {
            classes,
            dwell,
            gap_tolerance: ranges::usual_gap_tolerance(dwell),
            presence: Presence::Foot,
            min_score: Thresholds::default(),
            min_share: 0.6,
        }
    }
}

impl KindSettings for StandingSettings {
    fn fault(&self) -> Option<Fault> {
        ranges::classes(&self.classes)
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
        Some(Sought::in_zone(&self.classes, self.presence, &self.min_score))
    }

    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(Standing::new(self.clone(), zone.clone(), clear_after))
    }
}

/// The rule at work.
#[derive(Debug)]
struct Standing {
    settings: StandingSettings,
    zone: Zone,
    clear_after: Duration,
    spots: Spots,
}

impl Standing {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts its object.
    fn new(settings: StandingSettings, zone: Zone, clear_after: Duration) -> Self {
        let StandingSettings { dwell, gap_tolerance, min_share, .. } = settings;
        let spots = Spots::new(Patience { dwell, gap_tolerance, clear_after, min_share });
        Self { settings, zone, clear_after, spots }
    }

    fn counts(&self, track: &Track) -> bool {
        self.settings.classes.contains(&track.class)
    }

    fn verdict(&self, view: &View<'_>) -> Verdict {
        let subjects = || self.spots.ripe().filter_map(|spot| spot.subject.clone());
        let shown = self.spots.ripe().find(|spot| spot.subject.is_some());
        match shown.map(|spot| &spot.tally) {
            Some(tally) => {
                Verdict::Met(tally.finding(view, self.spots.ripe().count(), subjects().collect()))
            }
            None if self.spots.all().is_empty() => Verdict::Clear,
            None => Verdict::Candidate,
        }
    }
}

impl Rule for Standing {
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        let visible: Vec<&Track> =
            view.tracks.iter().copied().filter(|track| self.counts(track)).collect();
        let in_zone = |track: &&Track| self.settings.presence.holds(&self.zone, &track.bbox);
        let inside: Vec<&Track> = visible.iter().copied().filter(in_zone).collect();
        self.spots.follow(&visible, &inside, view);
        self.verdict(view)
    }

    fn step_back(&mut self, at: CaptureTime) {
        self.spots.step_back(at);
    }

    fn sampling(&self, phase: Phase) -> Sampling {
        let span = (self.settings.dwell, self.settings.gap_tolerance);
        Sampling::of_dwell(phase, span, self.clear_after)
    }

    fn detects_every(&self) -> Option<Duration> {
        Some(Sampling::idle(self.settings.dwell))
    }

    fn describe(&self, finding: &Finding) -> String {
        format!("{}个目标停留超过{}秒", finding.count, self.settings.dwell.as_secs())
    }

    fn threshold(&self) -> f32 {
        self.settings.min_score.usual()
    }

    fn memory(&self) -> Result<serde_json::Value, serde_json::Error> {
        let spots: Vec<SpotV1> = self.spots.all().iter().map(SpotV1::of).collect();
        memory::write(StandingTerms::NAME, spots)
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        let spots: Option<Vec<SpotV1>> = memory::read(StandingTerms::NAME, memory);
        self.spots.restore(spots.iter().flatten().map(SpotV1::spot).collect());
        spots.is_some()
    }
}
