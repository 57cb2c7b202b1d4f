//! What nobody can go below with these libraries: plain libavcodec and plain ONNX Runtime.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use detector::{Detector, InputTensor, Letterbox, Manifest, Precision, RgbPicture, Runtime};
use ffmpeg_next::{codec, codec::decoder, format, frame, media, threading};
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;

/// A model on one grey picture, again and again. No scaling, no reading of the result.
pub(crate) struct Inference {
    session: Session,
    input: Vec<f32>,
    shape: [usize; 4],
    /// As the gateway would choose it.
    pub(crate) precision: &'static str,
}

impl Inference {
    /// The model in `model_dir`, by the runtime of the repository at `root`.
    pub(crate) fn load(root: &Path, model_dir: &Path) -> Result<Self> {
        let runtime = Runtime::load(&root.join(".ort/libonnxruntime.so"))?;
        let manifest = Manifest::load(model_dir)?;
        let chosen = Detector::load(&runtime, &manifest, Precision::Auto)?.precision();
        let (file, precision) = match (chosen, &manifest.int8) {
            (Precision::Int8, Some(file)) => (file, "int8"),
            _ => (&manifest.fp32, "fp32"),
        };
        let session = Session::builder(runtime.environment())?
            .with_optimization_level(GraphOptimizationLevel::All)
            .map_err(|error| anyhow!("{error}"))?
            .with_intra_threads(1)
            .map_err(|error| anyhow!("{error}"))?
            .commit_from_memory(&file.read()?)?;
        let (width, height) = (manifest.input.width(), manifest.input.height());
        let mut tensor = InputTensor::new(manifest.input);
        let pixels = vec![128; width * height * 3];
        let picture = RgbPicture { width, height, stride: width * 3, pixels: &pixels };
        let letterbox =
            Letterbox::fit(manifest.input.width_px, manifest.input.height_px, &manifest.input);
        tensor.fill(&picture, &letterbox)?;
        let input = tensor.values().to_vec();
        Ok(Self { session, input, shape: [1, 3, height, width], precision })
    }

    /// One run.
    pub(crate) fn run(&mut self) -> Result<()> {
        let tensor = TensorRef::from_array_view((self.shape, self.input.as_slice()))?;
        self.session.run(ort::inputs![tensor])?;
        Ok(())
    }
}

/// A clip under libavcodec, from its start again when it ends.
pub(crate) struct Clip {
    path: PathBuf,
    input: format::context::Input,
    decoder: decoder::Video,
    stream: usize,
}

impl Clip {
    /// The clip in this file, decoded by one thread.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let input = format::input(path)?;
        let video = input.streams().best(media::Type::Video).ok_or(anyhow!("no video"))?;
        let stream = video.index();
        let mut context = codec::Context::from_parameters(video.parameters())?;
        context.set_threading(threading::Config::count(1));
        Ok(Self { path: path.to_owned(), decoder: context.decoder().video()?, stream, input })
    }

    /// Decodes one picture.
    pub(crate) fn decode_next(&mut self) -> Result<()> {
        let mut picture = frame::Video::empty();
        while self.decoder.receive_frame(&mut picture).is_err() {
            match self.input.packets().find(|(stream, _)| stream.index() == self.stream) {
                Some((_, packet)) => self.decoder.send_packet(&packet)?,
                None => *self = Self::open(&self.path.clone())?,
            }
        }
        Ok(())
    }
}
