//! Pictures to detections: the only crate that knows ONNX Runtime.
//!
//! A [`Manifest`] says what a model expects and gives, [`Runtime`] is the ONNX Runtime library,
//! and a [`Detector`] is one model ready to look at pictures on one thread:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use detector::{DetectSettings, Detector, Letterbox, Manifest, Precision, RgbPicture, Runtime};
//!
//! let runtime = Runtime::load(".ort/libonnxruntime.so".as_ref())?;
//! let manifest = Manifest::load("models/yolox-nano".as_ref())?;
//! let mut detector = Detector::load(&runtime, &manifest, Precision::Auto)?;
//!
//! // The decoder scales a 1920x1080 picture to `letterbox.inner_width() x inner_height()`.
//! let letterbox = Letterbox::fit(1920, 1080, &manifest.input);
//! let (width, height) = (letterbox.inner_width(), letterbox.inner_height());
//! let pixels = vec![0; width * height * 3];
//! let picture = RgbPicture { width, height, stride: width * 3, pixels: &pixels };
//! let settings = DetectSettings::of(&manifest);
//! for detection in detector.detect(&picture, &letterbox, &settings)? {
//!     // detection.class, detection.score, detection.bbox (normalised)
//! }
//! # Ok(()) }
//! ```
//!
//! No tokio, no network, no video: the caller brings the picture and the thread.

#![warn(clippy::indexing_slicing)]

mod cable;
mod contract;
mod decode_output;
mod elf;
mod export_notes;
mod input_tensor;
mod kept_files;
mod letterbox;
mod load_error;
mod manifest;
mod model_files;
mod nms;
mod onnx;
mod plausible;
mod precision;
mod runtime;
mod second_look;
mod session;
mod view;

pub use cable::{CableAnswer, CableError, CableFiles, CableNet};
pub use decode_output::{Candidate, OutputDecoder};
pub use input_tensor::{InputTensor, PictureSizeError, RgbPicture};
pub use kept_files::KeptFiles;
pub use letterbox::Letterbox;
pub use load_error::LoadError;
pub use manifest::{
    CableManifest, Channels, ClassFilter, HeadManifest, HeadTask, InputFormat, Layout, Manifest,
    ManifestError, ModelFile, SecondLookManifest, Sheet, UnknownClassError,
};
pub use model_files::ModelFiles;
pub use nms::suppress;
pub use precision::Precision;
pub use runtime::{Runtime, RuntimeError};
pub use second_look::{
    CropAnswer, HeadFiles, SecondLook, SecondLookError, SecondLookFiles, Square, TwoWheeler,
    square_around,
};
pub use session::{DetectError, DetectSettings, Detector};
