//! Terms that several kinds of rule take, each with its range and its way to a setting.

use std::collections::BTreeMap;
use std::time::Duration;

use scene::{Class, Thresholds};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::presence::Presence;
use crate::ranges;
use crate::reach::Reach;
use crate::reading::Reading;

/// What counts.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ClassesTerm {
    /// The object classes that count, as the model's manifest spells them.
    #[schemars(length(min = 1, max = 80))]
    classes: Option<Vec<String>>,
}

impl ClassesTerm {
    /// The classes; `usual` if nobody names any.
    pub(crate) fn or(self, usual: &[&str], reading: &mut Reading<'_>) -> Option<Vec<Class>> {
        reading.classes("classes", self.classes, usual)
    }

    /// The classes as they are named, if somebody names some.
    pub(crate) fn named(self) -> Option<Vec<String>> {
        self.classes
    }
}

/// For how long.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct DwellTerm {
    /// How long it must last.
    #[schemars(range(min = 1, max = 2_592_000))]
    dwell_secs: Option<u32>,
}

impl DwellTerm {
    pub(crate) fn or(&self, usual: Duration) -> Duration {
        self.dwell_secs.map_or(usual, secs)
    }
}

/// How long it may go unseen.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct GapTerm {
    /// How long an object may go unseen without starting again; left out, a fifth of the dwell, 10
    /// at most (`stall`: 30).
    #[schemars(range(min = 0, max = 604_800))]
    gap_tolerance_secs: Option<u32>,
}

impl GapTerm {
    /// A tolerance that was meant for the type's longer dwell does not outlast the rule's own.
    pub(crate) fn or(&self, usual: Duration, dwell: Duration, reading: &Reading<'_>) -> Duration {
        let fits = |tolerance: &Duration| *tolerance <= dwell;
        let is_own = reading.writes("gap_tolerance_secs");
        let in_force = self.gap_tolerance_secs.map(secs).filter(|it| is_own || fits(it));
        let in_force = in_force.or(Some(usual).filter(fits));
        in_force.unwrap_or_else(|| ranges::usual_gap_tolerance(dwell))
    }
}

/// When an object is in the zone.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct PresenceTerms {
    /// When an object is in the zone. foot: the middle of its lower edge is, for zones drawn on the
    /// ground; what the picture's lower edge cuts off stands in zones that reach it. overlap: `min_overlap` of its box is, for zones drawn on walls and doors.
    presence: Option<PresenceName>,
    /// The share of its box for `presence = "overlap"`.
    #[schemars(range(min = 0.01, max = 1.0))]
    min_overlap: Option<f32>,
}

/// When an object is in a zone.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PresenceName {
    Foot,
    Overlap,
}

impl PresenceTerms {
    pub(crate) fn or(&self, usual: Presence) -> Presence {
        match (self.presence, self.min_overlap) {
            (Some(PresenceName::Foot), _) => Presence::Foot,
            (Some(PresenceName::Overlap), share) => Presence::Overlap(share.unwrap_or(0.5)),
            (None, Some(share)) => Presence::Overlap(share),
            (None, None) => usual,
        }
    }
}

/// How near is near.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ReachTerms {
    /// How near is near, in heights of the object in the picture.
    #[schemars(range(min = 0.05, max = 10.0))]
    reach_heights: Option<f32>,
    /// How near is near, on the ground. Needs the camera's `[calibration]`.
    #[schemars(range(min = 0.1, max = 100.0))]
    reach_metres: Option<f64>,
}

impl ReachTerms {
    /// One excludes the other.
    pub(crate) const RIVALS: [&'static str; 2] = ["reach_heights", "reach_metres"];

    pub(crate) fn or(&self, usual: Reach, reading: &mut Reading<'_>) -> Reach {
        match (reading.on_ground("reach_metres", self.reach_metres), self.reach_heights) {
            (Some(metres), _) => Reach::Metres(metres),
            (None, Some(heights)) => Reach::Heights(heights),
            (None, None) => usual,
        }
    }
}

/// Which detections count.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ScoreTerm {
    /// The score from which on a detection shows an object; left out or 0, the model's own threshold.
    /// Once it is known, five eighths of that suffice.
    #[schemars(range(min = 0.0, max = 1.0))]
    min_score: Option<f32>,
    /// The same for single classes, such as `{ motorcycle = 0.2 }`.
    min_scores: Option<BTreeMap<String, f32>>,
}

impl ScoreTerm {
    pub(crate) fn read(self, reading: &mut Reading<'_>) -> Thresholds {
        let usual = self.min_score.filter(|score| *score > 0.0);
        let usual = usual.map(|score| reading.score("min_score", None, score));
        let usual = usual.unwrap_or_else(|| reading.usual_score());
        let mut thresholds = Thresholds::of(usual);
        for (class, score) in self.min_scores.unwrap_or_default() {
            if let Some(known) = reading.known_class("min_scores", &class) {
                let score = reading.score("min_scores", Some(&class), score);
                thresholds = thresholds.with(known, score);
            }
        }
        thresholds
    }
}

/// How many of the pictures must show it.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ShareTerm {
    /// The share of the analysed pictures that must show it.
    #[schemars(range(min = 0.05, max = 1.0))]
    min_share: Option<f32>,
}

impl ShareTerm {
    pub(crate) fn or(&self, usual: f32) -> f32 {
        self.min_share.unwrap_or(usual)
    }
}

/// Whole seconds as a span.
pub(crate) fn secs(secs: u32) -> Duration {
    Duration::from_secs(secs.into())
}
