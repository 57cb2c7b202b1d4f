//! The files of a head, as they were once.

use std::path::{Path, PathBuf};

use crate::manifest::error::ManifestError;
use crate::manifest::head::HeadManifest;

/// No weighted sum is longer. Heads go to an eye within one order.
const MOST_BYTES: usize = 256 * 1024;

/// `model.toml` of a head and its weights, proved and kept in memory.
#[derive(Debug, Clone)]
pub struct HeadFiles {
    /// What `model.toml` says.
    pub manifest: HeadManifest,
    path: PathBuf,
    text: String,
    weights: Vec<u8>,
}

impl HeadFiles {
    /// Reads those in `folder`.
    ///
    /// # Errors
    /// They cannot be read, `model.toml` has faults, or the weights are not those that it means or longer than
    /// a head can be.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let (path, text) = HeadManifest::text_in(folder)?;
        let manifest = HeadManifest::parse(&path, &text)?;
        let weights = manifest.weights.read()?;
        if weights.len() > MOST_BYTES {
            let (path, bytes) = (manifest.weights.path, weights.len());
            return Err(ManifestError::LongHead { path, bytes, most: MOST_BYTES });
        }
        Ok(Self { manifest, path, text, weights })
    }

    /// Those that another process has read: the [`HeadFiles::path`], [`HeadFiles::text`] and
    /// [`HeadFiles::weights`] of it.
    ///
    /// # Errors
    /// `text` has faults.
    pub fn handed_over(
        (path, text): (PathBuf, String),
        weights: Vec<u8>,
    ) -> Result<Self, ManifestError> {
        let manifest = HeadManifest::parse(&path, &text)?;
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
