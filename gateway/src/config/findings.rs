//! What checking one file brings to light: faults that refuse it and warnings that do not.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rule::Slug;
use serde::de::DeserializeOwned;

use super::document::Document;
use super::faults::Fault;
use super::pointer::steps;
use super::referred::Referred;
use super::schema::FileSchema;

/// Faults and warnings, in the order of discovery.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) faults: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
    /// What the files name.
    pub(super) referred: Referred,
}

impl Findings {
    /// What a document says, less its faulty parts; `None` if nothing whole remains.
    pub(super) fn sound_part<T: DeserializeOwned>(
        &mut self,
        document: &mut Document,
        schema: &FileSchema,
    ) -> Option<T> {
        let (faults, remains) = schema.check(document);
        self.faults.extend(faults);
        if !remains {
            return None;
        }
        document.decode().map_err(|fault| self.faults.push(fault)).ok()
    }

    /// Notes a fault at `pointer`, with its key; returns `None` so that a check can end with it.
    pub(super) fn refuse<T>(
        &mut self,
        document: &Document,
        pointer: &str,
        message: impl Into<String>,
    ) -> Option<T> {
        self.faults.push(document.fault(pointer, naming(pointer, message.into())));
        None
    }

    /// Notes something unwise at `pointer`.
    pub(super) fn warn(&mut self, document: &Document, pointer: &str, message: impl Into<String>) {
        self.warnings.push(document.fault(pointer, naming(pointer, message.into())));
    }

    /// `text` as an id; the schema lets no other through.
    pub(super) fn slug(&mut self, document: &Document, pointer: &str, text: &str) -> Option<Slug> {
        match Slug::new(text) {
            Ok(slug) => Some(slug),
            Err(e) => self.refuse(document, pointer, e.to_string()),
        }
    }

    /// Warns of an id whose topics NATS, which speaks MQTT 3.1.1 only, may refuse.
    pub(super) fn warn_of_dot(&mut self, document: &Document, pointer: &str, id: &str) {
        if id.contains('.') {
            let message = format!(
                "NATS before 2.10 refuses topics with a dot; if that is the broker, rename `{id}`"
            );
            self.warn(document, pointer, message);
        }
    }

    /// The file that the text at `pointer` names, if it can be read.
    pub(super) fn readable_file(&mut self, document: &Document, pointer: &str) -> Option<PathBuf> {
        let path = self.existing(document, pointer)?;
        if let Err(e) = filing::read_some(&path) {
            let message = format!("{} cannot be read: {e}", path.display());
            return self.refuse(document, pointer, message);
        }
        Some(path)
    }

    /// As [`Findings::readable_file`]; warns if every user of the machine can read it.
    pub(super) fn secret_file(&mut self, document: &Document, pointer: &str) -> Option<PathBuf> {
        let path = self.readable_file(document, pointer)?;
        if filing::may_be_read_by_all(&path).unwrap_or_default() {
            let shown = path.display();
            let message = format!(
                "{shown} can be read by every user of this machine; run: chmod 600 {shown}"
            );
            self.warn(document, pointer, message);
        }
        Some(path)
    }

    /// As [`Findings::readable_file`]; refused if others can reach it: unlike a password, a key that
    /// seals or signs evidence cannot be changed afterwards.
    pub(super) fn key_file(&mut self, document: &Document, pointer: &str) -> Option<PathBuf> {
        let path = self.readable_file(document, pointer)?;
        match filing::check_key(&path) {
            Ok(()) => Some(path),
            Err(loose) => self.refuse(document, pointer, loose.to_string()),
        }
    }

    /// As [`Findings::secret_file`]; refused if its first line is empty.
    pub(super) fn secret_line(
        &mut self,
        document: &Document,
        pointer: &str,
        what: &str,
    ) -> Option<(PathBuf, String)> {
        let path = self.secret_file(document, pointer)?;
        match filing::first_line(&path) {
            Ok(secret) => Some((path, secret)),
            Err(error) => {
                let shown = path.display();
                let message = format!("{shown} holds no {what} in its first line: {error}");
                self.refuse(document, pointer, message)
            }
        }
    }

    /// A file as [`Findings::readable_file`] that holds PEM of this `kind`, such as `CERTIFICATE`.
    pub(super) fn pem_file(
        &mut self,
        document: &Document,
        pointer: &str,
        kind: &str,
    ) -> Option<PathBuf> {
        let path = self.readable_file(document, pointer)?;
        let text = filing::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let holds_kind = |line: &str| {
            line.trim_start_matches('\u{feff}').starts_with("-----BEGIN ") && line.contains(kind)
        };
        if text.trim().is_empty() {
            let message = format!("{} is empty; expected PEM {kind}", path.display());
            return self.refuse(document, pointer, message);
        }
        if !text.lines().any(holds_kind) {
            let message = format!("{} holds no PEM {kind}", path.display());
            return self.refuse(document, pointer, message);
        }
        Some(path)
    }

    /// The folder that the text at `pointer` names (or `default` if it is not written), if there. Those of
    /// its `files` are read.
    pub(super) fn folder(
        &mut self,
        document: &Document,
        (pointer, default): (&str, &str),
        files: &[&str],
    ) -> Option<PathBuf> {
        let path = document.resolve(document.text_at(pointer).unwrap_or(default));
        files.iter().for_each(|file| self.referred.note_file(&path.join(file)));
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Some(path),
            Ok(_) => self.refuse(document, pointer, "this is no folder"),
            Err(e) => self.refuse(document, pointer, missing(("folder", &path), document, &e)),
        }
    }

    fn existing(&mut self, document: &Document, pointer: &str) -> Option<PathBuf> {
        let path = document.resolve(document.text_at(pointer)?);
        // Before it is looked at: what is written in between is found by the watch.
        self.referred.note_file(&path);
        match fs::metadata(&path) {
            Ok(_) => Some(path),
            Err(e) => self.refuse(document, pointer, missing(("file", &path), document, &e)),
        }
    }
}

/// The name is not repeated: where a file is expected, people write the secret itself.
fn missing((what, path): (&str, &Path), document: &Document, error: &io::Error) -> String {
    let from = document.folder();
    match error.kind() {
        io::ErrorKind::NotFound if path.is_symlink() => {
            format!("this {what} is a link that leads to nothing; names count from {from}")
        }
        io::ErrorKind::NotFound => format!("there is no such {what}; names count from {from}"),
        kind => format!("this {what} cannot be reached: {kind}"),
    }
}

/// The message with the key at `pointer` before it, unless it names that itself. Keys below it may be
/// somebody's own words, such as those of a table by class, and are not repeated.
fn naming(pointer: &str, message: String) -> String {
    let mut words = steps(pointer).filter(|step| step.parse::<usize>().is_err());
    let table = words.next();
    match words.next().or(table).map(|key| format!("`{key}`")) {
        // A message that begins with a table is about all of it.
        Some(key) if !message.contains(&key) && !message.starts_with('[') => {
            format!("{key}: {message}")
        }
        _ => message,
    }
}
