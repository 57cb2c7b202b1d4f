//! `model.toml`: what a model is, where its weights lie, what it expects and what it gives.

pub(crate) mod cable;
pub(crate) mod error;
pub(crate) mod format;
pub(crate) mod head;
pub(crate) mod model;
pub(crate) mod second_look;
pub(crate) mod sheet;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod weights;

pub use cable::CableManifest;
pub use error::{ManifestError, UnknownClassError};
pub use format::{Channels, InputFormat, Layout};
pub use head::{HeadManifest, HeadTask};
pub use model::{ClassFilter, Manifest};
pub use second_look::SecondLookManifest;
pub use sheet::Sheet;
pub(crate) use text::text_in;
pub use weights::ModelFile;
