//! How often something has been seen since when.

use std::time::Duration;

use scene::CaptureTime;
use serde::{Deserialize, Serialize};

use crate::micros::micros;
use crate::verdict::{Finding, Subject};
use crate::view::View;

/// Fewer pictures than this prove nothing, however short the dwell.
pub(crate) const MIN_POSITIVE: u32 = 3;

/// How often something has been seen since when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tally {
    /// The first picture that showed it.
    pub(crate) since_at: CaptureTime,
    /// The picture before that one, which did not show it; none if there was none or it is not known.
    pub(crate) not_before_at: Option<CaptureTime>,
    /// Watched time of the first picture that showed it.
    pub(crate) since: Duration,
    /// Pictures that showed it.
    pub(crate) positive: u32,
    /// Pictures analysed.
    pub(crate) total: u32,
    /// Sum of the scores of those that showed it.
    pub(crate) score_sum: f64,
}

impl Tally {
    /// The tally of something first seen in this picture.
    pub(crate) fn begin(score: f32, view: &View<'_>) -> Self {
        Self {
            since_at: view.at(),
            not_before_at: view.previous_at,
            since: view.watched,
            positive: 1,
            total: 1,
            score_sum: f64::from(score),
        }
    }

    /// Counts one more analysed picture.
    pub(crate) fn begin_picture(&mut self) {
        self.total = self.total.saturating_add(1);
    }

    /// Counts that the picture shows it.
    pub(crate) fn see(&mut self, score: f32) {
        self.positive = self.positive.saturating_add(1);
        self.score_sum += f64::from(score);
    }

    /// The clock stepped back to `at`.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        self.since_at = self.since_at.min(at);
        self.not_before_at = self.not_before_at.map(|before| before.min(at));
    }

    /// Whether it has lasted for the dwell and enough pictures showed it.
    pub(crate) fn proves(&self, dwell: Duration, min_share: f32, view: &View<'_>) -> bool {
        view.watched.saturating_sub(self.since) >= dwell
            && self.positive >= MIN_POSITIVE
            && self.share() >= min_share
    }

    /// Share of the pictures that showed it, 0..=1.
    pub(crate) fn share(&self) -> f32 {
        narrow(f64::from(self.positive) / f64::from(self.total.max(1)))
    }

    /// Mean score of the pictures that showed it, 0..=1.
    pub(crate) fn mean_score(&self) -> f32 {
        narrow(self.score_sum / f64::from(self.positive.max(1))).clamp(0.0, 1.0)
    }

    /// What was found of it up to this picture.
    pub(crate) fn finding(&self, view: &View<'_>, count: usize, subjects: Vec<Subject>) -> Finding {
        Finding {
            since_at: self.since_at,
            not_before_at: self.not_before_at,
            dwell: view.watched.saturating_sub(self.since),
            pictures_positive: self.positive,
            pictures_total: self.total,
            confidence: self.mean_score(),
            count: u32::try_from(count).unwrap_or(u32::MAX),
            subjects,
            likelihood: None,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "shares and scores need no double precision")]
fn narrow(share: f64) -> f32 {
    share as f32
}

/// A tally as it is remembered over a restart. Times in microseconds: `*_at_us` since 1970, others
/// of watched time.
#[derive(Serialize, Deserialize)]
pub(crate) struct TallyV1 {
    since_at_us: i64,
    /// Older versions did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before_at_us: Option<i64>,
    since_us: u64,
    positive: u32,
    total: u32,
    score_sum: f64,
}

impl TallyV1 {
    pub(crate) fn of(tally: &Tally) -> Self {
        Self {
            since_at_us: tally.since_at.unix_micros(),
            not_before_at_us: tally.not_before_at.map(CaptureTime::unix_micros),
            since_us: micros(tally.since),
            positive: tally.positive,
            total: tally.total,
            score_sum: tally.score_sum,
        }
    }

    pub(crate) fn tally(&self) -> Tally {
        Tally {
            since_at: CaptureTime::from_unix_micros(self.since_at_us),
            not_before_at: self.not_before_at_us.map(CaptureTime::from_unix_micros),
            since: Duration::from_micros(self.since_us),
            positive: self.positive,
            total: self.total,
            score_sum: self.score_sum,
        }
    }
}
