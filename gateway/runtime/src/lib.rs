//! What every long task needs: the clock, back-off, upkeep, logging, and the names of all metrics.

mod backoff;
mod clock;
mod logging;

pub mod metrics;
mod panics;
mod steadiness;
mod upkeep;

pub use backoff::Backoff;
pub use clock::utc_now;
pub use logging::install_logging;
pub use panics::tell_panics_briefly;
pub use upkeep::Upkeep;
