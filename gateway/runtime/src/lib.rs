//! What every long task needs: the clock, back-off, upkeep, logging, a watchdog, and the names of all metrics.

mod backoff;
mod clock;
mod error_numbers;
mod logging;
pub mod metrics;
mod panics;
mod plain_text;
mod steadiness;
mod upkeep;
mod watchdog;

pub use backoff::Backoff;
pub use clock::utc_now;
pub use error_numbers::without_error_numbers;
pub use logging::install_logging;
pub use panics::{abort_on_panic, tell_panics};
pub use plain_text::plain_text;
pub use upkeep::Upkeep;
pub use watchdog::{Heartbeat, Stall, Watchdog};
