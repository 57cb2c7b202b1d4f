//! The model and its detectors, one for each lane.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use detector::{
    Detector, LoadError, Manifest, ManifestError, ModelFiles, Precision, Runtime, RuntimeError,
    SecondLook, SecondLookError,
};
use serde::{Deserialize, Serialize};

/// How pictures are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InferenceSettings {
    /// Folder of the model.
    pub model_dir: PathBuf,
    /// Folder of the model that looks a second time, at crops; none: nothing is looked at twice.
    pub second_look_dir: Option<PathBuf>,
    /// Folders of heads on what it sees.
    pub second_look_heads: Vec<PathBuf>,
    /// Which of its weights to run.
    pub precision: Precision,
    /// How many pictures are looked at side by side, by all eyes.
    pub threads: NonZeroUsize,
    /// How many eyes there are; `None`: as many as threads, and one for each 64 cameras at least.
    pub eyes: Option<NonZeroUsize>,
    /// `None`: the one that `ORT_DYLIB_PATH` or the system names.
    pub onnxruntime_file: Option<PathBuf>,
}

/// Why pictures cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// No good model.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// No good library.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The model does not run.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The model that looks at crops does not run.
    #[error(transparent)]
    SecondLook(#[from] SecondLookError),
    /// The library is nowhere.
    #[error(
        "ONNX Runtime not found: set inference.onnxruntime_file in gateway.toml or the environment \
         variable ORT_DYLIB_PATH, or put it at {}", .beside.display()
    )]
    NoLibrary {
        /// Beside the installed binary.
        beside: PathBuf,
    },
    /// Where the binary itself is.
    #[error(transparent)]
    Binary(std::io::Error),
}

/// Ready to look at pictures.
pub struct Inference {
    /// The model.
    pub manifest: Manifest,
    /// One for each lane.
    pub detectors: Vec<Detector>,
    /// The same, of the model that looks at crops, if there is one.
    pub second_looks: Vec<Option<SecondLook>>,
}

impl Inference {
    /// Loads ONNX Runtime from `library`, and the model once for each of `lanes`.
    ///
    /// # Errors
    /// [`InferenceError`].
    pub fn of(model: &ModelFiles, library: &Path, lanes: usize) -> Result<Self, InferenceError> {
        let runtime = Runtime::load(library)?;
        let detectors = (0..lanes).map(|_| Detector::of(&runtime, model));
        let detectors = detectors.collect::<Result<_, _>>()?;
        let second_looks = (0..lanes).map(|_| {
            let files = model.second_look.as_ref();
            files.map(|files| SecondLook::of(&runtime, files)).transpose()
        });
        let second_looks = second_looks.collect::<Result<_, _>>()?;
        Ok(Self { manifest: model.manifest.clone(), detectors, second_looks })
    }
}

/// Where ONNX Runtime is: by configuration, else `ORT_DYLIB_PATH`, else `../lib` beside the installed
/// binary.
///
/// # Errors
/// It is at none of these places.
pub fn onnxruntime_library(configured: Option<&Path>) -> Result<PathBuf, InferenceError> {
    if let Some(path) = configured {
        return Ok(path.to_owned());
    }
    if let Some(path) = std::env::var_os("ORT_DYLIB_PATH") {
        return Ok(path.into());
    }
    let beside = std::env::current_exe()
        .map_err(InferenceError::Binary)?
        .with_file_name("../lib/libonnxruntime.so");
    if beside.exists() {
        return Ok(beside);
    }
    Err(InferenceError::NoLibrary { beside })
}
