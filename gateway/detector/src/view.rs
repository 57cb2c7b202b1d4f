//! A model opened for pictures of one size.

use std::fmt;

use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;

use crate::contract::{self, TensorError};
use crate::decode_output::OutputDecoder;
use crate::input_tensor::{InputTensor, RgbPicture};
use crate::letterbox::Letterbox;
use crate::manifest::format::InputFormat;
use crate::manifest::model::Manifest;
use crate::plausible;
use crate::runtime::Runtime;

/// Mid-grey, for the picture on which a model proves that it runs.
const GREY: u8 = 128;

/// What a model calls the sides of its input, if it takes pictures of any size.
const FREE_HEIGHT: &str = "height";
const FREE_WIDTH: &str = "width";

/// A model opened for pictures of one size.
#[derive(Debug)]
pub(crate) struct View {
    session: Session,
    format: InputFormat,
    pub(crate) input: InputTensor,
    decoder: OutputDecoder,
}

/// Why a view cannot be opened.
#[derive(Debug)]
pub(crate) enum ViewFault {
    /// ONNX Runtime cannot make sense of the model.
    Unusable(String),
    /// Its tensors are not those of its layout.
    Tensors(TensorError),
    /// It fails on a grey picture.
    SelfTest(String),
}

impl fmt::Display for ViewFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable(reason) => write!(f, "ONNX Runtime cannot use this model: {reason}"),
            Self::Tensors(mismatch) => write!(f, "{mismatch}"),
            Self::SelfTest(reason) => write!(f, "the test on a grey picture failed: {reason}"),
        }
    }
}

impl View {
    /// Opens the model for pictures of this size, checks its tensors, and lets it look at a grey one.
    pub(crate) fn open(
        runtime: &Runtime,
        weights: &[u8],
        manifest: &Manifest,
        format: &InputFormat,
    ) -> Result<Self, ViewFault> {
        let session = session(runtime, weights, format)
            .map_err(|error| ViewFault::Unusable(error.to_string()))?;
        let decoder = OutputDecoder::new(manifest.layout, manifest.classes.len(), format);
        let sized = Manifest { input: *format, ..manifest.clone() };
        contract::check(session.inputs(), session.outputs(), &sized, &decoder)
            .map_err(ViewFault::Tensors)?;
        let mut view = Self { session, format: *format, input: InputTensor::new(*format), decoder };
        view.prove_on_grey(manifest).map_err(ViewFault::SelfTest)?;
        Ok(view)
    }

    /// One run of the model over its input; `read` gets the output's name, shape and numbers.
    pub(crate) fn infer<T>(
        &mut self,
        read: impl FnOnce(&str, &[i64], &[f32], &mut OutputDecoder) -> T,
    ) -> ort::Result<T> {
        let shape = [1, 3, self.format.height(), self.format.width()];
        let tensor = TensorRef::from_array_view((shape, self.input.values()))?;
        let outputs = self.session.run(ort::inputs![tensor])?;
        let (name, value) =
            outputs.iter().next().ok_or_else(|| ort::Error::new("the model gave no output"))?;
        let (shape, numbers) = value.try_extract_tensor::<f32>()?;
        Ok(read(name, shape, numbers, &mut self.decoder))
    }

    /// Runs once on grey: the first run allocates all memory, and a model that gives
    /// not-a-number on grey (a bad conversion) would otherwise be silent for ever.
    fn prove_on_grey(&mut self, manifest: &Manifest) -> Result<(), String> {
        let InputFormat { width_px, height_px, .. } = self.format;
        let letterbox = Letterbox::fit(width_px, height_px, &self.format);
        let (width, height) = (letterbox.inner_width(), letterbox.inner_height());
        let pixels = vec![GREY; width * height * 3];
        let picture = RgbPicture { width, height, stride: width * 3, pixels: &pixels };
        self.input.fill(&picture, &letterbox).map_err(|error| error.to_string())?;
        self.infer(|name, shape, output, decoder| {
            contract::check_output(name, shape, manifest.layout, decoder)
                .map_err(|mismatch| mismatch.to_string())?;
            let bad = output.iter().filter(|value| !value.is_finite()).count();
            if bad > 0 {
                let all = output.len();
                return Err(format!("{bad} of {all} values of \"{name}\" are not finite"));
            }
            plausible::check(output, manifest, decoder)
        })
        .map_err(|error| error.to_string())?
    }
}

fn session(runtime: &Runtime, model: &[u8], input: &InputFormat) -> ort::Result<Session> {
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
