//! The journal of an import: all of its edits in one file, so that one that broke off can be finished.

use std::collections::BTreeSet;

use rule::Slug;

use crate::kind::FileGroup;
use crate::plan::FileEdit;

/// Its name in the configuration folder. While it is there, the folder is half old and half new.
pub const JOURNAL: &str = "import.journal";

/// A journal that no import has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{JOURNAL} is not what an import has written: delete it, then check the configuration")]
pub struct JournalError;

/// The text of a journal.
///
/// # Errors
/// [`JournalError`] if an edit lies outside of the folders of an import.
pub fn journal(edits: &[FileEdit]) -> Result<String, JournalError> {
    check(edits)?;
    serde_json::to_string(edits).map_err(|_| JournalError)
}

/// The edits of a journal.
///
/// # Errors
/// [`JournalError`] if it is not one.
pub fn read_journal(text: &str) -> Result<Vec<FileEdit>, JournalError> {
    let edits: Vec<FileEdit> = serde_json::from_str(text).map_err(|_| JournalError)?;
    check(&edits)?;
    Ok(edits)
}

/// Who can write a journal must not thereby reach files beside the configuration.
fn check(edits: &[FileEdit]) -> Result<(), JournalError> {
    let mut seen = BTreeSet::new();
    let is_ours = |path: &str| {
        let parts = path
            .split_once('/')
            .and_then(|(folder, file)| Some((folder, file.strip_suffix(".toml")?)));
        parts.is_some_and(|(folder, id)| {
            FileGroup::ALL.iter().any(|group| group.folder() == folder) && Slug::new(id).is_ok()
        })
    };
    let is_sound = edits.iter().all(|edit| is_ours(&edit.path) && seen.insert(edit.path.as_str()));
    if is_sound { Ok(()) } else { Err(JournalError) }
}
