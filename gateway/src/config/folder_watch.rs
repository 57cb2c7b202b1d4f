//! A configuration folder under watch: when an edit of it is complete.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Folders below the watched one.
const DEEPEST: usize = 4;

/// Which files there are: when each was modified, its size, its inode.
type Stamps = BTreeMap<PathBuf, (SystemTime, u64, u64)>;

/// A folder, and how it looked the last time.
#[derive(Debug)]
pub(crate) struct FolderWatch {
    folder: PathBuf,
    seen: Stamps,
    /// It changed at the latest look.
    is_settling: bool,
}

impl FolderWatch {
    /// Watches a folder from now on.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), seen: stamps(folder), is_settling: false }
    }

    /// Looks at the folder. True once for each edit: at the second look that finds the same files,
    /// because editors may write several files, or one in pieces.
    pub(crate) fn has_settled(&mut self) -> bool {
        let now = stamps(&self.folder);
        let has_changed = now != self.seen;
        self.seen = now;
        std::mem::replace(&mut self.is_settling, has_changed) && !has_changed
    }
}

/// All TOML and GeoJSON files in and below `folder`. What cannot be read counts as absent: the
/// check that follows says so.
fn stamps(folder: &Path) -> Stamps {
    let mut stamps = Stamps::new();
    collect(folder, DEEPEST, &mut stamps);
    stamps
}

fn collect(folder: &Path, depth: usize, stamps: &mut Stamps) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        // Follows links: configurations are often mounted or linked into place.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() && depth > 0 {
            collect(&path, depth - 1, stamps);
        } else if path.extension().is_some_and(|kind| kind == "toml" || kind == "geojson") {
            let modified_at = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            stamps.insert(path, (modified_at, metadata.len(), metadata.ino()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_counts_once_it_has_settled() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("gateway.toml", "a = 1");
        let mut watch = FolderWatch::new(folder.path());
        assert!(!watch.has_settled());
        write("gateway.toml", "a = 11");
        assert!(!watch.has_settled(), "it may still be written");
        write("cam-01.toml", "b = 2");
        assert!(!watch.has_settled(), "more is written");
        assert!(watch.has_settled());
        assert!(!watch.has_settled());
        write("notes.txt", "of no concern");
        assert!(!watch.has_settled() && !watch.has_settled());
    }
}
