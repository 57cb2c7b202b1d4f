//! A northbound adapter: alerts become cases of an eGova case system over HTTP, and its notices
//! become case feedback.
//!
//! It reads the ledger's history with a cursor of its own, as slowly as the case system lets it, and
//! moves the cursor only behind what was answered. It signs for a notice only when the inbox has
//! kept it. So a kill or an outage of days repeats things, and the case system tells repetitions by
//! `uid` and `caseId`, the inbox by `msg_id`.
//!
//! One thread, one call at a time: the order of the history is the order of the calls.

mod case;
mod client;
mod courier;
mod notice;
mod settings;

#[cfg(test)]
mod tests;

pub(crate) use courier::{Egova, EgovaHandle};
pub(crate) use settings::{EgovaSettings, TokenPlace};
