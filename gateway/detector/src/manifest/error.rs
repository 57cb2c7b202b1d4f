//! What can be wrong with a model's folder, or with a class asked for.

use std::path::PathBuf;

/// A class name that the model does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("model {model} has no class \"{name}\"; it knows {known}")]
pub struct UnknownClassError {
    pub(super) name: String,
    pub(super) model: String,
    pub(super) known: String,
}

/// Why a model's folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What `model.toml` names as weights is a folder, a pipe or the like.
    #[error(
        "{}: not a file; `file` in {} must name the ONNX file itself",
        path.display(), manifest.display()
    )]
    NoFile {
        /// What it names.
        path: PathBuf,
        /// The file that says so.
        manifest: PathBuf,
    },
    /// The text is not a `model.toml`; one fault a line, each `file:line:column: what and why`.
    #[error("{}", faults.join("\n"))]
    Faults {
        /// All that is wrong with it.
        faults: Vec<String>,
    },
    /// A weights file is not the one that `model.toml` means.
    #[error(
        "{}: sha256 is {found} ({bytes} bytes), {} says {expected}: the file is damaged or was \
         replaced; fetch it again or, if the change is meant, write the new sum",
        path.display(), manifest.display()
    )]
    WrongSum {
        /// The weights.
        path: PathBuf,
        /// How long they are.
        bytes: usize,
        /// The sum they have.
        found: String,
        /// The sum they should have.
        expected: String,
        /// The file that says so.
        manifest: PathBuf,
    },
}
