//! How the rules of a camera want it to be looked at.

use std::time::Duration;

use eye::{Crops, QuietWatch, Watch};
use incident::Assessor;

use crate::analysis::inference::Search;

/// Rules that want no picture still get one now and then, so that a dead decoder is noticed.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);

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
        quiet: quiet.map(|quiet| QuietWatch::new(&quiet.zones, quiet.longest)),
    }
}
