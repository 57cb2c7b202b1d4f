//! Sheets as street offices write them, and as nobody should.

mod edits;
mod faults;
mod hostile;
mod stage;
