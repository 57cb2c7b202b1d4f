//! How the rules of a camera want it to be looked at.

use std::time::Duration;

use eye::{CableDemand, Crops, QuietWatch, Watch};
use incident::{Assessor, Quiet};

use crate::analysis::inference::Search;

/// Rules that want no picture still get one now and then, so that a dead decoder is noticed.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);

/// This many pictures must be missing in a row before that is a gap in the observation, and called a fault.
const MISSED_PICTURES: u32 = 3;

/// How the rules of `assessor` want a camera to be looked at. `in_haste`: somebody waits for a picture.
pub(crate) fn watch(assessor: &Assessor, search: &Search, in_haste: bool) -> Watch {
    let quiet = assessor.quiet().filter(|_| !in_haste);
    let longest = if in_haste { Duration::ZERO } else { LONGEST_INTERVAL };
    Watch {
        interval: assessor.sampling().interval.min(longest),
        detect: search.detect.clone(),
        wants_appearance: assessor.needs_appearance(),
        standing: search.standing.clone(),
        second_look: search.second_look.clone(),
        crops: Crops::of(&assessor.wanted_looks()),
        cables: CableDemand::of(assessor.needs_cables(), &assessor.wanted_cable_looks()),
        quiet: quiet.map(|quiet| quiet_watch(&quiet, search.longest_look)),
    }
}

/// What nothing in sight allows. No look is left out for longer than `longest_look`, which somebody has set.
fn quiet_watch(quiet: &Quiet, longest_look: Option<Duration>) -> QuietWatch {
    let longest_look = longest_look.map(|set| set.min(quiet.longest_look));
    QuietWatch::new(&quiet.zones, quiet.longest).leaving_out(longest_look)
}

/// A longer time without a look is a fault, if a camera is watched so: pictures are missing.
pub(super) fn patience(watch: &Watch) -> Duration {
    let longest = watch.pace().longest.unwrap_or_default();
    (watch.interval * MISSED_PICTURES).max(longest.saturating_add(watch.interval))
}

#[cfg(test)]
mod tests;
