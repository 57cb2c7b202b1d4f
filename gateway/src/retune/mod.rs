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

pub(crate) use error::RetuneError;
pub(crate) use judge::{Question, retune};
