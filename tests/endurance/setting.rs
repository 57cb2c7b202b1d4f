//! How long the tests wait and how long they run.

use std::time::Duration;

/// Generous: only a failing test waits for it.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A number from the environment, for runs longer than the test suite's.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}
