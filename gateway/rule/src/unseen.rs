//! When something that a rule follows is taken to be gone: after enough time *and* enough looks.
//!
//! One look may be wrong: a passer-by hides what stands, or both become one box. Rules ask for two
//! looks in the time for which they tolerate misses, but a busy box looks later than asked, and then
//! one wrong look alone would last longer than that time.

use std::time::Duration;

/// A look that does not show it proves that it is gone only together with another.
const MIN_LOOKS: u32 = 2;
/// One alone is forgiven for as long again as misses are tolerated, and no longer than this: then
/// something else may stand there by now.
const MOST_FORGIVEN: Duration = Duration::from_secs(10);

/// How long something has been out of sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unseen {
    /// Looks in a row that could have shown it and did not.
    pub(crate) looks: u32,
    /// Watched time since the latest look that did.
    pub(crate) time: Duration,
}

impl Unseen {
    /// Whether it is gone, if misses are tolerated for this long.
    pub(crate) fn is_gone(self, tolerance: Duration) -> bool {
        self.looks > 0 && self.time > self.tolerated(tolerance)
    }

    /// How long it may be out of sight, if misses are tolerated for this long.
    pub(crate) fn tolerated(self, tolerance: Duration) -> Duration {
        let forgiven =
            if self.looks < MIN_LOOKS { tolerance.min(MOST_FORGIVEN) } else { Duration::ZERO };
        tolerance + forgiven
    }
}
