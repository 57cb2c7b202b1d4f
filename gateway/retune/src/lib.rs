//! Changed rules, judged on what a camera really saw, or a door or sensor really said.

mod caveats;
mod comparison;
mod error;
mod judge;
mod report;
mod rule_set;
mod trial;
mod watched;

#[cfg(test)]
mod tests;

pub use error::RetuneError;
pub use judge::{Question, retune};
pub use report::Report;
pub use rule_set::RuleSet;
