//! The files of a model that looks at crops, and of what is made of what it sees.

use std::path::{Path, PathBuf};

use crate::kept_files::KeptFiles;
use crate::manifest::error::ManifestError;
use crate::manifest::head::HeadManifest;
use crate::manifest::second_look::SecondLookManifest;

/// The files of a head.
pub type HeadFiles = KeptFiles<HeadManifest>;

/// A model that looks at crops, with its heads.
#[derive(Debug, Clone)]
pub struct SecondLookFiles {
    /// The model's own files.
    pub model: KeptFiles<SecondLookManifest>,
    /// What is made of what it sees, instead of what its classes say.
    pub heads: Vec<HeadFiles>,
}

impl SecondLookFiles {
    /// Reads those in `folder`.
    ///
    /// # Errors
    /// As [`KeptFiles::read`].
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        Ok(Self { model: KeptFiles::read(folder)?, heads: Vec::new() })
    }

    /// Those that another process has read.
    ///
    /// # Errors
    /// As [`KeptFiles::handed_over`].
    pub fn handed_over(
        model_toml: (PathBuf, String),
        weights: Vec<u8>,
    ) -> Result<Self, ManifestError> {
        let model = KeptFiles::handed_over(model_toml, weights)?;
        Ok(Self { model, heads: Vec::new() })
    }

    /// The same, with these heads.
    ///
    /// # Errors
    /// One of them reads the embedding of another model, or two tell the same.
    pub fn with_heads(self, heads: Vec<HeadFiles>) -> Result<Self, ManifestError> {
        for (number, head) in heads.iter().enumerate() {
            let (path, wanted) = (head.path().to_owned(), head.manifest.embedding_sha256.clone());
            let found = self.model.manifest.weights.sha256.clone();
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
}
