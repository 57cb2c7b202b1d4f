//! Logging set-up and the names of all metrics.

pub(crate) mod logging;
pub(crate) mod metrics;
