//! Files that prove an alert, kept on disk under their SHA-256.

mod caption;
mod clip_store;
mod file_index;
mod originals;
mod store;
mod store_error;
mod tokens;

pub use caption::Caption;
pub use clip_store::{ClipStore, ClipStoreError};
pub use originals::{OriginalError, Originals};
pub use store::{EvidenceStore, FileKind, Limits};
pub use store_error::StoreError;
pub use tokens::{Tokens, TokensError};
