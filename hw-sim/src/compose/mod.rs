//! Composed scenes: still objects cut from photographs, and faults of the camera, laid into a
//! recorded street from one second to another.
//!
//! ```text
//! base clip ─ffmpeg─▶ I420 pictures ─▶ overlays ─▶ view faults ─▶ ─ffmpeg─▶ H.264 as a camera sends it
//! photograph ─ffmpeg─▶ cut-out ──────────┘
//! ```
//!
//! A composed scene is no recording, and says so: in its file name, its MP4 metadata, and wherever
//! it is played or scored.

mod cutout;
mod edit;
mod ffmpeg;
mod file;
mod noise;
mod picture;
mod recipe;
mod view_fault;

pub use recipe::{Composition, Overlay, ViewFault, ViewFaultKind};

use std::path::PathBuf;

/// Why a scene cannot be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The base clip is no clip.
    #[error("the base of a composed scene: {0}")]
    Base(#[from] crate::camera::ClipError),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// ffmpeg is not there.
    #[error("cannot start ffmpeg, which `make setup` installs: {0}")]
    NoFfmpeg(std::io::Error),
    /// ffmpeg did not do what was asked.
    #[error("ffmpeg cannot {task}: {reason}")]
    Ffmpeg {
        /// What it was to do.
        task: String,
        /// What it said.
        reason: String,
    },
}

#[cfg(test)]
mod tests;
