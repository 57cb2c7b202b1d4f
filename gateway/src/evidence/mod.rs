//! Files that prove an alert, masked before they may leave, kept on disk under their SHA-256.

mod canvas;
mod mask;
mod snapshot;
mod store;

pub(crate) use canvas::{Canvas, PixelArea};
pub(crate) use mask::{Mask, Searched};
pub(crate) use snapshot::{SnapshotError, mask_and_encode};
pub(crate) use store::{EvidenceStore, Stored};
