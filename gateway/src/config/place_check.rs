//! The state folder, which the gateway has for itself.

use std::path::PathBuf;

use super::document::Document;
use super::findings::Findings;

/// The folder of what must not be lost. It need not be there yet.
pub(super) fn state_dir(
    written: &str,
    document: &Document,
    findings: &mut Findings,
) -> Option<PathBuf> {
    let at = "/storage/state_dir";
    let state_dir = document.resolve(written);
    let mut ancestors = state_dir.ancestors();
    let no_folder = ancestors.find(|it| it.metadata().is_ok_and(|there| !there.is_dir()));
    if let Some(place) = no_folder {
        let (folder, place) = (state_dir.display(), place.display());
        let message = format!("{folder}: {place} is no folder, expected one of the gateway's own");
        return findings.refuse(document, at, message);
    }
    Some(state_dir)
}
