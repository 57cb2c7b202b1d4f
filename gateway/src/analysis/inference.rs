//! The model and its detectors, one for each worker, and what is looked for with it.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use detector::{
    DetectSettings, Detector, LoadError, Manifest, ManifestError, Precision, Runtime, RuntimeError,
    UnknownClassError,
};
use incident::{Model, RuleSettings};
use rule::Wanted;
use tracing::{info, warn};

use super::mask_search::MaskSearch;

/// How pictures are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InferenceSettings {
    /// Folder of the model.
    pub(crate) model_dir: PathBuf,
    /// Which of its weights to run.
    pub(crate) precision: Precision,
    /// How many pictures are looked at side by side.
    pub(crate) threads: NonZeroUsize,
    /// `None`: the one that `ORT_DYLIB_PATH` or the system names.
    pub(crate) onnxruntime_file: Option<PathBuf>,
}

/// Why pictures cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InferenceError {
    /// No good model.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// No good library.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The model does not run.
    #[error(transparent)]
    Load(#[from] LoadError),
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
pub(crate) struct Inference {
    pub(crate) manifest: Manifest,
    /// One for each worker thread.
    pub(crate) detectors: Vec<Detector>,
    /// How alerts name the weights in use.
    pub(crate) model: Model,
}

impl Inference {
    /// Loads ONNX Runtime, and the model once for each thread.
    ///
    /// # Errors
    /// [`InferenceError`].
    pub(crate) fn load(settings: &InferenceSettings) -> Result<Self, InferenceError> {
        let manifest = Manifest::load(&settings.model_dir)?;
        let runtime = Runtime::load(&onnxruntime_library(settings.onnxruntime_file.as_deref())?)?;
        let precision = settings.precision;
        let detectors: Result<Vec<_>, _> = (0..settings.threads.get())
            .map(|_| Detector::load(&runtime, &manifest, precision))
            .collect();
        let detectors = detectors?;
        let precision = detectors.first().map_or(precision, Detector::precision);
        let weights = match (precision, &manifest.int8) {
            (Precision::Int8, Some(int8)) => int8,
            _ => &manifest.fp32,
        };
        let model = Model {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            sha256: Some(weights.sha256.clone()),
        };
        let threads = detectors.len();
        info!(model = model.name, ?precision, threads, "detector ready");
        Ok(Self { manifest, detectors, model })
    }
}

/// Config, else `ORT_DYLIB_PATH`, else `../lib` beside the installed binary.
fn onnxruntime_library(configured: Option<&Path>) -> Result<PathBuf, InferenceError> {
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

/// What a camera's rules ask the detector for.
///
/// # Errors
/// A rule asks for a class that the model does not know.
pub(crate) fn detect_settings(
    rules: &[RuleSettings],
    manifest: &Manifest,
) -> Result<DetectSettings, UnknownClassError> {
    let mut names = BTreeSet::new();
    let mut every = false;
    for rule in rules {
        match rule.kind.classes() {
            Wanted::Only(classes) => names.extend(classes),
            Wanted::All => every = true,
        }
    }
    let classes = if every {
        manifest.every_class()
    } else {
        manifest.class_filter(names.iter().map(scene::Class::as_str))?
    };
    Ok(DetectSettings { classes, ..DetectSettings::of(manifest) })
}

/// What must be masked, as far as the model knows it; what it does not know is logged.
pub(crate) fn mask_search(manifest: &Manifest) -> MaskSearch {
    let mask = MaskSearch::of(manifest);
    let searched = mask.searched();
    let parts = [(searched.heads, "people", "faces"), (searched.plates, "vehicles", "plates")];
    for (known, what, part) in parts {
        if !known {
            warn!(
                model = manifest.name,
                "the model does not detect {what}: {part} stay readable in pictures, and alerts say so"
            );
        }
    }
    mask
}
