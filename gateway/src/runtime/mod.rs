//! What every long task needs: the clock, and patience.

mod backoff;
mod clock;
mod steadiness;

pub(crate) use backoff::Backoff;
pub(crate) use clock::utc_now;
pub(crate) use steadiness::Steadiness;
