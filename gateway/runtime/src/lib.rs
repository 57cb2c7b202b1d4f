//! What every long task needs: the clock, back-off, upkeep, logging, and the names of all metrics.

mod backoff;
mod clock;
mod logging;
pub mod metrics;
mod plain_text;
mod rfc3339;
mod steadiness;
mod upkeep;

pub use backoff::Backoff;
pub use clock::utc_now;
pub use logging::install_logging;
pub use plain_text::without_error_numbers;
pub use rfc3339::rfc3339;
pub use upkeep::Upkeep;
