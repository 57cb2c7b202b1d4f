//! Changed rules, judged on what a camera really saw.

mod caveats;
mod comparison;
mod error;
mod judge;
mod report;
mod trial;
mod watched;

#[cfg(test)]
mod tests;

pub use error::RetuneError;
pub use judge::{Question, retune};
pub use report::Report;
