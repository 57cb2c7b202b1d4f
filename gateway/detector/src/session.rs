//! A model ready to look at pictures.

use std::path::PathBuf;

use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;
use scene::Detection;
use serde::{Deserialize, Serialize};

use crate::contract::{self, TensorError};
use crate::decode_output::OutputDecoder;
use crate::export_notes;
use crate::input_tensor::{InputTensor, PictureSizeError, RgbPicture};
use crate::letterbox::Letterbox;
use crate::load_error::LoadError;
use crate::manifest::format::InputFormat;
use crate::manifest::model::{ClassFilter, Manifest};
use crate::manifest::weights::ModelFile;
use crate::model_files::ModelFiles;
use crate::nms::suppress;
use crate::onnx::OnnxFile;
use crate::plausible;
use crate::precision::Precision;
use crate::runtime::Runtime;

/// The lowest score worth reporting, 0..=1: a tracker follows a known object by boxes that are too
/// weak to start a new one (ByteTrack's second association).
const TRACKING_SCORE: f32 = 0.25;

/// Mid-grey, for the picture on which a model proves that it runs.
const GREY: u8 = 128;

/// What to look for in a picture.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct DetectSettings {
    /// The lowest score to report, 0..=1: the lowest that any rule of the camera can use.
    pub min_score: f32,
    /// The classes to report.
    pub classes: ClassFilter,
}

impl DetectSettings {
    /// All classes, down to scores that help a tracker.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        Self {
            min_score: TRACKING_SCORE.min(manifest.score_threshold).max(manifest.least_score),
            classes: manifest.every_class(),
        }
    }
}

/// One model on one thread: load one detector for each thread that analyses pictures.
#[derive(Debug)]
pub struct Detector {
    session: Session,
    model: PathBuf,
    manifest: Manifest,
    precision: Precision,
    input: InputTensor,
    decoder: OutputDecoder,
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
        let (file, manifest, precision) = (model.file(), &model.manifest, model.precision);
        let found = examine(file, model.weights(), manifest)?;
        let session = open(runtime, model.weights(), &manifest.input).map_err(|error| {
            LoadError::Unusable {
                path: file.path.clone(),
                reason: in_words(&error.to_string(), &found),
            }
        })?;
        let decoder = OutputDecoder::new(manifest.layout, manifest.classes.len(), &manifest.input);
        contract::check(session.inputs(), session.outputs(), manifest, &decoder)
            .map_err(|mismatch| LoadError::Tensors { path: file.path.clone(), mismatch })?;
        let mut detector = Self {
            session,
            model: file.path.clone(),
            manifest: manifest.clone(),
            precision,
            input: InputTensor::new(manifest.input),
            decoder,
        };
        detector.prove_on_grey()?;
        Ok(detector)
    }

    /// The weights in use: [`Precision::Fp32`] or [`Precision::Int8`].
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The picture size to letterbox for.
    #[must_use]
    pub fn input(&self) -> &InputFormat {
        &self.manifest.input
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
        self.input.fill(picture, letterbox)?;
        let Self { session, model, manifest, input, decoder, .. } = self;
        infer(session, input, manifest, |name, shape, output| {
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

    /// Runs once on grey: the first run allocates all memory, and a model that gives
    /// not-a-number on grey (a bad conversion) would otherwise be silent for ever.
    fn prove_on_grey(&mut self) -> Result<(), LoadError> {
        let format = self.manifest.input;
        let letterbox = Letterbox::fit(format.width_px, format.height_px, &format);
        let (width, height) = (letterbox.inner_width(), letterbox.inner_height());
        let pixels = vec![GREY; width * height * 3];
        let picture = RgbPicture { width, height, stride: width * 3, pixels: &pixels };
        let failed = |reason: String| LoadError::SelfTest { path: self.model.clone(), reason };
        self.input.fill(&picture, &letterbox).map_err(|error| failed(error.to_string()))?;
        let (manifest, decoder) = (&self.manifest, &self.decoder);
        infer(&mut self.session, &self.input, manifest, |name, shape, output| {
            contract::check_output(name, shape, manifest.layout, decoder)
                .map_err(|mismatch| failed(mismatch.to_string()))?;
            let bad = output.iter().filter(|value| !value.is_finite()).count();
            if bad > 0 {
                let all = output.len();
                return Err(failed(format!("{bad} of {all} values of \"{name}\" are not finite")));
            }
            plausible::check(output, manifest, decoder).map_err(failed)
        })
        .map_err(|error| failed(error.to_string()))?
    }
}

/// One run of the model over `input`; `read` gets the output's name, shape and numbers.
fn infer<T>(
    session: &mut Session,
    input: &InputTensor,
    manifest: &Manifest,
    read: impl FnOnce(&str, &[i64], &[f32]) -> T,
) -> ort::Result<T> {
    let shape = [1, 3, manifest.input.height(), manifest.input.width()];
    let tensor = TensorRef::from_array_view((shape, input.values()))?;
    let outputs = session.run(ort::inputs![tensor])?;
    let (name, value) =
        outputs.iter().next().ok_or_else(|| ort::Error::new("the model gave no output"))?;
    let (shape, numbers) = value.try_extract_tensor::<f32>()?;
    Ok(read(name, shape, numbers))
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

/// What a model calls the sides of its input, if it takes pictures of any size.
const FREE_HEIGHT: &str = "height";
const FREE_WIDTH: &str = "width";

fn open(runtime: &Runtime, model: &[u8], input: &InputFormat) -> ort::Result<Session> {
    // One thread each, never more: two threads in a session save no CPU and, on a busy machine,
    // spend it waiting for each other. The pool runs one session a core instead.
    Session::builder(runtime.environment())?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        // Known before the graph is prepared: as fast as a model of that size. Without effect on
        // models whose sides are numbers.
        .with_dimension_override(FREE_HEIGHT, input.height_px.into())?
        .with_dimension_override(FREE_WIDTH, input.width_px.into())?
        .commit_from_memory(model)
}
