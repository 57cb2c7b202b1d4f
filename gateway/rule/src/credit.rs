//! For how long company may yet be missing. Time with it earns credit, and time without uses that up.
//!
//! So company for a moment, again and again, never adds up: at any time the pictures with it must outweigh
//! those without by the share that is asked for.

use std::time::Duration;

/// How credit is earned and used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CreditTerms {
    min_share: f32,
    /// What one tolerated gap costs: all that there is at first.
    grace: Duration,
    most: Duration,
}

impl CreditTerms {
    pub(crate) fn new(dwell: Duration, gap_tolerance: Duration, min_share: f32) -> Self {
        // The millisecond is for rounding.
        let grace = gap_tolerance.mul_f32(min_share) + Duration::from_millis(1);
        Self { min_share, grace, most: grace + dwell.mul_f32(1.0 - min_share) }
    }

    /// Of what is seen for the first time.
    pub(crate) const fn first(&self) -> Duration {
        self.grace
    }

    /// What is left of `credit` after so much time with company or without; none if it is used up.
    pub(crate) fn after(
        &self,
        credit: Duration,
        passed: Duration,
        with_company: bool,
    ) -> Option<Duration> {
        if with_company {
            let earned = passed.mul_f32(1.0 - self.min_share);
            return Some(credit.saturating_add(earned).min(self.most));
        }
        credit.checked_sub(passed.mul_f32(self.min_share))
    }
}
