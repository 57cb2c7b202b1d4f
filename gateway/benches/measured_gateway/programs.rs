//! Which builds and which model are measured.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// The gateway of this build, and one of another (`OTHER_GATEWAY`) to be measured in turn with it.
pub(crate) fn programs() -> Vec<OsString> {
    let other = std::env::var_os("OTHER_GATEWAY");
    std::iter::once(env!("CARGO_BIN_EXE_gridwhistle").into()).chain(other).collect()
}

/// The shipped model, or one that the other build knows, too (`MODEL_DIR`).
pub(crate) fn model_dir(root: &Path) -> PathBuf {
    std::env::var_os("MODEL_DIR").map_or_else(|| root.join("models/yolox-nano"), PathBuf::from)
}

/// Of this repository.
pub(crate) fn root() -> Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?)
}
