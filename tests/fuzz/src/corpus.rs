//! The inputs of a target that lie in the repository.

use std::fs;
use std::io;
use std::path::Path;

/// No changed input is longer than the longest of the corpus by this factor: it would only be slower.
pub(crate) const GROWS_BY: usize = 2;

/// Where the corpus has only shorter ones, an input may still have this many bytes.
pub(crate) const SHORT_INPUT_BYTES: usize = 2048;

/// The files of a folder, by name; none if there is no such folder.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn read_folder(folder: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return Ok(files) };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        files.push((name.unwrap_or_default(), fs::read(&path)?));
    }
    files.sort();
    Ok(files)
}
