//! A scenario: which clips play as which cameras, and what truly happens in them.
//!
//! A person who looked at the clips wrote the truth down. The gateway never reads it.

mod file;
pub(crate) mod model;

pub use model::{Camera, ClipSource, Scenario, Truth, Zone};

#[cfg(test)]
mod tests;
