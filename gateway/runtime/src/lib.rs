//! What every long task needs: the clock, back-off, upkeep, logging, a watchdog, and the names of all metrics.

mod backoff;
mod belief;
mod clock;
mod error_numbers;
pub mod eye_metrics;
mod logging;

pub mod metrics;
mod open_files;
mod panics;
mod plain_text;
mod recurring;
mod rfc3339;
mod steadiness;
mod upkeep;
mod watchdog;

pub use backoff::Backoff;
pub use belief::{
    CLOCK_TOLERANCE, ClockState, clock_is_believed, clock_state, is_before_all, is_believable,
    is_now,
};
pub use clock::{thread_time, utc_now};
pub use error_numbers::without_error_numbers;
pub use logging::{drain_log, hold_log, install_logging, log_without_waiting, tell_starter};
pub use open_files::{OUT_OF_FILES, allow_many_files, out_of_files};
pub use panics::{abort_on_panic, tell_panics_briefly};
pub use plain_text::plain_text;
pub use recurring::Recurring;
pub use rfc3339::rfc3339;
pub use steadiness::Steadiness;
pub use upkeep::Upkeep;
pub use watchdog::{Heartbeat, LONGEST_STEP, Stall, Watchdog, loops};
