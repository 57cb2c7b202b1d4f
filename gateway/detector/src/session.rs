//! A model ready to look at pictures.

use std::path::PathBuf;
use std::sync::Arc;

use scene::Detection;
use serde::{Deserialize, Serialize};

use crate::contract::{self, TensorError};
use crate::export_notes;
use crate::input_tensor::{PictureSizeError, RgbPicture};
use crate::letterbox::Letterbox;
use crate::load_error::LoadError;
use crate::manifest::format::InputFormat;
use crate::manifest::model::{ClassFilter, Manifest};
use crate::manifest::weights::ModelFile;
use crate::model_files::ModelFiles;
use crate::nms::suppress;
use crate::onnx::OnnxFile;
use crate::precision::Precision;
use crate::runtime::Runtime;
use crate::view::{View, ViewFault};

/// The lowest score worth reporting, 0..=1: a tracker follows a known object by boxes that are too
/// weak to start a new one (ByteTrack's second association).
const TRACKING_SCORE: f32 = 0.25;

/// What to look for in a picture.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct DetectSettings {
    /// The lowest score to report, 0..=1: the lowest that any rule of the camera can use.
    pub min_score: f32,
    /// The classes to report.
    pub classes: ClassFilter,
    /// Which of the manifest's inputs to look with: 0 is the usual one. A number beyond them means the
    /// largest.
    pub input: usize,
}

impl DetectSettings {
    /// All classes, down to scores that help a tracker.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        Self {
            min_score: TRACKING_SCORE.min(manifest.score_threshold).max(manifest.least_score),
            classes: manifest.every_class(),
            input: 0,
        }
    }
}

/// One model on one thread: load one detector for each thread that analyses pictures.
#[derive(Debug)]
pub struct Detector {
    runtime: Runtime,
    /// The model's bytes, from which views of other sizes are opened.
    weights: Vec<u8>,
    model: PathBuf,
    manifest: Arc<Manifest>,
    precision: Precision,
    usual: View,
    /// For the manifest's larger inputs, opened when a camera first needs them.
    larger: Vec<Option<View>>,
}

/// Why a picture could not be analysed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DetectError {
    /// The picture does not fit.
    #[error(transparent)]
    Picture(#[from] PictureSizeError),
    /// ONNX Runtime failed.
    #[error("{}: ONNX Runtime failed: {source}", path.display())]
    Inference {
        /// The model's file.
        path: PathBuf,
        /// What it said.
        source: ort::Error,
    },
    /// A larger input cannot be opened.
    #[error("{}: at {size} px: {reason}", path.display())]
    Larger {
        /// The model's file.
        path: PathBuf,
        /// The input.
        size: String,
        /// What happened.
        reason: String,
    },
    /// The output has another shape than when the model was loaded.
    #[error("{}: {mismatch}", path.display())]
    Output {
        /// The model's file.
        path: PathBuf,
        /// Found and expected.
        mismatch: TensorError,
    },
}

impl Detector {
    /// Loads the manifest's weights, checks that the model is what the manifest says, and lets it
    /// look at a grey picture once.
    ///
    /// # Errors
    /// The weights changed since the manifest was read, are not an ONNX model, have other tensors
    /// than the layout, or give numbers that are not finite.
    pub fn load(
        runtime: &Runtime,
        manifest: &Manifest,
        precision: Precision,
    ) -> Result<Self, LoadError> {
        Self::of(runtime, &ModelFiles::of_manifest(manifest, precision)?)
    }

    /// As [`Detector::load`], with files that were read before.
    ///
    /// # Errors
    /// As there, but for changes since then, of which this knows nothing.
    pub fn of(runtime: &Runtime, model: &ModelFiles) -> Result<Self, LoadError> {
        let (file, manifest) = (model.file(), &model.manifest);
        let found = examine(file, model.weights(), manifest)?;
        let opened = View::open(runtime, model.weights(), manifest, &manifest.input);
        let usual = opened.map_err(|fault| load_error(fault, file, &found))?;
        Ok(Self {
            runtime: runtime.clone(),
            weights: model.weights().to_vec(),
            model: file.path.clone(),
            precision: model.precision,
            usual,
            larger: manifest.larger.iter().map(|_| None).collect(),
            manifest: Arc::new(manifest.clone()),
        })
    }

    /// Opens the larger inputs now and lets each look at a grey picture. Else each is opened with the
    /// first picture that needs it.
    ///
    /// # Errors
    /// The model does not take pictures of such a size.
    pub fn prove_larger(&mut self) -> Result<(), DetectError> {
        (1..=self.larger.len()).try_for_each(|number| self.view(number).map(drop))
    }

    /// The weights in use: [`Precision::Fp32`] or [`Precision::Int8`].
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The usual picture size to letterbox for.
    #[must_use]
    pub fn input(&self) -> &InputFormat {
        &self.manifest.input
    }

