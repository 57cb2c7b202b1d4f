//! Casework: what the case system says of alerts, what people ask the gateway to do, and what is
//! learned from it.
//!
//! The [`CaseInbox`] takes messages on the publisher's thread. It judges, keeps and answers each in
//! one transaction and does nothing else. The [`CaseWorker`], on its own thread, reads feedback and
//! commands in the history and gives the cameras their orders. What it had not done when the gateway
//! stopped, it finds there again.

mod allowance;
mod case_label;
mod command;
mod context;
mod desk;
mod feedback;
mod inbox;
mod label_store;
mod queue;
mod words;
mod worker;

pub(crate) use case_label::LabelVerdict;
pub use context::CaseContext;
pub use desk::DESK_BYTES;
pub use inbox::CaseInbox;
pub use label_store::LabelStore;
pub(crate) use words::CASE;
pub use worker::{CaseWorker, CaseWorkerHandle};

#[cfg(test)]
pub(crate) mod tests;
