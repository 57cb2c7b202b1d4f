//! The settings of a tracker.

use std::time::Duration;

use crate::detection::Class;
use crate::thresholds::Thresholds;

/// How objects are followed. The defaults suit a street camera at 0.2 to 25 pictures a second.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackerSettings {
    /// Scores from which a detection may begin a track. Weaker ones only prolong tracks that exist
    /// already.
    pub strong: Thresholds,
    /// Score below which a detection is ignored, 0..=1, unless its class may begin a track so low
    /// that a weaker one may prolong it.
    pub weak_score: f32,
    /// Overlap (IoU, 0..=1) that joins a strong detection to a track of its class.
    pub strong_overlap: f32,
    /// Overlap (IoU, 0..=1) that joins a weak detection to a track of its class.
    pub weak_overlap: f32,
    /// Overlap (IoU, 0..=1) that joins a detection to a track of another class.
    pub mismatch_overlap: f32,
    /// Pictures that must have shown an object before it is believed, from 1.
    pub confirm_hits: u32,
    /// The longest time for which an unseen object is remembered. It is watched time: gaps do not
    /// count. An object that stood is remembered for as long as it stood, any other for 2 s. Each
    /// is remembered until three pictures in a row did not show it, however far apart they are.
    pub lost_for: Duration,
    /// An object whose overlap (IoU, 0..=1) with its place is below this has left it.
    pub still_overlap: f32,
    /// How long the visible part of a standing object may be smaller than its place, because
    /// something stands in front of it, before this counts as movement.
    pub occluded_for: Duration,
}

impl Default for TrackerSettings {
    fn default() -> Self {
        Self {
            strong: Thresholds::default(),
            weak_score: 0.1,
            strong_overlap: 0.2,
            weak_overlap: 0.4,
            mismatch_overlap: 0.6,
            confirm_hits: 2,
            lost_for: Duration::from_secs(10),
            still_overlap: 0.5,
            occluded_for: Duration::from_secs(10),
        }
    }
}

/// Why settings make no sense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrackerSettingsError {
    /// A score or an overlap is not a share.
    #[error("{name} must lie in 0..=1, found {found}")]
    NotAShare {
        /// The setting's name.
        name: &'static str,
        /// Its value.
        found: f32,
    },
    /// The weak score is above the strong one.
    #[error("weak_score {weak} must not be above strong_score {strong}")]
    WeakAboveStrong {
        /// The weak score.
        weak: f32,
        /// The strong score.
        strong: f32,
    },
    /// Objects would be believed before any picture showed them.
    #[error("confirm_hits must be at least 1")]
    NoConfirmHits,
}

impl TrackerSettings {
    /// Score below which a detection of this class is ignored.
    pub(super) fn weak_score(&self, class: &Class) -> f32 {
        self.weak_score.min(self.strong.goes_on(class))
    }

    /// Whether the values make sense. A tracker runs with any values, but not usefully.
    ///
    /// # Errors
    /// Names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), TrackerSettingsError> {
        let strong = self.strong.scores().map(|score| ("strong_score", score));
        let shares = [
            ("weak_score", self.weak_score),
            ("strong_overlap", self.strong_overlap),
            ("weak_overlap", self.weak_overlap),
            ("mismatch_overlap", self.mismatch_overlap),
            ("still_overlap", self.still_overlap),
        ];
        for (name, found) in strong.chain(shares) {
            if !(0.0..=1.0).contains(&found) {
                return Err(TrackerSettingsError::NotAShare { name, found });
            }
        }
        if self.weak_score > self.strong.usual() {
            let (weak, strong) = (self.weak_score, self.strong.usual());
            return Err(TrackerSettingsError::WeakAboveStrong { weak, strong });
        }
        if self.confirm_hits == 0 {
            return Err(TrackerSettingsError::NoConfirmHits);
        }
        Ok(())
    }
}
