//! A model that looks at crops, on one thread.

use ort::session::Session;
use ort::value::TensorRef;

use super::answer::CropAnswer;
use super::crop::{Square, fill};
use super::error::{EMBEDDING, SCORES, SecondLookError};
use super::files::SecondLookFiles;
use super::head::Head;
use super::onnx_session::open;
use crate::input_tensor::RgbPicture;
use crate::manifest::second_look::{CLASSES, SecondLookManifest};
use crate::runtime::Runtime;

/// Mid-grey, for the crop on which the model proves that it runs.
const GREY: u8 = 128;

/// A model ready to look at crops: load one for each thread that analyses pictures.
#[derive(Debug)]
pub struct SecondLook {
    session: Session,
    manifest: SecondLookManifest,
    heads: Vec<Head>,
    /// The crop, refilled for every look.
    values: Vec<f32>,
}

/// What the model gives for a crop.
pub(super) struct Seen {
    /// The scores of all classes.
    pub(super) scores: Vec<f32>,
    /// What it sees, for heads; empty without any.
    embedding: Vec<f32>,
}

impl SecondLook {
    /// Opens the model with its heads, has them pass their self-tests, and lets all look at a grey crop once.
    ///
    /// # Errors
    /// It is no model of this layout, or a head is not what its `model.toml` says.
    pub fn of(runtime: &Runtime, files: &SecondLookFiles) -> Result<Self, SecondLookError> {
        let manifest = files.model.manifest.clone();
        let session = open(runtime, files.model.weights()).map_err(|source| {
            SecondLookError::Inference { path: manifest.weights.path.clone(), source }
        })?;
        let side = manifest.input.side_px as usize;
        let heads =
            files.heads.iter().map(|head| Head::of(runtime, head)).collect::<Result<_, _>>()?;
        let mut look = Self { session, heads, values: vec![0.0; 3 * side * side], manifest };
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
        let Seen { scores, embedding } = self.see(picture, square)?;
        let mut answer = CropAnswer::of(&scores, side_px, &self.manifest);
        for head in &mut self.heads {
            answer.hear(head.task(), head.chance(&embedding)?, &self.manifest);
        }
        Ok(answer)
    }

    /// What the model gives for a square of `picture`.
    pub(super) fn see(
        &mut self,
        picture: &RgbPicture<'_>,
        square: &Square,
    ) -> Result<Seen, SecondLookError> {
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
        let mut seen = Seen { scores: scores.to_vec(), embedding: Vec::new() };
        if !self.heads.is_empty()
            && let Some(embedding) = outputs.get(EMBEDDING)
        {
            let (_, embedding) = embedding.try_extract_tensor::<f32>().map_err(inference)?;
            seen.embedding = embedding.to_vec();
        }
        Ok(seen)
    }
}
