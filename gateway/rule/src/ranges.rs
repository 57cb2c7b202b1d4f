//! The ranges of settings that several kinds of rule share.

use std::time::Duration;

use scene::{Class, Thresholds};

/// A setting out of range and what was expected of it.
pub type Fault = (&'static str, &'static str);

pub(crate) fn classes(classes: &[Class]) -> Option<Fault> {
    classes.is_empty().then_some(("classes", "at least one class of the model"))
}

pub(crate) fn dwell(dwell: Duration, gap_tolerance: Duration) -> Option<Fault> {
    if dwell < Duration::from_secs(1) {
        Some(("dwell", "1 second or more"))
    } else if gap_tolerance > dwell {
        Some(("gap_tolerance", "no longer than the dwell"))
    } else {
        None
    }
}

pub(crate) fn min_score(scores: &Thresholds) -> Option<Fault> {
    // NaN lies in no range.
    let is_sound = scores.scores().all(|score| (0.0..=1.0).contains(&score));
    (!is_sound).then_some(("min_score", "0 to 1"))
}

pub(crate) fn share(setting: &'static str, share: f32) -> Option<Fault> {
    let is_share = share > 0.0 && share <= 1.0;
    (!is_share).then_some((setting, "above 0, at most 1"))
}

/// The missed detections tolerated in a dwell unless set otherwise: 10 s, a fifth of a dwell below
/// 50 s.
pub(crate) fn usual_gap_tolerance(dwell: Duration) -> Duration {
    (dwell / 5).min(Duration::from_secs(10))
}
