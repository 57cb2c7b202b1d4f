//! Why evidence could not be kept.

use std::io;
use std::path::{Path, PathBuf};

/// Why evidence could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk or its permissions.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was to be done.
        action: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What is left belongs to the alerts.
    #[error(
        "{} has {free} bytes left and evidence needs {needed}, with evidence.min_free_bytes: make \
         room on that disk", .folder.display()
    )]
    NearlyFull {
        /// The evidence folder.
        folder: PathBuf,
        /// What the disk has left.
        free: u64,
        /// The file and what must stay free.
        needed: u64,
    },
}

impl StoreError {
    pub(super) fn of(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path: path.clone(), source }
    }
}
