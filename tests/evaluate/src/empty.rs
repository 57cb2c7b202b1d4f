//! The street as it is: whatever is told of a thing is wrong.

use crate::case::Case;
use crate::condition::Condition;
use crate::material::Effort;

/// Seconds of a run. Light, noise and the place in the clip are drawn anew for each.
const LONGEST_SECS: f64 = 600.0;
const SHORTEST_SECS: f64 = 60.0;

/// As much time under each condition, so many hours in all.
pub(crate) fn runs(effort: &Effort) -> Vec<Case> {
    let secs = 3600.0 * effort.empty_hours / effort.conditions.len().max(1) as f64;
    let of_each = (secs / LONGEST_SECS).ceil().max(1.0) as u64;
    let secs = (secs / of_each as f64).max(SHORTEST_SECS);
    let under = effort.conditions.iter().flat_map(|it| (0..of_each).map(move |_| *it));
    under.zip(0..).map(|(condition, number)| run(condition, (effort.seed, number), secs)).collect()
}

/// One run.
pub(crate) fn run(condition: Condition, (seed, number): (u64, u64), secs: f64) -> Case {
    Case::empty(condition, seed.wrapping_add(1_000_000 + number), secs)
}
