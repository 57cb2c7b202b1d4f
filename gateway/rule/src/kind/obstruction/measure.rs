//! How far a passage is blocked.

use scene::{GroundPlane, Polygon};

use super::coverage;
use super::obstacle::Obstacle;
use super::passage::Passage;
use super::settings::ObstructionLimit;

/// How far a passage is blocked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Measure {
    /// The share of it that is covered, 0..=1.
    Share(f32),
    /// The share of its width that is taken at the narrowest place, 0..=1.
    WidthShare(f64),
    /// The width in metres that is left.
    ClearWidth(f64),
}

/// Measures a passage by a limit.
#[derive(Debug)]
pub(super) struct Gauge {
    limit: ObstructionLimit,
    polygon: Polygon,
    /// The zone as the picture shows it, if the limit needs it.
    in_picture: Option<Passage>,
    /// The zone on the ground, by the calibration that took it there; none of it where that can
    /// not be.
    surveyed: Option<(GroundPlane, Option<Passage>)>,
}

impl Gauge {
    /// Not surveyed yet.
    pub(super) fn new(limit: ObstructionLimit, polygon: Polygon) -> Self {
        let is_width = matches!(limit, ObstructionLimit::WidthShare(_));
        let in_picture = is_width.then(|| Passage::in_picture(&polygon)).flatten();
        Self { limit, polygon, in_picture, surveyed: None }
    }

    /// Takes the passage to the ground, once for each calibration.
    pub(super) fn survey(&mut self, ground: Option<&GroundPlane>) {
        let is_known = self.surveyed.as_ref().map(|(known, _)| known) == ground;
        if matches!(self.limit, ObstructionLimit::ClearWidth { .. }) && !is_known {
            self.surveyed = ground.map(|ground| (*ground, Passage::on(ground, &self.polygon)));
        }
    }

    /// Whether the limit can be held against this passage.
    pub(super) fn can_judge(&self) -> bool {
        match self.limit {
            ObstructionLimit::Share(_) => true,
            ObstructionLimit::WidthShare(_) => self.in_picture.is_some(),
            ObstructionLimit::ClearWidth { .. } => {
                self.surveyed.as_ref().is_some_and(|(_, passage)| passage.is_some())
            }
        }
    }

    /// How far these obstacles block the passage, if they do so beyond the limit.
    pub(super) fn blocked_by(&self, obstacles: &[Obstacle]) -> Option<Measure> {
        match self.limit {
            ObstructionLimit::Share(limit) => {
                let footprints: Vec<_> =
                    obstacles.iter().flat_map(|it| it.footprints.iter().copied()).collect();
                let share = coverage::covered_share(&self.polygon, &footprints);
                (share >= limit).then_some(Measure::Share(share))
            }
            ObstructionLimit::WidthShare(limit) => {
                let passage = self.in_picture.as_ref()?;
                let parts = obstacles.iter().flat_map(|it| &it.footprints);
                let share = passage.share_taken(&passage.footprints_in_picture(parts))?;
                (share >= f64::from(limit)).then_some(Measure::WidthShare(share))
            }
            ObstructionLimit::ClearWidth { metres } => {
                let (ground, passage) = self.surveyed.as_ref()?;
                let passage = passage.as_ref()?;
                let grounded: Vec<_> = obstacles
                    .iter()
                    .flat_map(|it| passage.footprints(ground, &it.bounds, &it.footprints))
                    .collect();
                let width = passage.clear_width(&grounded)?;
                (width < metres).then_some(Measure::ClearWidth(width))
            }
        }
    }
}
