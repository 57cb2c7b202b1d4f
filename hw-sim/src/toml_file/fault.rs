//! What is wrong with a file, and where.

use std::fmt;
use std::path::PathBuf;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1.
    pub line: usize,
    /// What was found, and what to write instead.
    pub message: String,
}

/// A scenario or composition that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TomlFileError {
    /// The file cannot be read at all.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file has mistakes.
    #[error("{}", Listing(path, faults))]
    Faults {
        /// The file.
        path: PathBuf,
        /// Every one of them, by line.
        faults: Vec<Fault>,
    },
}

struct Listing<'a>(&'a PathBuf, &'a [Fault]);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.1.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}:{}: {}", self.0.display(), fault.line, fault.message)?;
        }
        Ok(())
    }
}
