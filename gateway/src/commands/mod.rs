//! The command line: one file for each sub-command, and the list of them.

mod approve;
mod calibrate;
mod check;
mod command_line;
mod dataset;
mod discover;
mod entry;
mod eye;
mod guard;
mod import;
mod key;
mod ledger;
mod probe;
mod retune;
mod run;
mod schema;
mod since;
mod verify;

pub use command_line::main;
