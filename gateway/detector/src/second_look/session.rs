//! A model that looks at crops, on one thread.

use std::path::PathBuf;

use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;

use super::answer::CropAnswer;
use super::crop::{Square, fill};
use super::files::SecondLookFiles;
use crate::input_tensor::RgbPicture;
use crate::manifest::second_look::{CLASSES, SecondLookManifest};
use crate::runtime::Runtime;

/// What the model calls its scores.
const SCORES: &str = "logits";

/// Mid-grey, for the crop on which the model proves that it runs.
const GREY: u8 = 128;

/// Why a crop could not be looked at.
#[derive(Debug, thiserror::Error)]
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
}

/// A model ready to look at crops: load one for each thread that analyses pictures.
#[derive(Debug)]
pub struct SecondLook {
    session: Session,
    manifest: SecondLookManifest,
    /// The crop, refilled for every look.
    values: Vec<f32>,
}

impl SecondLook {
    /// Opens the model and lets it look at a grey crop once.
    ///
    /// # Errors
    /// It is no model of this layout.
    pub fn of(runtime: &Runtime, files: &SecondLookFiles) -> Result<Self, SecondLookError> {
        let manifest = files.manifest.clone();
        let session = open(runtime, files.weights()).map_err(|source| {
            SecondLookError::Inference { path: manifest.weights.path.clone(), source }
        })?;
        let side = manifest.input.side_px as usize;
        let mut look = Self { session, values: vec![0.0; 3 * side * side], manifest };
        let pixels = [GREY; 3];
        let grey = RgbPicture { width: 1, height: 1, stride: 3, pixels: &pixels };
        look.look(&grey, &Square { left: 0.0, top: 0.0, side: 1.0 }, look.manifest.input.side_px)?;
        Ok(look)
    }

    /// How long the side of the crop is that the model sees, in pixels.
    #[must_use]
    pub fn side_px(&self) -> u32 {
        self.manifest.input.side_px
    }

    /// What a square of `picture` shows. `side_px` is its side in pixels of the camera, of which the
    /// picture may be a smaller copy.
    ///
    /// # Errors
    /// ONNX Runtime fails; the next crop may pass.
    pub fn look(
        &mut self,
        picture: &RgbPicture<'_>,
        square: &Square,
        side_px: u32,
    ) -> Result<CropAnswer, SecondLookError> {
        let scores = self.scores(picture, square)?;
        Ok(CropAnswer::of(&scores, side_px, &self.manifest))
    }

    /// The scores of all classes for a square of `picture`.
    pub(super) fn scores(
        &mut self,
        picture: &RgbPicture<'_>,
        square: &Square,
    ) -> Result<Vec<f32>, SecondLookError> {
        fill(&mut self.values, &self.manifest.input, picture, square);
        let path = || self.manifest.weights.path.clone();
        let inference = |source| SecondLookError::Inference { path: path(), source };
        let side = self.manifest.input.side_px as usize;
        let shape = [1, 3, side, side];
        let tensor =
            TensorRef::from_array_view((shape, self.values.as_slice())).map_err(inference)?;
        let outputs = self.session.run(ort::inputs![tensor]).map_err(inference)?;
        let scores = outputs.get(SCORES).ok_or_else(|| SecondLookError::Output { path: path() })?;
        let (_, scores) = scores.try_extract_tensor::<f32>().map_err(inference)?;
        if scores.len() != CLASSES || !scores.iter().all(|score| score.is_finite()) {
            return Err(SecondLookError::Output { path: path() });
        }
        Ok(scores.to_vec())
    }
}

fn open(runtime: &Runtime, weights: &[u8]) -> ort::Result<Session> {
    // As the detector's: one thread each, never more.
    Session::builder(runtime.environment())?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .commit_from_memory(weights)
}
