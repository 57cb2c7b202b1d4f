//! What every long task needs: the clock, back-off, upkeep, logging, and the names of all metrics.

mod backoff;
mod belief;
mod clock;
mod logging;
pub mod metrics;
mod steadiness;
mod upkeep;

pub use backoff::Backoff;
pub use belief::{
    CLOCK_TOLERANCE, ClockState, clock_is_believed, clock_state, is_before_all, is_believable,
    is_now,
};
pub use clock::utc_now;
pub use logging::install_logging;
pub use steadiness::Steadiness;
pub use upkeep::Upkeep;
