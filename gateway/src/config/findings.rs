//! What checking one file brings to light: faults that refuse it and warnings that do not.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rule::Slug;

use super::document::Document;
use super::faults::Fault;

/// The bit that lets every user of the machine read a file.
const READABLE_BY_ALL: u32 = 0o004;

/// Faults and warnings, in the order of discovery.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) faults: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
}

impl Findings {
    /// Notes a fault at `pointer`; returns `None` so that a check can end with it.
    pub(super) fn refuse<T>(
        &mut self,
        document: &Document,
        pointer: &str,
        message: impl Into<String>,
    ) -> Option<T> {
        self.faults.push(document.fault(pointer, message.into()));
        None
    }

    /// Notes something unwise at `pointer`.
    pub(super) fn warn(&mut self, document: &Document, pointer: &str, message: impl Into<String>) {
        self.warnings.push(document.fault(pointer, message.into()));
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
        let (path, metadata) = self.existing(document, pointer)?;
        if !metadata.is_file() {
            return self.refuse(document, pointer, format!("{} is not a file", path.display()));
        }
        if let Err(e) = fs::File::open(&path) {
            let message = format!("{} cannot be read: {e}", path.display());
            return self.refuse(document, pointer, message);
        }
        Some(path)
    }

    /// As [`Findings::readable_file`]; warns if every user of the machine can read it.
    pub(super) fn secret_file(&mut self, document: &Document, pointer: &str) -> Option<PathBuf> {
        let path = self.readable_file(document, pointer)?;
        let mode = fs::metadata(&path).map_or(0, |metadata| metadata.permissions().mode());
        if mode & READABLE_BY_ALL != 0 {
            let shown = path.display();
            let message = format!(
                "{shown} can be read by every user of this machine; run: chmod 600 {shown}"
            );
            self.warn(document, pointer, message);
        }
        Some(path)
    }

    /// A file as [`Findings::readable_file`] that holds PEM of this `kind`, such as `CERTIFICATE`.
    pub(super) fn pem_file(
        &mut self,
        document: &Document,
        pointer: &str,
        kind: &str,
    ) -> Option<PathBuf> {
        let path = self.readable_file(document, pointer)?;
        let text = fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let holds_kind = |line: &str| line.starts_with("-----BEGIN ") && line.contains(kind);
        if !text.lines().any(holds_kind) {
            let message = format!("{} holds no PEM {kind}", path.display());
            return self.refuse(document, pointer, message);
        }
        Some(path)
    }

    /// The folder that the text at `pointer` names (or `default` if it is not written), if there.
    pub(super) fn folder(
        &mut self,
        document: &Document,
        pointer: &str,
        default: &str,
    ) -> Option<PathBuf> {
        let path = document.resolve(document.text_at(pointer).unwrap_or(default));
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Some(path),
            Ok(_) => self.refuse(document, pointer, format!("{} is not a folder", path.display())),
            Err(e) => self.refuse(document, pointer, out_of_reach("folder", &path, &e)),
        }
    }

    fn existing(&mut self, document: &Document, pointer: &str) -> Option<(PathBuf, Metadata)> {
        let path = document.resolve(document.text_at(pointer)?);
        match fs::metadata(&path) {
            Ok(metadata) => Some((path, metadata)),
            Err(e) => self.refuse(document, pointer, out_of_reach("file", &path, &e)),
        }
    }
}

fn out_of_reach(what: &str, path: &Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no {what} {path}"),
        _ => format!("the {what} {path} cannot be reached: {error}"),
    }
}
