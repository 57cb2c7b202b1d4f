//! Why there is no good answer.

use std::path::PathBuf;

use ledger::{ChainError, LedgerError};

/// Why there is no good answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The history is not what was recorded.
    #[error("{path}: {fault}; what stands before it is as it was recorded")]
    Broken {
        /// The ledger, or the exported file.
        path: PathBuf,
        /// The first entry that does not fit.
        fault: ChainError,
    },
    /// A line of an exported file is not one of `ledger export`.
    #[error(
        "{path}, line {line}: {reason}; expected a line as `gridwhistle ledger export` wrote it"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The exported file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing is known of the alert that was asked for.
    #[error(
        "no entry of the history concerns the alert {alert_id}; an alert says its id in `alert_id`"
    )]
    NoSuchAlert {
        /// Its id, as it was asked for.
        alert_id: String,
    },
    /// Standard output is closed.
    #[error("cannot write the export: {0}")]
    Unwritable(std::io::Error),
}
