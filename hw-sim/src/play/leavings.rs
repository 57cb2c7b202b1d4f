//! What a play leaves in its work folder: the next one removes it, and reads the gateway's log.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::error::PlayError;

pub(super) const GATEWAY_LOG: &str = "gateway.log";

/// Removes the files that plays leave behind, and nothing else.
pub(super) fn clear(work: &Path) -> Result<(), PlayError> {
    let removals = [
        ("broker", fs::remove_dir_all as fn(PathBuf) -> std::io::Result<()>),
        ("state", fs::remove_dir_all),
        (GATEWAY_LOG, fs::remove_file),
    ];
    for (name, remove) in removals {
        let path = work.join(name);
        match remove(path.clone()) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(PlayError::File { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Lines of level ERROR. The level is the second word, after the time.
pub(super) fn errors_in(log: &str) -> Vec<String> {
    let is_error = |line: &&str| line.split_whitespace().nth(1) == Some("ERROR");
    log.lines().filter(is_error).map(str::to_owned).collect()
}
