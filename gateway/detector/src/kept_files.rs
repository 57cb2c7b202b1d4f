//! A helping model's files as they were once: who has them can run it when the files are others, or gone.

use std::path::{Path, PathBuf};

use crate::manifest::error::ManifestError;
use crate::manifest::sheet::Sheet;
use crate::manifest::text_in;

/// A `model.toml` and its weights, proved and kept in memory.
#[derive(Debug, Clone)]
pub struct KeptFiles<M> {
    /// What `model.toml` says.
    pub manifest: M,
    path: PathBuf,
    text: String,
    weights: Vec<u8>,
}

impl<M: Sheet> KeptFiles<M> {
    /// Reads those in `folder`.
    ///
    /// # Errors
    /// They cannot be read, `model.toml` has faults, or the weights are not those that it means or longer than
    /// such can be.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let (path, text) = text_in(folder)?;
        let manifest = M::parse(&path, &text)?;
        let weights = manifest.weights().read()?;
        if weights.len() > M::MOST_BYTES {
            let (path, bytes) = (manifest.weights().path.clone(), weights.len());
            return Err(ManifestError::LongHead { path, bytes, most: M::MOST_BYTES });
        }
        Ok(Self { manifest, path, text, weights })
    }

    /// Those that another process has read: the [`KeptFiles::path`], [`KeptFiles::text`] and
    /// [`KeptFiles::weights`] of it.
    ///
    /// # Errors
    /// `text` has faults.
    pub fn handed_over(
        (path, text): (PathBuf, String),
        weights: Vec<u8>,
    ) -> Result<Self, ManifestError> {
        let manifest = M::parse(&path, &text)?;
        Ok(Self { manifest, path, text, weights })
    }
}

impl<M> KeptFiles<M> {
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
