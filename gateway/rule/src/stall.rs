//! `stall`: somebody stays with goods, an umbrella, a table, a cart or a vehicle where nobody may sell.
//!
//! In an operator's words: one picture every five seconds; for dwells below 50 s ten a dwell, and
//! never less than two in the tolerated gap.
//!
//! The stall is known by the place of the goods that stand. Sellers may take turns, customers come
//! and go, the umbrella be missed for some pictures; what counts is that over the dwell some person
//! is within reach in enough of the pictures. A parked car without anybody is no stall, nor is one
//! that people walk past. Goods within reach of each other are one stall.

use std::time::Duration;

use scene::{CaptureTime, Class};

use super::company::{Company, CompanySettings};
use super::presence::Presence;
use super::ranges::Fault;
use super::reach::Reach;
use super::spot::Spot;
use super::{Finding, KindSettings, Phase, Rule, Sampling, Verdict, View, Wanted};
use crate::zone::Zone;

/// The tag of what it remembers.
const KIND: &str = "stall";

/// Who must stay with what for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct StallSettings {
    /// Who sells: any of these.
    pub sellers: Vec<Class>,
    /// What stands in the zone: any of these.
    pub goods: Vec<Class>,
    /// How near the seller stays to the goods, and goods of one stall to each other.
    pub reach: Reach,
    /// For how long, in capture time.
    pub dwell: Duration,
    /// The goods may be missed, or alone, for so long without resetting the dwell.
    pub gap_tolerance: Duration,
    /// When the goods are in the zone.
    pub presence: Presence,
    /// Least detection score that counts, 0..=1.
    pub min_score: f32,
    /// Least share of the analysed pictures that must show somebody with the goods, above 0 to 1.
    pub min_share: f32,
}

impl StallSettings {
    /// A `person` with these goods for three minutes; within the taller box's height; alone for up
    /// to 30 s, foot point, any score, half of the pictures.
    #[must_use]
    pub fn new(goods: Vec<Class>) -> Self {
        Self {
            sellers: vec![Class::new("person")],
            goods,
            reach: Reach::Heights(1.0),
            dwell: Duration::from_mins(3),
            gap_tolerance: Duration::from_secs(30),
            presence: Presence::Foot,
            min_score: 0.0,
            min_share: 0.5,
        }
    }

    fn company(&self) -> CompanySettings {
        CompanySettings {
            standing: self.goods.clone(),
            near: self.sellers.clone(),
            reach: self.reach,
            presence: self.presence,
            dwell: self.dwell,
            gap_tolerance: self.gap_tolerance,
            min_score: self.min_score,
            min_share: self.min_share,
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
    }

    fn classes(&self) -> Wanted {
        self.company().classes()
    }

    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(Stall::new(self, zone.clone(), clear_after))
    }
}

/// The rule at work.
#[derive(Debug)]
pub struct Stall {
    company: Company,
    reach: Reach,
    dwell: Duration,
    min_score: f32,
}

impl Stall {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts the stall.
    pub(super) fn new(settings: &StallSettings, zone: Zone, clear_after: Duration) -> Self {
        let StallSettings { reach, dwell, min_score, .. } = *settings;
        let company = Company::new(settings.company(), zone, clear_after);
        Self { company, reach, dwell, min_score }
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
        self.company.assess(view, |company, view| {
            groups(company.ripe().collect(), |one, other| {
                reach.holds(&one.bbox, &other.bbox, view.ground)
            })
        })
    }

    fn step_back(&mut self, at: CaptureTime) {
        self.company.step_back(at);
    }

    fn sampling(&self, phase: Phase) -> Sampling {
        self.company.sampling(phase)
    }

    fn describe(&self, finding: &Finding) -> String {
        let many = if finding.count > 1 { format!("{}处", finding.count) } else { String::new() };
        format!("疑似占道摆摊{many}，人员与物品同处停留超过{}秒", self.dwell.as_secs())
    }

    fn threshold(&self) -> f32 {
        self.min_score
    }

    fn snapshot(&self) -> Result<serde_json::Value, serde_json::Error> {
        self.company.snapshot(KIND)
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        self.company.restore(KIND, memory)
    }
}
