//! What every long task needs: the clock, patience, and the names of all metrics.

mod backoff;
mod clock;
pub mod metrics;
mod steadiness;

pub use backoff::Backoff;
pub use clock::utc_now;
pub use steadiness::Steadiness;
