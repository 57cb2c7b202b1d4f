//! `stall`: somebody stays with goods, an umbrella, a table, a cart or a vehicle where nobody may sell.
//!
//! The stall is known by the place of the goods that stand. Sellers may take turns, customers may
//! come and go, and some pictures may miss the umbrella. What counts is that some person is within
//! reach in enough of the pictures over the dwell, and that for most of it this is one person, or one place
//! where somebody always stands. A parked car without anybody is no stall, and neither is one that people
//! walk past, however many. Goods within reach of each other are one stall.
//!
//! Where there is a model for second looks, each group is looked at eight times in a dwell, from a quarter
//! of it on. What that tells is in the alert. It holds an alert back only if the rule says how likely it
//! must be. A crop that is too small tells nothing, and holds nothing back.
//!
//! Looks ten times in a dwell, at least every minute (every 5 s with `unknown_things`); with a group in sight at
//! least every 5 s, and twice in the tolerated gap.

use std::time::Duration;

use scene::{BoundingBox, CaptureTime, Class, Thresholds, UNKNOWN_OBJECT};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::company::{Company, CompanySettings};
use crate::crop_looks::CropLooks;
use crate::kind_settings::{KindSettings, Wanted};
use crate::kind_terms::KindTerms;
use crate::likelihood::Likelihood;
use crate::presence::Presence;
use crate::ranges::{self, Fault};
use crate::reach::Reach;
use crate::reading::Reading;
use crate::rule::Rule;
use crate::sampling::{Phase, Sampling};
use crate::sought::Sought;
use crate::spot::Spot;
use crate::terms::{DwellTerm, GapTerm, PresenceTerms, ReachTerms, ScoreTerm, ShareTerm};
use crate::verdict::{Finding, Verdict};
use crate::view::View;
use crate::wording::{self, Extent};
use crate::zone::Zone;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct StallTerms {
    /// The goods, as the model's manifest spells their classes.
    #[schemars(length(min = 1, max = 80))]
    classes: Option<Vec<String>>,
    /// Who attends the goods.
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
    /// Whether things that the model has no class for are goods too, if they came while the camera
    /// watched. Left out: no.
    unknown_things: Option<bool>,
    /// How likely a stall must be, as second looks at its crop tell; one that is too small to tell counts.
    /// Left out, the alert says how likely it is, and nothing is held back.
    #[schemars(range(min = 0.05, max = 0.99))]
    min_stall_likelihood: Option<f32>,
}

/// From which part of the dwell on a group is looked at.
const LOOKED_AT_FROM: u32 = 4;

impl KindTerms for StallTerms {
    const NAME: &'static str = "stall";
    const MEANING: &'static str = "goods stand in the zone and somebody attends them";
    const RIVALS: &'static [[&'static str; 2]] = &[ReachTerms::RIVALS];
    type Settings = StallSettings;

    fn settings(self, reading: &mut Reading<'_>) -> Option<StallSettings> {
        let usual = StallSettings::new(reading.classes("classes", self.classes, &[])?);
        let sellers: Vec<&str> = usual.sellers.iter().map(Class::as_str).collect();
        let sellers = reading.classes("near_classes", self.near_classes, &sellers)?;
        let dwell = self.dwell.or(usual.dwell);
        Some(StallSettings {
            unknown_goods: self.unknown_things.unwrap_or(usual.unknown_goods),
            sellers,
            dwell,
            reach: self.reach.or(usual.reach, reading),
            gap_tolerance: self.gap.or(usual.gap_tolerance, dwell, reading),
            presence: self.presence.or(usual.presence),
            min_score: self.score.read(reading),
            min_share: self.share.or(usual.min_share),
            min_likelihood: reading
                .by_second_look("min_stall_likelihood", self.min_stall_likelihood),
            ..usual
        })
    }
}

/// Who must stay with what for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct StallSettings {
    /// Who sells: any of these.
    pub sellers: Vec<Class>,
    /// What stands in the zone: any of these.
    pub goods: Vec<Class>,
    /// Things of no class that newly stand in the zone are goods, too.
    pub unknown_goods: bool,
    /// How near the seller stays to the goods, and goods of one stall to each other.
    pub reach: Reach,
    /// For how long, in capture time.
    pub dwell: Duration,
    /// The goods may be missed, or alone, for up to this time without resetting the dwell.
    pub gap_tolerance: Duration,
    /// When the goods are in the zone.
    pub presence: Presence,
    /// From which score on a detection counts. The assessor applies it.
    pub min_score: Thresholds,
    /// Least share of the analysed pictures that must show somebody with the goods, above 0 to 1.
    pub min_share: f32,
    /// How likely a stall must be, as second looks tell, above 0 to 1; none: that holds nothing back.
    pub min_likelihood: Option<f32>,
}

impl StallSettings {
    /// A `person` with these goods for three minutes; within the taller box's height; alone for up
    /// to 30 s, foot point, the usual score, half of the pictures, however likely a second look finds it.
    #[must_use]
    pub fn new(goods: Vec<Class>) -> Self {
        Self {
            sellers: vec![Class::new("person")],
            goods,
            unknown_goods: false,
            reach: Reach::Heights(1.0),
            dwell: Duration::from_mins(3),
            gap_tolerance: Duration::from_secs(30),
            presence: Presence::Foot,
            min_score: Thresholds::default(),
            min_share: 0.5,
            min_likelihood: None,
        }
    }

    fn company(&self) -> CompanySettings {
        CompanySettings {
            standing: self.goods.clone(),
            unknown: self.unknown_goods.then(|| self.min_score.clone()),
            near: self.sellers.clone(),
            reach: self.reach,
            presence: self.presence,
            dwell: self.dwell,
            gap_tolerance: self.gap_tolerance,
            min_share: self.min_share,
            must_stay: true,
        }
    }
}

