//! A northbound adapter: alerts become cases of an eGova case system over HTTP, and its notices
//! become case feedback.
//!
//! It reads the ledger's history with a cursor of its own, at the pace of the case system, and moves
//! the cursor only past what was answered. It signs for a notice only when the inbox has kept it. So
//! a kill or an outage of days repeats calls. The case system tells repetitions by `uid` and
//! `caseId`, the inbox by `msg_id`.
//!
//! One thread, one call at a time: the order of the history is the order of the calls.

mod adapter;
mod case;
mod client;
mod handle;
mod notice;
mod settings;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use adapter::Egova;
pub(crate) use handle::EgovaHandle;
pub(crate) use settings::{EgovaSettings, TokenPlace};
