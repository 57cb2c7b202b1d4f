//! The files of a net that finds new cables, as they were once.

use std::path::{Path, PathBuf};

use crate::manifest::cable::CableManifest;
use crate::manifest::error::ManifestError;

/// `model.toml` and its weights, proved and kept in memory.
#[derive(Debug, Clone)]
pub struct CableFiles {
    /// What `model.toml` says.
    pub manifest: CableManifest,
    path: PathBuf,
    text: String,
    weights: Vec<u8>,
}

impl CableFiles {
    /// Reads those in `folder`.
    ///
    /// # Errors
    /// They cannot be read, `model.toml` has faults, or the weights are not those that it means.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let (path, text) = CableManifest::text_in(folder)?;
        let manifest = CableManifest::parse(&path, &text)?;
        let weights = manifest.weights.read()?;
        Ok(Self { manifest, path, text, weights })
    }

    /// Those that another process has read: the [`CableFiles::path`], [`CableFiles::text`] and
    /// [`CableFiles::weights`] of it.
    ///
    /// # Errors
    /// `text` has faults.
    pub fn handed_over(
        (path, text): (PathBuf, String),
        weights: Vec<u8>,
    ) -> Result<Self, ManifestError> {
        let manifest = CableManifest::parse(&path, &text)?;
        Ok(Self { manifest, path, text, weights })
    }

    /// Where `model.toml` was.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was in it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was in the file of the weights.
    #[must_use]
    pub fn weights(&self) -> &[u8] {
        &self.weights
    }
}
