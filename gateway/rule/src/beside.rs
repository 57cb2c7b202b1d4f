//! `beside`: an object of these classes stands in the zone near one of those, for so long.
//!
//! In an operator's words: ten pictures in a dwell and two in the tolerated gap, at most one every
//! 0.2 s, at least one every 5 s; six in the time after which an open alert clears.
//!
//! The pair is known by the place of what stands. The object near it, say the wire that an e-bike
//! is charged from, may be lost, found again or replaced by another: as long as some such object is
//! within reach in enough of the pictures, the dwell goes on.

use std::time::Duration;

use scene::{CaptureTime, Class};

use super::company::{Company, CompanySettings};
use super::presence::Presence;
use super::ranges::{self, Fault};
use super::reach::Reach;
use super::{Finding, KindSettings, Phase, Rule, Sampling, Verdict, View, Wanted};
use crate::zone::Zone;

/// The tag of what it remembers.
const KIND: &str = "beside";

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
    /// Missed detections of either up to so long do not reset the dwell.
    pub gap_tolerance: Duration,
    /// When what stands is in the zone.
    pub presence: Presence,
    /// Least detection score that counts, 0..=1.
    pub min_score: f32,
    /// Least share of the analysed pictures that must show both, above 0 to 1.
    pub min_share: f32,
}

impl BesideSettings {
    /// These classes near those for so long; within half the taller box's height; 10 s of missed
    /// detections tolerated (a fifth of a dwell below 50 s), foot point, any score, 60 % of the
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
            min_score: 0.0,
            min_share: 0.6,
        }
    }

    fn company(&self) -> CompanySettings {
        CompanySettings {
            standing: self.classes.clone(),
            near: self.near.clone(),
            reach: self.reach,
            presence: self.presence,
            dwell: self.dwell,
            gap_tolerance: self.gap_tolerance,
            min_score: self.min_score,
            min_share: self.min_share,
        }
    }
}

impl KindSettings for BesideSettings {
    fn fault(&self) -> Option<Fault> {
        let no_near = self.near.is_empty().then_some(("near", "at least one class of the model"));
        ranges::classes(&self.classes).or(no_near).or_else(|| self.company().fault())
    }

    fn classes(&self) -> Wanted {
        self.company().classes()
    }

    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(Beside::new(self, zone.clone(), clear_after))
    }
}

/// The rule at work.
#[derive(Debug)]
pub struct Beside {
    company: Company,
    dwell: Duration,
    min_score: f32,
}

impl Beside {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts the pair.
    pub(super) fn new(settings: &BesideSettings, zone: Zone, clear_after: Duration) -> Self {
        let company = Company::new(settings.company(), zone, clear_after);
        Self { company, dwell: settings.dwell, min_score: settings.min_score }
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

    fn describe(&self, finding: &Finding) -> String {
        format!("{}个目标紧邻关联物品停留超过{}秒", finding.count, self.dwell.as_secs())
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
