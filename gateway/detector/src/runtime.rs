//! The ONNX Runtime library, loaded once for the process.

use std::error::Error as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;

use crate::elf;

/// ONNX Runtime allows one environment a process, and refuses a second one even after the first is
/// gone. So the first lives as long as the process.
static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

/// ONNX Runtime, ready to load models. Cheap to clone; all clones are the same library.
#[derive(Debug, Clone)]
pub struct Runtime {
    environment: Environment,
    library: PathBuf,
}

/// Why ONNX Runtime cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// There is no such file.
    #[error(
        "ONNX Runtime library {}: {source}; run `make setup`, or set ORT_DYLIB_PATH to a \
         libonnxruntime.so of version 1.17 or later",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a usable ONNX Runtime.
    #[error(
        "{} is not an ONNX Runtime of version 1.17 or later for this machine: {reason}",
        path.display()
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// Another library file is in use by this process.
    #[error(
        "ONNX Runtime is already loaded from {}; {} takes effect after a restart",
        loaded.display(), asked.display()
    )]
    AlreadyLoaded {
        /// The library in use.
        loaded: PathBuf,
        /// The one asked for.
        asked: PathBuf,
    },
}

impl Runtime {
    /// Loads the library (`libonnxruntime.so`) at `path`; a second call with the same path gives
    /// the library already loaded.
    ///
    /// # Errors
    /// The file does not exist, is not ONNX Runtime or too old, or another one is loaded.
    pub fn load(path: &Path) -> Result<Self, RuntimeError> {
        // The full path, because the loader takes a relative one from the program's folder.
        let library = fs::canonicalize(path)
            .map_err(|source| RuntimeError::Missing { path: path.to_owned(), source })?;
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = loaded.as_ref() {
            if runtime.library == library {
                return Ok(runtime.clone());
            }
            let loaded = runtime.library.clone();
            return Err(RuntimeError::AlreadyLoaded { loaded, asked: library });
        }
        let unusable = |reason: String| RuntimeError::Unusable { path: library.clone(), reason };
        elf::check_library(&library).map_err(unusable)?;
        let environment = ort::init_from(&library)
            .map_err(|error| unusable(in_words(&error)))?
            .with_name("gridwhistle")
            .with_telemetry(false)
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        // Whatever it logs as an error it also returns; the caller says it in better words.
        environment.set_log_level(LogLevel::Fatal);
        let runtime = Self { environment, library };
        *loaded = Some(runtime.clone());
        Ok(runtime)
    }

    /// ONNX Runtime's environment, for sessions beside the detector's (to measure against).
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }
}

/// Why the library was not taken, for the person who brought it.
fn in_words(error: &ort::LoadDynamicError) -> String {
    use ort::LoadDynamicError as Fault;
    match error {
        Fault::Dlopen { error, .. } => {
            // The system's loader names what is missing: another library, or a newer C library.
            let said = error.source().map(ToString::to_string).unwrap_or_default();
            let said = said.trim();
            let said = if said.is_empty() { "it says nothing more" } else { said };
            format!("this system's loader does not take it ({said}); fetch the one for this system")
        }
        Fault::MissingApi { .. } => {
            "it is another library: it has no function OrtGetApiBase; name the file libonnxruntime.so"
                .to_owned()
        }
        Fault::InvalidVersionString => "it does not tell its version; fetch it again".to_owned(),
        Fault::BadVersion { version_str, .. } => {
            format!("it is version {version_str}; fetch a newer one")
        }
    }
}
