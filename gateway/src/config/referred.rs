//! The files that a configuration names, and how each looked before it was read.

use std::collections::{BTreeMap, BTreeSet};
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

/// Files that a configuration names, outside of its folder or in it, and folders of which every file
/// counts: a model's, a city's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Referred {
    files: BTreeMap<PathBuf, Stamp>,
    folders: BTreeSet<PathBuf>,
    /// What lay in the folders.
    within: BTreeMap<PathBuf, Stamp>,
}

impl Referred {
    pub(super) fn note_file(&mut self, path: &Path) {
        self.files.entry(path.to_owned()).or_insert_with(|| Stamp::of(path));
    }

    pub(super) fn note_folder(&mut self, path: &Path) {
        if self.folders.insert(path.to_owned()) {
            self.within.extend(files_in(path).map(|path| (path.clone(), Stamp::of(&path))));
        }
    }

    /// Whether the configuration names this file itself.
    pub(super) fn names(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    /// All files, as they were when they were noted.
    pub(super) fn noted(&self) -> impl Iterator<Item = (&PathBuf, &Stamp)> {
        self.within.iter().chain(&self.files)
    }

    /// All files, with what lies in the folders now.
    pub(super) fn all(&self) -> BTreeSet<PathBuf> {
        let within = self.folders.iter().flat_map(|folder| files_in(folder));
        self.files.keys().cloned().chain(within).collect()
    }

    /// Of the files that `concern` somebody, those that have changed since `earlier`.
    pub(crate) fn changed_since(
        &self,
        earlier: &Self,
        concern: impl Fn(&Path) -> bool,
    ) -> Vec<PathBuf> {
        let before: BTreeMap<_, _> = earlier.noted().collect();
        let changed = self.noted().filter(|(path, now)| {
            concern(path) && before.get(path).is_some_and(|was| *was != *now)
        });
        changed.map(|(path, _)| path.clone()).collect()
    }
}

/// What lies directly in a folder and is no folder.
fn files_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| !path.is_dir())
}
