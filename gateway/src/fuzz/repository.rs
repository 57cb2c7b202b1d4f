//! Where the inputs of all targets lie.

use std::path::{Path, PathBuf};

/// The folder of the whole repository.
pub(super) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
