//! What every long task needs: the clock, back-off, upkeep, logging, a watchdog, and the names of all metrics.

mod backoff;
mod clock;
mod logging;
pub mod metrics;
mod plain_text;
mod steadiness;
mod upkeep;
mod watchdog;

pub use backoff::Backoff;
pub use clock::utc_now;
pub use logging::install_logging;
pub use plain_text::plain_text;
pub use upkeep::Upkeep;
pub use watchdog::{Heartbeat, Stall, Watchdog};
