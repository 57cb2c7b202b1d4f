//! The settings of the rule.

use std::time::Duration;

use scene::{Class, Thresholds};

use crate::misreading::is_misreading;
use crate::ranges::{self, Fault};

/// The name of the kind.
pub(super) const NAME: &str = "obstruction";

/// How much of a passage must be blocked for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct ObstructionSettings {
    /// Any of these counts; whatever the model knows and may keep standing, if none.
    pub classes: Option<Vec<Class>>,
    /// None of these counts.
    pub except: Vec<Class>,
    /// Whether things of no class count that newly stand in the passage.
    pub unknown_things: bool,
    /// How long each object must stand, in capture time.
    pub dwell: Duration,
    /// Missed detections for up to this time do not reset the dwell.
    pub gap_tolerance: Duration,
    /// When a passage is blocked.
    pub limit: ObstructionLimit,
    /// From which score on a detection counts. The assessor applies it.
    pub min_score: Thresholds,
    /// Least share of the analysed pictures that must show an object, above 0 to 1.
    pub min_share: f32,
}

/// When a passage is blocked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ObstructionLimit {
    /// At least this share of the zone, as the picture shows it, is covered: above 0 to 1.
    Share(f32),
    /// At the narrowest place this share of the passage's width, as the picture shows it, is no part of
    /// the widest way through: above 0 to 1. Needs no calibration. The zone must be longer than wide.
    WidthShare(f32),
    /// The passage is less wide than this on the ground at its narrowest place. The zone must be
    /// longer than wide there, and the camera calibrated.
    ClearWidth {
        /// Metres, 0.1 to 100: 4.0 for a fire lane (GB 50016), 1.1 to 1.4 for an evacuation
        /// passage.
        metres: f64,
    },
}

impl ObstructionSettings {
    /// Anything but persons for this dwell; 10 s of missed detections tolerated (a fifth of a dwell
    /// below 50 s), the usual score, 60 % of the pictures.
    #[must_use]
    pub fn new(limit: ObstructionLimit, dwell: Duration) -> Self {
        Self {
            classes: None,
            except: vec![Class::new("person")],
            unknown_things: true,
            dwell,
            gap_tolerance: ranges::usual_gap_tolerance(dwell),
            limit,
            min_score: Thresholds::default(),
            min_share: 0.6,
        }
    }

    /// Whether a box of this class is a wrong word for something else.
    pub(super) fn misreads(&self, class: &Class) -> bool {
        is_misreading(class, self.classes.as_deref(), &self.except)
    }
}

impl ObstructionLimit {
    pub(super) fn fault(self) -> Option<Fault> {
        match self {
            Self::Share(share) => ranges::share("share", share),
            Self::WidthShare(share) => ranges::share("width_share", share),
            Self::ClearWidth { metres } => {
                // NaN lies in no range.
                let is_width = (0.1..=100.0).contains(&metres);
                (!is_width).then_some(("clear_width", "0.1 to 100 metres"))
            }
        }
    }
}
