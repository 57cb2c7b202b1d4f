//! Files that people write in TOML, scenarios and compositions: all mistakes are collected, and
//! each is named with its line.

pub(crate) mod check;
pub(crate) mod fault;

pub use fault::{Fault, TomlFileError};
