//! Why a crop could not be looked at.

use std::path::PathBuf;

use crate::manifest::second_look::CLASSES;

/// What the model calls its scores.
pub(super) const SCORES: &str = "logits";

/// What it calls what it sees.
pub(super) const EMBEDDING: &str = "embedding";

/// Why a crop could not be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecondLookError {
    /// ONNX Runtime refuses the model or failed.
    #[error("{}: ONNX Runtime cannot use this model: {source}", path.display())]
    Inference {
        /// The model's file.
        path: PathBuf,
        /// What it said.
        source: ort::Error,
    },
    /// The output is not that of its layout.
    #[error(
        "{}: found no output \"{SCORES}\" of {CLASSES} finite scores; make the file again: \
         make models-second-look", path.display()
    )]
    Output {
        /// The model's file.
        path: PathBuf,
    },
    /// A head cannot read what the model gives.
    #[error(
        "{}: this head reads {size} numbers, and the model of second_look_dir gives {found} as \
         \"{EMBEDDING}\"; train the head again: make train-head", path.display()
    )]
    Embedding {
        /// The head's file.
        path: PathBuf,
        /// How many numbers it reads.
        size: usize,
        /// How many there are.
        found: usize,
    },
    /// A head gives no chance.
    #[error(
        "{}: found no output \"chance\" of one number from 0 to 1; train the head again: make train-head",
        path.display()
    )]
    NoChance {
        /// The head's file.
        path: PathBuf,
    },
    /// A head does not give what its `model.toml` says.
    #[error(
        "{}: the self-test with seed {seed} gives {found:.4}, and model.toml beside it says {expected:.4}: the \
         file is not the one that was trained. Go back to an earlier version: make head-back",
        path.display()
    )]
    SelfTest {
        /// The head's file.
        path: PathBuf,
        /// Of the made-up embedding.
        seed: u32,
        /// What came of it.
        found: f32,
        /// What should have come of it.
        expected: f32,
    },
}
