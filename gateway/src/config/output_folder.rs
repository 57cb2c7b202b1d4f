//! The files of `outputs/`, and who has approved them: `approvals/`.

use std::io;
use std::path::{Path, PathBuf};

use output::{Approved, Settings};
use rule::Slug;
use signature::PublicKey;

use super::document::Document;
use super::faults::Fault;
use super::findings::Findings;
use super::output_check::{OutputCheck, Sources};
use super::output_file::OutputFile;
use super::schema::FileSchema;
use super::stray::toml_files;

/// Outputs of one gateway: each has a process of its own.
const MOST_OUTPUTS: usize = 32;

/// Below the configuration folder: approvals, and in a folder of their own the public keys of those who may give
/// them.
pub(crate) const APPROVALS: &str = "approvals";
const PERSONS: &str = "persons";

/// Where the approval of an output by a person lies.
pub(crate) fn approval_file(folder: &Path, output: &str, person: &str) -> PathBuf {
    folder.join(APPROVALS).join(format!("{output}.{person}.json"))
}

/// Every output of the configuration folder `dir`; none if it has no outputs.
pub(super) fn read_outputs(
    dir: &Path,
    sources: &Sources<'_>,
    findings: &mut Findings,
) -> Vec<Settings> {
    let folder = dir.join("outputs");
    let files = match toml_files(&folder) {
        Ok((files, strays)) => {
            findings.warnings.extend(strays);
            files
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound && !folder.is_symlink() => return Vec::new(),
        Err(e) => {
            findings.faults.push(Fault::of_whole(&folder, format!("cannot be read: {e}")));
            return Vec::new();
        }
    };
    if files.len() > MOST_OUTPUTS {
        let message = format!("{} outputs; a gateway has {MOST_OUTPUTS} at most", files.len());
        findings.faults.push(Fault::of_whole(&folder, message));
    }
    let persons = persons(dir, findings);
    let schema = FileSchema::of::<OutputFile>();
    let mut outputs = Vec::new();
    for path in files {
        let stem =
            path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let mut document = match Document::read(&path) {
            Ok(document) => document.concerning(format!("output {stem}")),
            Err(fault) => {
                findings.faults.push(Fault { subject: Some(format!("output {stem}")), ..fault });
                continue;
            }
        };
        let Some(file) = findings.sound_part::<OutputFile>(&mut document, &schema) else {
            continue;
        };
        let id = file.id.clone().unwrap_or_else(|| stem.clone());
        if id != stem {
            let message = format!("the file of output {id} must be called {id}.toml");
            findings.refuse::<()>(&document, "/id", message);
        }
        let approved = approved((dir, &path), &id, &persons, findings);
        let check = OutputCheck { id: &id, file: &file, document: &document, sources };
        outputs.extend(check.run(approved, findings));
    }
    outputs
}

/// Who may approve, each with a key.
fn persons(dir: &Path, findings: &mut Findings) -> Vec<(String, PublicKey)> {
    let folder = dir.join(APPROVALS).join(PERSONS);
    let mut files: Vec<PathBuf> =
        folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "pem"));
    files.sort();
    let mut persons = Vec::new();
    for path in files {
        findings.referred.note_file(&path);
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match PublicKey::load(&path) {
            Ok(key) => persons.push((name, key)),
            Err(error) => findings.faults.push(Fault::of_whole(&path, error.to_string())),
        }
    }
    persons
}

fn approved(
    (dir, path): (&Path, &Path),
    id: &str,
    persons: &[(String, PublicKey)],
    findings: &mut Findings,
) -> Approved {
    // What is no id is refused elsewhere, and names no file here.
    if Slug::new(id).is_err() {
        return Approved::default();
    }
    let mut given = Vec::new();
    for (person, key) in persons {
        let file = approval_file(dir, id, person);
        findings.referred.note_file(&file);
        match filing::read(&file) {
            Ok(text) => given.push((person, key, text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                findings.faults.push(Fault::of_whole(&file, format!("cannot be read: {error}")));
            }
        }
    }
    let content = filing::read(path).unwrap_or_default();
    let given = given.iter().map(|(person, key, text)| (person.as_str(), *key, text.as_slice()));
    output::approvals((id, &content), given)
}
