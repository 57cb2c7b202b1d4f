//! A model's files as they were once: who has them can run the model when the files are others, or gone.

use std::path::{Path, PathBuf};

use crate::cable::CableFiles;
use crate::load_error::LoadError;
use crate::manifest::error::ManifestError;
use crate::manifest::model::Manifest;
use crate::manifest::weights::ModelFile;
use crate::precision::{Precision, cpu_has_vnni};
use crate::second_look::SecondLookFiles;

/// `model.toml` and the weights that it and the CPU choose, proved and kept in memory.
#[derive(Debug, Clone)]
pub struct ModelFiles {
    /// What `model.toml` says.
    pub manifest: Manifest,
    /// [`Precision::Fp32`] or [`Precision::Int8`]: whose weights these are.
    pub precision: Precision,
    /// The model that looks a second time, at crops, if there is one.
    pub second_look: Option<SecondLookFiles>,
    /// The net that finds new cables, if there is one.
    pub cable: Option<CableFiles>,
    path: PathBuf,
    text: String,
    weights: Vec<u8>,
}

impl ModelFiles {
    /// Reads those in `folder`.
    ///
    /// # Errors
    /// They cannot be read, `model.toml` has faults, or the weights are not those that it means.
    pub fn read(folder: &Path, precision: Precision) -> Result<Self, LoadError> {
        let (path, text) = Manifest::text_in(folder)?;
        let manifest = Manifest::parse(&path, &text)?;
        Self::of(manifest, precision, (path, text))
    }

    /// Those of a manifest that was loaded from its folder.
    pub(crate) fn of_manifest(
        manifest: &Manifest,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        Self::of(manifest.clone(), precision, Default::default())
    }

    fn of(
        manifest: Manifest,
        precision: Precision,
        (path, text): (PathBuf, String),
    ) -> Result<Self, LoadError> {
        let (file, precision) = choose(&manifest, precision)?;
        let weights = file.read()?;
        Ok(Self { manifest, precision, second_look: None, cable: None, path, text, weights })
    }

    /// Those that another process has read: the [`ModelFiles::path`], [`ModelFiles::text`],
    /// [`ModelFiles::precision`] and [`ModelFiles::weights`] of it.
    ///
    /// # Errors
    /// `text` has faults.
    pub fn handed_over(
        (path, text): (PathBuf, String),
        precision: Precision,
        weights: Vec<u8>,
    ) -> Result<Self, ManifestError> {
        let manifest = Manifest::parse(&path, &text)?;
        Ok(Self { manifest, precision, second_look: None, cable: None, path, text, weights })
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

    /// Where the weights were.
    pub(crate) fn file(&self) -> &ModelFile {
        match (self.precision, &self.manifest.int8) {
            (Precision::Int8, Some(int8)) => int8,
            _ => &self.manifest.fp32,
        }
    }
}

/// The weights to run on this CPU.
fn choose(manifest: &Manifest, precision: Precision) -> Result<(&ModelFile, Precision), LoadError> {
    match (precision, &manifest.int8) {
        (Precision::Auto, Some(int8)) if cpu_has_vnni() => Ok((int8, Precision::Int8)),
        (Precision::Int8, Some(int8)) => Ok((int8, Precision::Int8)),
        (Precision::Int8, None) => Err(LoadError::NoInt8 { model: manifest.name.clone() }),
        (Precision::Auto | Precision::Fp32, _) => Ok((&manifest.fp32, Precision::Fp32)),
    }
}
