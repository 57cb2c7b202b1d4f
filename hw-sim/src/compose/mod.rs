//! Composed scenes: still objects cut from photographs, and faults of the camera, laid into a
//! recorded street from one second to another.
//!
//! ```text
//! base clip ─ffmpeg─▶ I420 pictures ─▶ overlays ─▶ view faults ─▶ ─ffmpeg─▶ H.264 as a camera sends it
//! photograph ─ffmpeg─▶ cut-out ──────────┘
//! ```
//!
//! A composed scene is not a recording. Its file name and its MP4 metadata say so, and so does
//! every command that plays or scores it.

mod crop;
mod cutout;
mod edit;
pub(crate) mod error;
mod ffmpeg;
mod file;
mod noise;
mod picture;
pub(crate) mod recipe;
mod view_fault;

pub use error::ComposeError;
pub use recipe::{Composition, Overlay, ViewFault, ViewFaultKind};

#[cfg(test)]
mod tests;
