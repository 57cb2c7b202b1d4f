//! What is recorded comes back, whatever happens to the files in between.
#![expect(clippy::unwrap_used, reason = "a broken fixture fails the test at its line")]

mod damage;
mod hostile;
mod retention;
mod round_trip;
mod script;
mod signals;
