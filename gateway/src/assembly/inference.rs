//! The model and its detectors, one for each worker.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use detector::{Detector, Manifest, Precision, Runtime};
use incident::Model;

use crate::config;

/// Ready to look at pictures.
pub(super) struct Inference {
    pub(super) manifest: Manifest,
    /// One for each worker thread.
    pub(super) detectors: Vec<Detector>,
    /// How alerts name the weights in use.
    pub(super) model: Model,
}

impl Inference {
    /// Loads ONNX Runtime and the model as often as there are threads.
    pub(super) fn load(settings: &config::Inference) -> anyhow::Result<Self> {
        let manifest = Manifest::load(&settings.model_dir)?;
        let runtime = Runtime::load(&onnxruntime_library(settings.onnxruntime_file.as_deref())?)?;
        let precision = match settings.precision {
            config::Precision::Auto => Precision::Auto,
            config::Precision::Fp32 => Precision::Fp32,
            config::Precision::Int8 => Precision::Int8,
        };
        let detectors: Result<Vec<_>, _> = (0..settings.threads.get())
            .map(|_| Detector::load(&runtime, &manifest, precision))
            .collect();
        let detectors = detectors?;
        let precision = detectors.first().map_or(precision, Detector::precision);
        let weights = match (precision, &manifest.int8) {
            (Precision::Int8, Some(int8)) => int8,
            _ => &manifest.fp32,
        };
        let model = Model {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            sha256: Some(weights.sha256.clone()),
        };
        let threads = detectors.len();
        tracing::info!(model = model.name, ?precision, threads, "detector ready");
        Ok(Self { manifest, detectors, model })
    }
}

/// Config, else `ORT_DYLIB_PATH`, else `../lib` beside the installed binary.
fn onnxruntime_library(configured: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(path) = configured {
        return Ok(path.to_owned());
    }
    if let Some(path) = std::env::var_os("ORT_DYLIB_PATH") {
        return Ok(path.into());
    }
    let beside = std::env::current_exe()?.with_file_name("../lib/libonnxruntime.so");
    if beside.exists() {
        return Ok(beside);
    }
    Err(anyhow!(
        "ONNX Runtime not found: set inference.onnxruntime_file in gateway.toml or the environment \
         variable ORT_DYLIB_PATH, or put it at {}",
        beside.display()
    ))
}
