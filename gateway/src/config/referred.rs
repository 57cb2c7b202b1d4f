//! The files that a configuration names, and how each looked before it was read.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What changes when a file is written, replaced, or given other rights; none for one that is not
/// there: a link may lead nowhere for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp(Option<(i64, i64, u64, u64)>);

impl Stamp {
    /// Of the file that a path leads to, through links.
    pub(super) fn of(path: &Path) -> Self {
        let found = fs::metadata(path).ok().filter(|it| !it.is_dir());
        Self(found.map(|it| (it.ctime(), it.ctime_nsec(), it.len(), it.ino())))
    }
}

/// Files that a configuration names, outside of its folder or in it. Of a city or a model these are the
/// files that are read of it: a text that lies beside them is of no concern.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Referred(BTreeMap<PathBuf, Stamp>);

impl Referred {
    pub(super) fn note_file(&mut self, path: &Path) {
        self.0.entry(path.to_owned()).or_insert_with(|| Stamp::of(path));
    }

    /// Whether the configuration names this file itself.
    pub(super) fn names(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    /// All files, as they were when they were noted.
    pub(super) fn noted(&self) -> impl Iterator<Item = (&PathBuf, &Stamp)> {
        self.0.iter()
    }

    /// Of the files that `concern` somebody, those that have changed since `earlier`.
    pub(crate) fn changed_since(
        &self,
        earlier: &Self,
        concern: impl Fn(&Path) -> bool,
    ) -> Vec<PathBuf> {
        let changed = self.noted().filter(|(path, now)| {
            concern(path) && earlier.0.get(*path).is_some_and(|was| was != *now)
        });
        changed.map(|(path, _)| path.clone()).collect()
    }
}
