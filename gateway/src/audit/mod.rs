//! The history of alerts, cases and commands: is it what was recorded, and what does it say.

mod error;
mod export;
mod line;
mod strays;
mod verify;

#[cfg(test)]
mod tests;

pub(crate) use error::AuditError;
pub(crate) use export::{Selection, export};
pub(crate) use strays::list_strays;
pub(crate) use verify::{verify, verify_export};
