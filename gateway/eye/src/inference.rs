//! The model and its detectors, one for each lane.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use detector::{
    CableError, CableNet, Detector, LoadError, Manifest, ManifestError, ModelFiles, Precision,
    Runtime, RuntimeError, SecondLook, SecondLookError,
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
    /// Folder of the net that finds new cables; none: no rule looks for any.
    pub charging_wire_dir: Option<PathBuf>,
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
    /// The net that finds new cables does not run.
    #[error(transparent)]
    Cable(#[from] CableError),
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
    /// Those of each lane.
    pub models: Vec<LaneModels>,
}

/// What one lane looks with.
pub struct LaneModels {
    /// The detector.
    pub detector: Detector,
    /// The model that looks at crops, if there is one.
    pub second_look: Option<SecondLook>,
    /// The net that finds new cables, if there is one.
    pub cable: Option<CableNet>,
}

impl Inference {
    /// Loads ONNX Runtime from `library`, and the model once for each of `lanes`.
    ///
    /// # Errors
    /// [`InferenceError`].
    pub fn of(model: &ModelFiles, library: &Path, lanes: usize) -> Result<Self, InferenceError> {
        let runtime = Runtime::load(library)?;
        let of_lane = |_| -> Result<LaneModels, InferenceError> {
            let second_look = model.second_look.as_ref();
            let cable = model.cable.as_ref();
            Ok(LaneModels {
                detector: Detector::of(&runtime, model)?,
                second_look: second_look.map(|it| SecondLook::of(&runtime, it)).transpose()?,
                cable: cable.map(|it| CableNet::of(&runtime, it)).transpose()?,
            })
        };
        let models = (0..lanes).map(of_lane).collect::<Result<_, _>>()?;
        Ok(Self { manifest: model.manifest.clone(), models })
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
