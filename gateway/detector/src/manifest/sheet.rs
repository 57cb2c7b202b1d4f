//! What the `model.toml` of each kind of helping model has in common: one file of weights.

use std::path::{Path, PathBuf};

use super::error::ManifestError;
use super::text::text_in;
use super::weights::ModelFile;

/// One `model.toml` of a model that helps the detector, checked.
pub trait Sheet: Sized {
    /// More bytes of weights are none of this kind.
    const MOST_BYTES: usize = usize::MAX;

    /// The manifest in `text`, which was read from `path`. The weights are not read.
    ///
    /// # Errors
    /// The text is no such manifest; all faults are listed.
    fn parse(path: &Path, text: &str) -> Result<Self, ManifestError>;

    /// Its weights.
    fn weights(&self) -> &ModelFile;

    /// The file of weights that the `model.toml` of `folder` names, whether it is there or not; none if it
    /// has faults.
    #[must_use]
    fn weights_named_in(folder: &Path) -> Option<PathBuf> {
        let (path, text) = text_in(folder).ok()?;
        Some(Self::parse(&path, &text).ok()?.weights().path.clone())
    }
}
