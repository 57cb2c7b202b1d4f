//! A file of weights, and the sum that proves it is the right one.

use std::fs;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::error::ManifestError;

/// A file of weights and the sum that proves it is the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of its bytes, 64 lower-case hex digits.
    pub sha256: String,
    /// The `model.toml` that names it.
    pub(super) manifest: PathBuf,
}

impl ModelFile {
    /// The file's bytes, proved to be those that `model.toml` means.
    ///
    /// # Errors
    /// The file cannot be read, or has another sum.
    pub fn read(&self) -> Result<Vec<u8>, ManifestError> {
        let unreadable = |source| ManifestError::Unreadable { path: self.path.clone(), source };
        // A pipe would be waited for without end.
        if !fs::metadata(&self.path).map_err(unreadable)?.is_file() {
            return Err(ManifestError::NoFile {
                path: self.path.clone(),
                manifest: self.manifest.clone(),
            });
        }
        let bytes = fs::read(&self.path).map_err(unreadable)?;
        let found = hex::encode(Sha256::digest(&bytes));
        if found == self.sha256 {
            return Ok(bytes);
        }
        Err(ManifestError::WrongSum {
            path: self.path.clone(),
            bytes: bytes.len(),
            found,
            expected: self.sha256.clone(),
            manifest: self.manifest.clone(),
        })
    }
}
