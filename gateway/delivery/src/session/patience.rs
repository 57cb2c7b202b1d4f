//! How long a broker may take over an answer. It outlasts connections.

use std::time::Duration;

/// A broker that is slow for good gets this many times as long as the setting says.
const MOST: u32 = 16;

/// How long a broker may take over an answer. A connection that ends because it took longer doubles it:
/// each connection sends all again from the oldest message on, so a broker that is slower than
/// that would never get ahead.
#[derive(Debug)]
pub(crate) struct Patience {
    usual: Duration,
    times: u32,
}

impl Patience {
    /// As long as the setting says.
    pub(crate) const fn new(usual: Duration) -> Self {
        Self { usual, times: 1 }
    }

    /// How long an answer may take now.
    pub(crate) fn now(&self) -> Duration {
        self.usual * self.times
    }

    /// A connection ended because it took longer.
    pub(crate) fn lengthen(&mut self) {
        self.times = (2 * self.times).min(MOST);
    }

    /// All rows were answered.
    pub(crate) fn shorten(&mut self) {
        self.times = 1;
    }
}
