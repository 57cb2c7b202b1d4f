//! The street as it is, in runs of ten minutes: whatever is told of a thing is wrong.

use crate::case::Case;
use crate::condition::Condition;
use crate::material::Effort;

/// Seconds of a run. Light, noise and the place in the clip are drawn anew for each.
const RUN_SECS: f64 = 600.0;

/// Runs under all conditions in turn, for as many hours as are wanted.
pub(crate) fn runs(effort: &Effort) -> Vec<Case> {
    let secs = (3600.0 * effort.empty_hours).min(RUN_SECS).max(60.0);
    let count = (3600.0 * effort.empty_hours / secs).round().max(1.0) as u64;
    let under = effort.conditions.iter().cycle().zip(0..count);
    under.map(|(condition, number)| run(*condition, (effort.seed, number), secs)).collect()
}

/// One run.
pub(crate) fn run(condition: Condition, (seed, number): (u64, u64), secs: f64) -> Case {
    Case::empty(condition, seed.wrapping_add(1_000_000 + number), secs)
}
