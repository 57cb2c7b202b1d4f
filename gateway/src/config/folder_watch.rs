//! A configuration folder under watch, with all that its files name: when an edit is complete.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use registry::JOURNAL;

use super::referred::{Referred, Stamp};

/// Folders below the watched one.
const DEEPEST: usize = 4;

/// Which files there are, and how each looks.
type Stamps = BTreeMap<PathBuf, Stamp>;

/// A folder, what its files name, and how all that looked the last time.
#[derive(Debug)]
pub(crate) struct FolderWatch {
    folder: PathBuf,
    referred: Referred,
    seen: Stamps,
    /// It changed at the latest look.
    is_settling: bool,
}

impl FolderWatch {
    /// Watches a folder from now on, and the files that were named when it was read.
    pub(crate) fn new(folder: &Path, referred: Referred) -> Self {
        let mut watch = Self {
            folder: folder.to_owned(),
            referred: Referred::default(),
            seen: Stamps::new(),
            is_settling: false,
        };
        watch.seen = watch.stamps();
        watch.follow(referred);
        watch
    }

    /// Other files are named now. What happened to them since they were read counts as an edit.
    pub(crate) fn follow(&mut self, referred: Referred) {
        let before = std::mem::replace(&mut self.referred, referred);
        for (path, stamp) in self.referred.noted().filter(|(path, _)| !before.names(path)) {
            self.seen.entry(path.clone()).or_insert(*stamp);
        }
        let watched = self.stamps();
        self.seen.retain(|path, _| watched.contains_key(path) || !before.names(path));
    }

    /// Looks at all of it. True once for each edit: at the second look that finds the same files,
    /// because editors may write several files, or one in pieces.
    pub(crate) fn has_settled(&mut self) -> bool {
        let now = self.stamps();
        let has_changed = now != self.seen;
        self.seen = now;
        std::mem::replace(&mut self.is_settling, has_changed) && !has_changed
    }

    /// All TOML and GeoJSON files, approvals and public keys in and below the folder, the journal of an import, and
    /// what they name.
    fn stamps(&self) -> Stamps {
        let mut stamps = Stamps::new();
        collect(&self.folder, DEEPEST, &mut stamps);
        let referred = self.referred.noted();
        stamps.extend(referred.map(|(path, _)| (path.clone(), Stamp::of(path))));
        stamps
    }
}

fn collect(folder: &Path, depth: usize, stamps: &mut Stamps) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        // Follows links: configurations are often mounted or linked into place.
        if fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
            // That it is there, also if it is empty.
            stamps.insert(path.clone(), Stamp::of(&path));
            if depth > 0 {
                collect(&path, depth - 1, stamps);
            }
        } else if path.file_name().is_some_and(|name| name == JOURNAL)
            || path
                .extension()
                .is_some_and(|kind| ["toml", "geojson", "json", "pem"].iter().any(|it| kind == *it))
        {
            stamps.insert(path.clone(), Stamp::of(&path));
        }
    }
}

#[cfg(test)]
mod tests;