impl KindSettings for StallSettings {
    fn fault(&self) -> Option<Fault> {
        let empty = |setting, classes: &[Class]| {
            classes.is_empty().then_some((setting, "at least one class of the model"))
        };
        empty("sellers", &self.sellers)
            .or_else(|| empty("goods", &self.goods))
            .or_else(|| self.company().fault())
            .or_else(|| ranges::min_score(&self.min_score))
            .or_else(|| ranges::share("min_likelihood", self.min_likelihood.unwrap_or(1.0)))
    }

    fn classes(&self) -> Wanted {
        self.company().classes()
    }

    fn counts(&self, class: &Class) -> bool {
        if class.as_str() == UNKNOWN_OBJECT {
            return self.unknown_goods;
        }
        self.classes().holds(class)
    }

    fn thresholds(&self) -> Option<&Thresholds> {
        Some(&self.min_score)
    }

    fn needs_standing(&self) -> bool {
        self.unknown_goods
    }

    fn lies_on_ground(&self) -> bool {
        self.presence == Presence::Foot
    }

    fn sought(&self) -> Option<Sought> {
        let sought = Sought::in_zone(&self.goods, self.presence, &self.min_score);
        Some(if self.unknown_goods { sought.or_unknown() } else { sought })
    }

    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(Stall::new(self, zone.clone(), clear_after))
    }
}

/// The rule at work.
#[derive(Debug)]
struct Stall {
    company: Company,
    zone: Zone,
    reach: Reach,
    /// How much ground the goods of no class cover that the latest picture shows; none if it shows none.
    goods: Option<Extent>,
    threshold: f32,
    looks: CropLooks,
    looked_at_from: Duration,
    min_likelihood: Option<f32>,
}

impl Stall {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts the stall.
    fn new(settings: &StallSettings, zone: Zone, clear_after: Duration) -> Self {
        let company = Company::new(settings.company(), zone.clone(), clear_after);
        let (reach, threshold) = (settings.reach, settings.min_score.usual());
        let looks = CropLooks::new(settings.dwell);
        let looked_at_from = settings.dwell / LOOKED_AT_FROM;
        let min_likelihood = settings.min_likelihood;
        Self { company, zone, reach, goods: None, threshold, looks, looked_at_from, min_likelihood }
    }

    /// The verdict with how likely it is; a candidate, if that is less than the rule wants or not known yet.
    fn in_view_of_looks(&self, verdict: Verdict) -> Verdict {
        let Verdict::Met(mut finding) = verdict else { return verdict };
        finding.likelihood = self.looks.likelihood();
        let is_enough = match (self.min_likelihood, finding.likelihood) {
            (Some(least), Some(Likelihood::Of(likely))) => likely >= least,
            (Some(_), None) => self.looks.are_in_vain(),
            (None, _) | (Some(_), Some(Likelihood::TooSmall)) => true,
        };
        if is_enough { Verdict::Met(finding) } else { Verdict::Candidate }
    }
}

/// How many groups the places make, each within reach of the next.
fn groups(mut places: Vec<&Spot>, near: impl Fn(&Spot, &Spot) -> bool) -> usize {
    let mut groups = 0;
    while let Some(first) = places.pop() {
        groups += 1;
        let mut group = vec![first];
        while let Some(member) = group.pop() {
            let (joined, others): (Vec<&Spot>, Vec<&Spot>) =
                places.into_iter().partition(|place| near(member, place));
            group.extend(joined);
            places = others;
        }
    }
    groups
}

impl Rule for Stall {
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        let reach = self.reach;
        let verdict = self.company.assess(view, |company, view| {
            groups(company.ripe().collect(), |one, other| {
                reach.holds(&one.bbox, &other.bbox, view.ground)
            })
        });
        if let Verdict::Met(finding) = &verdict {
            let footprints = self.company.footprints_of_unknown(&finding.subjects);
            let extent = || Extent::of(&footprints, &self.zone, view.ground);
            self.goods = (!footprints.is_empty()).then(extent);
        }
        match verdict {
            Verdict::Clear => self.looks.forget(),
            _ => self.looks.follow(view, &self.company.groups(view, self.looked_at_from)),
        }
        self.in_view_of_looks(verdict)
    }

    fn step_back(&mut self, at: CaptureTime) {
        self.company.step_back(at);
    }

    fn accept(&mut self, places: &[BoundingBox]) {
        self.company.accept(places);
    }

    fn wants_look(&self) -> Option<BoundingBox> {
        self.looks.wanted()
    }

    fn sampling(&self, phase: Phase) -> Sampling {
        self.company.sampling(phase)
    }

    fn detects_every(&self) -> Option<Duration> {
        Some(Sampling::idle(self.company.dwell()))
    }

    fn describe(&self, finding: &Finding) -> String {
        let many = if finding.count > 1 { format!("{}处", finding.count) } else { String::new() };
        let mut reasons = wording::counted(&finding.subjects);
        reasons.extend(self.goods.map(|extent| format!("货物{}", extent.words())));
        reasons.extend(finding.likelihood.map(wording::stall_likelihood));
        reasons.push(wording::lasting(finding.dwell));
        format!("疑似占道摆摊{many}（{}）", reasons.join("、"))
    }

    fn threshold(&self) -> f32 {
        self.threshold
    }

    fn memory(&self) -> Result<serde_json::Value, serde_json::Error> {
        self.company.memory(StallTerms::NAME)
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        // Looks are asked for again: no more than the time of two pictures is lost.
        self.looks.forget();
        self.company.restore(StallTerms::NAME, memory)
    }
}
