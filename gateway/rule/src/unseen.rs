//! When something that a rule follows is taken to be gone: after enough time *and* enough looks.
//!
//! One look may be wrong: a passer-by hides what stands, or both become one box. Rules ask for two
//! looks in the time for which they tolerate misses, but a busy box looks later than asked, and then
//! one wrong look alone would last longer than that time.

use std::time::Duration;

/// A look that does not show it proves that it is gone only together with another, ...
const MIN_LOOKS: u32 = 2;
/// ... or after this many times what is tolerated: then something else may stand there by now.
const LONG: u32 = 2;

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
        let most = if self.looks < MIN_LOOKS { tolerance * LONG } else { tolerance };
        self.looks > 0 && self.time > most
    }
}
