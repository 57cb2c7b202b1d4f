//! What the readings of a re-check have said so far.

use crate::alert::verification::{VerificationReason, VerificationResult};

/// With fewer normal readings in a row there is no verdict, unless the request says otherwise. A
/// sensor does not waver as a detector does.
pub(super) const MIN_NORMAL: u32 = 3;

/// Counts over the readings of one check.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Readings {
    /// Readings, and signs that the device is there and has nothing new to say.
    pub(crate) samples: u32,
    /// Those of them by which it is still so.
    pub(crate) positive: u32,
    /// The normal ones since the latest other one.
    normal_in_row: u32,
}

impl Readings {
    /// Takes in whether it stands at a signal; none: the signal does not tell.
    pub(crate) fn add(&mut self, stands: Option<bool>) {
        let Some(stands) = stands else {
            self.normal_in_row = 0;
            return;
        };
        self.samples = self.samples.saturating_add(1);
        self.positive = self.positive.saturating_add(stands.into());
        self.normal_in_row = if stands { 0 } else { self.normal_in_row.saturating_add(1) };
    }

    /// The verdict at the end; `stands`: whether it stands then.
    pub(super) fn verdict(
        &self,
        stands: Option<bool>,
        min_normal: u32,
    ) -> (VerificationResult, VerificationReason) {
        match stands {
            Some(true) => (VerificationResult::Failed, VerificationReason::StillPresent),
            Some(false) if self.normal_in_row >= min_normal.max(1) => {
                (VerificationResult::Passed, VerificationReason::SceneClear)
            }
            _ => (VerificationResult::Inconclusive, VerificationReason::TooFewSamples),
        }
    }
}
