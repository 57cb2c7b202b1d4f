//! One camera's or device's rules at work: pictures and signals in, incident events out.

mod best_scores;
mod casework;
mod continuity;
pub(crate) mod desk;
mod ebikes;
pub(crate) mod input;
mod orphan;
pub(crate) mod outage;
pub(crate) mod seen;
mod signal_desk;
mod signal_watch;
#[cfg(test)]
mod tests;
mod watch;
pub(crate) mod witness;
