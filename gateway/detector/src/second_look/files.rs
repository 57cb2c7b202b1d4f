//! The files of a model that looks at crops, as they were once.

use std::path::{Path, PathBuf};

use super::head_files::HeadFiles;
use crate::manifest::error::ManifestError;
use crate::manifest::second_look::SecondLookManifest;

/// `model.toml` and its weights, proved and kept in memory.
#[derive(Debug, Clone)]
pub struct SecondLookFiles {
    /// What `model.toml` says.
    pub manifest: SecondLookManifest,
    /// What is made of what it sees, instead of what its classes say.
    pub heads: Vec<HeadFiles>,
    path: PathBuf,
    text: String,
    weights: Vec<u8>,
}

impl SecondLookFiles {
    /// Reads those in `folder`.
    ///
    /// # Errors
    /// They cannot be read, `model.toml` has faults, or the weights are not those that it means.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let (path, text) = SecondLookManifest::text_in(folder)?;
        let manifest = SecondLookManifest::parse(&path, &text)?;
        let weights = manifest.weights.read()?;
        Ok(Self { manifest, heads: Vec::new(), path, text, weights })
    }

    /// The same, with these heads.
    ///
    /// # Errors
    /// One of them reads the embedding of another model, or two tell the same.
    pub fn with_heads(self, heads: Vec<HeadFiles>) -> Result<Self, ManifestError> {
        for (number, head) in heads.iter().enumerate() {
            let (path, wanted) = (head.path().to_owned(), head.manifest.embedding_sha256.clone());
            let found = self.manifest.weights.sha256.clone();
            if wanted != found {
                return Err(ManifestError::OtherEmbedding { path, wanted, found });
            }
            let same = |other: &&HeadFiles| other.manifest.task == head.manifest.task;
            if let Some(other) = heads.iter().take(number).find(same) {
                return Err(ManifestError::SameTask { one: other.path().to_owned(), other: path });
            }
        }
        Ok(Self { heads, ..self })
    }

    /// Those that another process has read: the [`SecondLookFiles::path`], [`SecondLookFiles::text`] and
    /// [`SecondLookFiles::weights`] of it.
    ///
    /// # Errors
    /// `text` has faults.
    pub fn handed_over(
        (path, text): (PathBuf, String),
        weights: Vec<u8>,
    ) -> Result<Self, ManifestError> {
        let manifest = SecondLookManifest::parse(&path, &text)?;
        Ok(Self { manifest, heads: Vec::new(), path, text, weights })
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
