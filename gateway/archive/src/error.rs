//! What can go wrong with files of observations.

use std::io;
use std::path::PathBuf;

/// A folder or file of observations that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", .path.display())]
pub struct ArchiveError {
    /// What was tried, as in "read the observations".
    pub action: &'static str,
    /// On which file or folder.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

impl ArchiveError {
    /// For `map_err`.
    pub(crate) fn of(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self { action, path, source }
    }
}