    /// The picture size to letterbox for with these settings.
    #[must_use]
    pub fn input_for(&self, settings: &DetectSettings) -> &InputFormat {
        self.larger_format(settings.input).map_or(&self.manifest.input, |(_, format)| format)
    }

    /// The place among the larger inputs, and the size, of the input of this number; none for the usual
    /// one.
    fn larger_format(&self, number: usize) -> Option<(usize, &InputFormat)> {
        let place = number.min(self.manifest.larger.len()).checked_sub(1)?;
        Some((place, self.manifest.larger.get(place)?))
    }

    /// The view of this number, opened now if nobody needed it before.
    fn view(&mut self, number: usize) -> Result<&mut View, DetectError> {
        let Some((place, format)) = self.larger_format(number) else { return Ok(&mut self.usual) };
        let is_open = self.larger.get(place).is_some_and(Option::is_some);
        if !is_open {
            let opened = View::open(&self.runtime, &self.weights, &self.manifest, format);
            let size = format!("{} x {}", format.width_px, format.height_px);
            let path = self.model.clone();
            let opened = opened.map_err(|fault| DetectError::Larger {
                path,
                size,
                reason: fault.to_string(),
            })?;
            if let Some(slot) = self.larger.get_mut(place) {
                *slot = Some(opened);
            }
        }
        Ok(self.larger.get_mut(place).and_then(Option::as_mut).unwrap_or(&mut self.usual))
    }

    /// The objects in `picture`, which is scaled to the inner size of `letterbox`; falling scores
    /// first, boxes normalised to the source.
    ///
    /// # Errors
    /// The picture does not fit the letterbox or ONNX Runtime fails; the next picture may pass.
    pub fn detect(
        &mut self,
        picture: &RgbPicture<'_>,
        letterbox: &Letterbox,
        settings: &DetectSettings,
    ) -> Result<Vec<Detection>, DetectError> {
        let (manifest, model) = (Arc::clone(&self.manifest), self.model.clone());
        let view = self.view(settings.input)?;
        view.input.fill(picture, letterbox)?;
        view.infer(|name, shape, output, decoder| {
            contract::check_output(name, shape, manifest.layout, decoder)
                .map_err(|mismatch| DetectError::Output { path: model.clone(), mismatch })?;
            let (classes, min_score) = (&settings.classes, settings.min_score);
            let candidates = decoder.decode(output, letterbox, classes, min_score);
            suppress(candidates, &manifest.kinds, manifest.nms_iou);
            let class = |index: usize| manifest.classes.get(index).cloned();
            Ok(candidates
                .iter()
                .filter_map(|found| {
                    let class = class(found.class)?;
                    Some(Detection { class, score: found.score, bbox: found.bbox })
                })
                .collect())
        })
        .map_err(|source| DetectError::Inference { path: model.clone(), source })?
    }
}

/// For whoever has the file before them.
fn load_error(fault: ViewFault, file: &ModelFile, found: &OnnxFile) -> LoadError {
    let path = file.path.clone();
    match fault {
        ViewFault::Unusable(reason) => {
            LoadError::Unusable { path, reason: in_words(&reason, found) }
        }
        ViewFault::Tensors(mismatch) => LoadError::Tensors { path, mismatch },
        ViewFault::SelfTest(reason) => LoadError::SelfTest { path, reason },
    }
}

/// What the file says of itself, as far as it can be run.
fn examine(file: &ModelFile, weights: &[u8], manifest: &Manifest) -> Result<OnnxFile, LoadError> {
    let path = || file.path.clone();
    let found = OnnxFile::read(weights)
        .map_err(|fault| LoadError::Damaged { path: path(), reason: fault.to_string() })?;
    if !found.weights_in.is_empty() {
        return Err(LoadError::WeightsElsewhere { path: path(), weights: found.weights_in });
    }
    export_notes::compare(&found, manifest)
        .map_err(|reason| LoadError::Contradiction { path: path(), reason })?;
    Ok(found)
}

/// What ONNX Runtime says, in words that help.
fn in_words(reason: &str, found: &OnnxFile) -> String {
    let OnnxFile { ir_version, opset, producer, .. } = found;
    if reason.contains("Unsupported model IR version") {
        let most = reason.rsplit(": ").next().unwrap_or_default().trim();
        return format!(
            "its format (IR version {ir_version}) is newer than this ONNX Runtime reads ({most} at \
             most). Export it with an older opset, or name a newer library in \
             inference.onnxruntime_file"
        );
    }
    if reason.contains("opset") {
        return format!(
            "its operators (opset {opset}) are newer than this ONNX Runtime knows. Export it with an \
             older opset, such as opset=17, or name a newer library in inference.onnxruntime_file"
        );
    }
    format!("{reason} (IR version {ir_version}, opset {opset}, made by {producer})")
}
