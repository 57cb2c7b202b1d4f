//! The folders of the model that looks at crops, and of its heads.

use std::path::{Path, PathBuf};

use detector::{HeadFiles, HeadManifest, SecondLookFiles, SecondLookManifest, Sheet as _};

use super::document::Document;
use super::findings::Findings;
use super::gateway_file::InferenceTable;

/// The folder of the model that looks a second time; none if there is none to be used: then rules that ask
/// for it are refused, and nothing else.
pub(super) fn second_look_dir(
    table: &InferenceTable,
    document: &Document,
    findings: &mut Findings,
) -> Option<Option<PathBuf>> {
    const AT: &str = "/inference/second_look_dir";
    let Some(named) = &table.second_look_dir else { return Some(None) };
    let folder = findings.folder(document, (AT, named.as_str()), &["model.toml"])?;
    let weights = SecondLookManifest::weights_named_in(&folder);
    weights.iter().for_each(|file| findings.referred.note_file(file));
    match SecondLookFiles::read(&folder) {
        Ok(_) => Some(Some(folder)),
        Err(error) => {
            let message = format!(
                "{error}. `make models-second-look` fetches the model. Until then nothing is looked at \
                 twice, and rules that name `e_bike` or `pedal_bicycle` are refused"
            );
            findings.warn(document, AT, message);
            Some(None)
        }
    }
}

/// The folders of heads. One that cannot be used is a fault: what the rules hold against a likelihood would
/// mean something else without it.
pub(super) fn second_look_heads(
    (table, second_look): (&InferenceTable, Option<&Path>),
    document: &Document,
    findings: &mut Findings,
) -> Option<Vec<PathBuf>> {
    let mut folders = Some(Vec::new());
    let mut heads = Vec::new();
    for (number, named) in table.second_look_heads.iter().enumerate() {
        let at = format!("/inference/second_look_heads/{number}");
        let folder = findings.folder(document, (&at, named.as_str()), &["model.toml"]);
        let weights = folder.as_deref().and_then(HeadManifest::weights_named_in);
        weights.iter().for_each(|file| findings.referred.note_file(file));
        let read = folder.as_deref().map(HeadFiles::read);
        match read {
            Some(Ok(head)) => heads.push(head),
            Some(Err(error)) => folders = findings.refuse(document, &at, error.to_string()),
            None => folders = None,
        }
        folders = folders.zip(folder).map(|(mut folders, folder)| {
            folders.push(folder);
            folders
        });
    }
    let at = "/inference/second_look_heads";
    let Some(second_look) = second_look.filter(|_| !heads.is_empty()) else {
        let is_alone = !table.second_look_heads.is_empty() && second_look.is_none();
        let needs = "heads say more of what the model of second_look_dir sees, and there is none to be used: \
                     name its folder, or leave the heads out";
        return if is_alone { findings.refuse(document, at, needs) } else { folders };
    };
    match SecondLookFiles::read(second_look).and_then(|files| files.with_heads(heads)) {
        Ok(_) => folders,
        Err(error) => findings.refuse(document, at, error.to_string()),
    }
}
