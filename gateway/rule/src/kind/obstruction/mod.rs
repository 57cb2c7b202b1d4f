//! `obstruction`: what stands in a passage leaves too little of it free.
//!
//! The zone is the passage. What stands in it for the dwell counts; what passes does not. An object
//! covers the lower third of its box, which is about where it meets the ground. The rule limits
//! the share of the zone that all objects cover together; or the share of the passage's width that they
//! take at its narrowest place; or, on a calibrated camera, the width that they leave free, in metres.
//! Without calibration it cannot judge metres and reports nothing; the check of the configuration
//! refuses such a rule.
//!
//! Things of no class count as well, such as goods, planks and bulky waste, if they came to the passage
//! while it was watched: see [`scene::StandingThing`]. A thing covers, of each part of its width, the
//! lower third of its height above the ground. One that the detector knows too is one object.
//!
//! A box as large as the place is no obstacle unless it came: see `scenery`. Nor is one of a class that
//! never keeps standing, such as "bird": see `misreading`.
//!
//! Looks ten times in a dwell, at least every minute (every 5 s with `unknown_things`); with a candidate in sight twice in the tolerated gap, too;
//! while an incident is open, six times in the time after which it clears; both at least every 5 s. Never
//! faster than every 0.2 s.

mod at_work;
mod measure;
mod obstacle;
mod passage;
mod remembered;
mod scenery;
mod settings;
#[cfg(test)]
mod tests;

use std::time::Duration;

use scene::{Class, Thresholds, UNKNOWN_OBJECT};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::kind_settings::{KindSettings, Wanted};
use crate::kind_terms::KindTerms;
use crate::ranges::{self, Fault};
use crate::reading::Reading;
use crate::rule::Rule;
use crate::sought::Sought;
use crate::terms::{ClassesTerm, DwellTerm, GapTerm, ScoreTerm, ShareTerm};
use crate::zone::Zone;
use at_work::Obstruction;

pub use settings::{ObstructionLimit, ObstructionSettings};

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ObstructionTerms {
    #[serde(flatten)]
    classes: ClassesTerm,
    /// Classes that never obstruct.
    #[schemars(length(max = 80))]
    except_classes: Option<Vec<String>>,
    #[serde(flatten)]
    dwell: DwellTerm,
    #[serde(flatten)]
    gap: GapTerm,
    /// The share of the zone that standing objects may take.
    #[schemars(range(min = 0.01, max = 1.0))]
    max_share: Option<f32>,
    /// The share of the passage's width that standing objects may take, at its narrowest place, as the
    /// picture shows it. One thing in the middle takes more than it does at the edge: what counts is
    /// the widest way past it. The zone must be longer than the passage is wide.
    #[schemars(range(min = 0.05, max = 1.0))]
    max_width_share: Option<f32>,
    /// The clear width that must remain. Needs the camera's `[calibration]`.
    #[schemars(range(min = 0.3, max = 50.0))]
    min_clear_width_metres: Option<f64>,
    #[serde(flatten)]
    score: ScoreTerm,
    #[serde(flatten)]
    share: ShareTerm,
    /// Whether things count that the model has no class for, such as goods, planks or bulky waste, if
    /// they came while the camera watched. Left out: yes, unless `classes` names what counts.
    unknown_things: Option<bool>,
}

impl KindTerms for ObstructionTerms {
    const NAME: &'static str = settings::NAME;
    const MEANING: &'static str = "standing objects take too much of a passage";
    const RIVALS: &'static [[&'static str; 2]] = &[
        ["max_share", "min_clear_width_metres"],
        ["max_share", "max_width_share"],
        ["max_width_share", "min_clear_width_metres"],
    ];
    type Settings = ObstructionSettings;

    fn settings(self, reading: &mut Reading<'_>) -> Option<ObstructionSettings> {
        let width = reading.on_ground("min_clear_width_metres", self.min_clear_width_metres);
        let limit = match (width, self.max_width_share) {
            (Some(metres), _) => ObstructionLimit::ClearWidth { metres },
            (None, Some(share)) => ObstructionLimit::WidthShare(share),
            (None, None) => ObstructionLimit::Share(self.max_share.unwrap_or(0.3)),
        };
        let dwell = self.dwell.or(Duration::from_mins(5));
        let usual = ObstructionSettings::new(limit, dwell);
        let classes = match self.classes.named() {
            Some(named) => Some(reading.classes("classes", Some(named), &[])?),
            None => usual.classes,
        };
        let except = self.except_classes.map(|named| reading.known("except_classes", &named));
        Some(ObstructionSettings {
            unknown_things: self.unknown_things.unwrap_or(classes.is_none()),
            classes,
            except: except.unwrap_or(usual.except),
            gap_tolerance: self.gap.or(usual.gap_tolerance, dwell, reading),
            min_score: self.score.read(reading),
            min_share: self.share.or(usual.min_share),
            ..usual
        })
    }
}

impl KindSettings for ObstructionSettings {
    fn fault(&self) -> Option<Fault> {
        self.classes
            .as_deref()
            .and_then(ranges::classes)
            .or_else(|| ranges::dwell(self.dwell, self.gap_tolerance))
            .or_else(|| self.limit.fault())
            .or_else(|| ranges::min_score(&self.min_score))
            .or_else(|| ranges::share("min_share", self.min_share))
    }

    fn classes(&self) -> Wanted {
        self.classes.clone().map_or(Wanted::All, Wanted::Only)
    }

    fn counts(&self, class: &Class) -> bool {
        if class.as_str() == UNKNOWN_OBJECT {
            return self.unknown_things;
        }
        self.classes().holds(class) && !self.except.contains(class) && !self.misreads(class)
    }

    fn thresholds(&self) -> Option<&Thresholds> {
        Some(&self.min_score)
    }

    fn needs_standing(&self) -> bool {
        self.unknown_things
    }

    fn lies_on_ground(&self) -> bool {
        true
    }

    fn sought(&self) -> Option<Sought> {
        let sought = Sought::in_passage(self.classes.as_deref(), &self.except, &self.min_score);
        Some(if self.unknown_things { sought.or_unknown() } else { sought })
    }

    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(Obstruction::new(self.clone(), zone.clone(), clear_after))
    }
}
