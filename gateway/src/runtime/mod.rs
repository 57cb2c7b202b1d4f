//! What every long task needs: the clock, and patience.

mod backoff;
mod clock;

pub(crate) use backoff::Backoff;
pub(crate) use clock::utc_now;
