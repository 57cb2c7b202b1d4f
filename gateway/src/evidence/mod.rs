//! Files that prove an alert, masked before they may leave, kept on disk under their SHA-256.

mod canvas;
mod clip;
mod clip_store;
mod file_index;
mod mask;
mod originals;
mod snapshot;
mod store;
mod store_error;
mod tokens;

pub use canvas::{Canvas, PixelArea};
#[cfg(test)]
pub use clip::tests as clip_tests;
pub use clip::{ClipError, write_mp4};
pub use clip_store::{ClipStore, ClipStoreError};
pub use mask::{Mask, Searched};
pub use originals::{OriginalError, Originals};
pub use snapshot::{SnapshotError, encode, mask_and_encode};
pub use store::{EvidenceStore, FileKind, Limits};
pub use store_error::StoreError;
pub use tokens::{Tokens, TokensError};
