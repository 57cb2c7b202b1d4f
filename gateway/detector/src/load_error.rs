//! Why a model cannot be run, in words for the person who brought it.

use std::path::{Path, PathBuf};

use crate::contract::TensorError;
use crate::manifest::error::ManifestError;

/// Why a model cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The weights are not those of the manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// 8-bit weights were asked for and the model has none.
    #[error("model {model} has no int8 weights: add [int8] to its model.toml or choose auto")]
    NoInt8 {
        /// The model's name.
        model: String,
    },
    /// The file is no whole ONNX model.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The weights lie in other files.
    #[error(
        "{}: its weights lie in other files ({}); the gateway reads one file, which its sha256 proves. \
         Write it again in one piece: in Python, onnx.save(onnx.load(\"{}\"), \"model.onnx\")",
        path.display(), weights.join(", "), file_name(path)
    )]
    WeightsElsewhere {
        /// The file.
        path: PathBuf,
        /// Where the weights lie, as the model says.
        weights: Vec<String>,
    },
    /// The model contradicts its manifest.
    #[error("{}: {reason}", path.display())]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// What contradicts what, and what to do.
        reason: String,
    },
    /// ONNX Runtime cannot make sense of the file.
    #[error("{}: ONNX Runtime cannot use this model: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What ONNX Runtime said.
        reason: String,
    },
    /// The model's tensors are not those of its layout.
    #[error("{}: {mismatch}", path.display())]
    Tensors {
        /// The file.
        path: PathBuf,
        /// Found and expected.
        mismatch: TensorError,
    },
    /// The model fails on a grey picture.
    #[error("{}: the test on a grey picture failed: {reason}", path.display())]
    SelfTest {
        /// The file.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
