//! Casework: what the case system says of alerts, what people ask the gateway to do, and what is
//! learned from it.
//!
//! The [`CaseInbox`] takes messages on the publisher's thread. It judges, keeps and answers each in
//! one transaction and does nothing else. The [`CaseWorker`], on its own thread, reads feedback and
//! commands in the history and gives the cameras their orders. What it had not done when the gateway
//! stopped, it finds there again.

mod case_label;
mod command;
mod context;
mod feedback;
mod inbox;
mod label_store;
mod queue;
mod worker;

pub use context::CaseContext;
pub use inbox::CaseInbox;
pub use label_store::LabelStore;
pub use worker::{CaseWorker, CaseWorkerHandle};

#[cfg(test)]
mod tests;
