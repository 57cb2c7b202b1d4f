//! Why a scene cannot be composed.

use std::path::PathBuf;

use crate::camera::clip::ClipError;

/// Why a scene cannot be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The base clip cannot be read as a clip.
    #[error("the base of a composed scene: {0}")]
    Base(#[from] ClipError),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// ffmpeg is not installed.
    #[error("cannot start ffmpeg, which `make setup` installs: {0}")]
    NoFfmpeg(std::io::Error),
    /// ffmpeg failed.
    #[error("ffmpeg cannot {task}: {reason}")]
    Ffmpeg {
        /// What it had to do.
        task: String,
        /// Its message.
        reason: String,
    },
}
