//! Files that prove an alert, masked before they may leave, kept on disk under their SHA-256.

mod canvas;
mod clip;
mod mask;
mod originals;
mod snapshot;
mod store;
mod tokens;

pub(crate) use canvas::{Canvas, PixelArea};
#[cfg(test)]
pub(crate) use clip::tests as clip_tests;
pub(crate) use clip::{ClipError, write_mp4};
pub(crate) use mask::{Mask, Searched};
pub(crate) use originals::{OriginalError, Originals};
pub(crate) use snapshot::{SnapshotError, encode, mask_and_encode};
pub(crate) use store::{EvidenceStore, FileKind, Limits, StoreError, hex};
pub(crate) use tokens::Tokens;
