//! Why there is no answer.

use archive::ArchiveError;
use incident::RuleError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum RetuneError {
    /// A rule cannot be set up.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The stored observations, or the list of them, cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ArchiveError),
    /// There is nothing to judge.
    #[error("no observations of camera {camera} {span} in {folder}; {others}")]
    Nothing {
        /// The camera.
        camera: String,
        /// The span asked for, in words.
        span: String,
        /// The folder of the archive.
        folder: String,
        /// Which cameras have some, in words.
        others: String,
    },
}
