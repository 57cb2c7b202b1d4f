//! The folder of the net that finds new cables.

use std::path::{Path, PathBuf};

use detector::{CableFiles, CableManifest, Sheet as _};

use super::document::Document;
use super::findings::Findings;
use super::gateway_file::InferenceTable;

/// The folder of the net; none if there is none to be used: then rules that ask for it are refused, and nothing
/// else.
pub(super) fn charging_wire_dir(
    table: &InferenceTable,
    document: &Document,
    findings: &mut Findings,
) -> Option<Option<PathBuf>> {
    const AT: &str = "/inference/charging_wire_dir";
    let Some(named) = &table.charging_wire_dir else { return Some(None) };
    let folder = findings.folder(document, (AT, named.as_str()), &["model.toml"])?;
    let weights = CableManifest::weights_named_in(&folder);
    weights.iter().for_each(|file| findings.referred.note_file(file));
    match CableFiles::read(&folder) {
        Ok(_) => Some(Some(folder)),
        Err(error) => {
            let message = format!(
                "{error}. Until then nobody looks for charging wires, and rules of kind `wire` are refused"
            );
            findings.warn(document, AT, message);
            Some(None)
        }
    }
}

/// From which score on a tile shows a new cable to the net in this folder.
pub(super) fn threshold_in(folder: &Path) -> Option<f32> {
    CableFiles::read(folder).ok().map(|files| files.manifest.tile_threshold)
}
