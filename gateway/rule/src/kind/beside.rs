//! `beside`: an object of these classes stands in the zone near one of those, for the dwell.
//!
//! The pair is known by the place of what stands. The object near it, such as the wire that charges
//! an e-bike, may be lost, found again or replaced by another: the dwell goes on as long as some such
//! object is within reach in enough of the pictures.
//!
//! Looks ten times in a dwell, at least every minute; with a candidate in sight twice in the tolerated gap, too;
//! while an incident is open, six times in the time after which it clears; both at least every 5 s. Never
//! faster than every 0.2 s.

use std::time::Duration;

use scene::{CaptureTime, Class, Thresholds};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::company::{Company, CompanySettings};
use crate::kind_settings::{KindSettings, Wanted};
use crate::kind_terms::KindTerms;
use crate::presence::Presence;
use crate::ranges::{self, Fault};
use crate::reach::Reach;
use crate::reading::Reading;
use crate::rule::Rule;
use crate::sampling::{Phase, Sampling};
use crate::sought::Sought;
use crate::terms::{
    ClassesTerm, DwellTerm, GapTerm, PresenceTerms, ReachTerms, ScoreTerm, ShareTerm,
};
use crate::verdict::{Finding, Verdict};
use crate::view::View;
use crate::zone::Zone;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct BesideTerms {
    #[serde(flatten)]
    classes: ClassesTerm,
    /// What must be near.
    #[schemars(length(min = 1, max = 80))]
    near_classes: Option<Vec<String>>,
    #[serde(flatten)]
    reach: ReachTerms,
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

impl KindTerms for BesideTerms {
    const NAME: &'static str = "beside";
    const MEANING: &'static str = "an object stands in the zone near another one";
    const RIVALS: &'static [[&'static str; 2]] = &[ReachTerms::RIVALS];
    type Settings = BesideSettings;

    fn settings(self, reading: &mut Reading<'_>) -> Option<BesideSettings> {
        let classes = self.classes.or(&[], reading);
        let near = reading.classes("near_classes", self.near_classes, &[]);
        let dwell = self.dwell.or(Duration::from_mins(1));
        let usual = BesideSettings::new(classes?, near?, dwell);
        Some(BesideSettings {
            reach: self.reach.or(usual.reach, reading),
            gap_tolerance: self.gap.or(usual.gap_tolerance, dwell, reading),
            presence: self.presence.or(usual.presence),
            min_score: self.score.read(reading),
            min_share: self.share.or(usual.min_share),
            ..usual
        })
    }
}

/// What must stand near what for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct BesideSettings {
    /// What stands in the zone: any of these.
    pub classes: Vec<Class>,
    /// What must be near it, in the zone or not: any of these.
    pub near: Vec<Class>,
    /// How near.
    pub reach: Reach,
    /// For how long, in capture time.
    pub dwell: Duration,
    /// Missed detections of either for up to this time do not reset the dwell.
    pub gap_tolerance: Duration,
    /// When what stands is in the zone.
    pub presence: Presence,
    /// From which score on a detection counts. The assessor applies it.
    pub min_score: Thresholds,
    /// Least share of the analysed pictures that must show both, above 0 to 1.
    pub min_share: f32,
}

impl BesideSettings {
    /// These classes near those for this dwell; within half the taller box's height; 10 s of missed
    /// detections tolerated (a fifth of a dwell below 50 s), foot point, the usual score, 60 % of the
    /// pictures.
    #[must_use]
    pub fn new(classes: Vec<Class>, near: Vec<Class>, dwell: Duration) -> Self {
        Self {
            classes,
            near,
            reach: Reach::Heights(0.5),
            dwell,
            gap_tolerance: ranges::usual_gap_tolerance(dwell),
            presence: Presence::Foot,
            min_score: Thresholds::default(),
            min_share: 0.6,
        }
    }

    fn company(&self) -> CompanySettings {
        CompanySettings {
            standing: self.classes.clone(),
            unknown: None,
            near: self.near.clone(),
            reach: self.reach,
            presence: self.presence,
            dwell: self.dwell,
            gap_tolerance: self.gap_tolerance,
            min_share: self.min_share,
            must_stay: false,
        }
    }
}

impl KindSettings for BesideSettings {
    fn fault(&self) -> Option<Fault> {
        let no_near = self.near.is_empty().then_some(("near", "at least one class of the model"));
        ranges::classes(&self.classes)
            .or(no_near)
            .or_else(|| self.company().fault())
            .or_else(|| ranges::min_score(&self.min_score))
    }

    fn classes(&self) -> Wanted {
        self.company().classes()
    }

    fn thresholds(&self) -> Option<&Thresholds> {
        Some(&self.min_score)
    }

    fn lies_on_ground(&self) -> bool {
        self.presence == Presence::Foot
    }

    fn sought(&self) -> Option<Sought> {
        let one = Sought::in_zone(&self.classes, self.presence, &self.min_score);
        Some(one.near(&self.near, self.reach))
    }

    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(Beside::new(self, zone.clone(), clear_after))
    }
}

/// The rule at work.
#[derive(Debug)]
struct Beside {
    company: Company,
    dwell: Duration,
    threshold: f32,
}

impl Beside {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts the pair.
    fn new(settings: &BesideSettings, zone: Zone, clear_after: Duration) -> Self {
        let company = Company::new(settings.company(), zone, clear_after);
        Self { company, dwell: settings.dwell, threshold: settings.min_score.usual() }
    }
}

impl Rule for Beside {
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        self.company.assess(view, |company, _| company.ripe().count())
    }

    fn step_back(&mut self, at: CaptureTime) {
        self.company.step_back(at);
    }

    fn sampling(&self, phase: Phase) -> Sampling {
        self.company.sampling(phase)
    }

    fn detects_every(&self) -> Option<Duration> {
        Some(Sampling::idle(self.dwell))
    }

    fn describe(&self, finding: &Finding) -> String {
        format!("{}个目标紧邻关联物品停留超过{}秒", finding.count, self.dwell.as_secs())
    }

    fn threshold(&self) -> f32 {
        self.threshold
    }

    fn memory(&self) -> Result<serde_json::Value, serde_json::Error> {
        self.company.memory(BesideTerms::NAME)
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        self.company.restore(BesideTerms::NAME, memory)
    }
}
