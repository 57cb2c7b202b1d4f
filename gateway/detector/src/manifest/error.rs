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
    /// The weights of a head are longer than those of any.
    #[error("{}: {bytes} bytes; a head has {most} at most", path.display())]
    LongHead {
        /// The weights.
        path: PathBuf,
        /// How long they are.
        bytes: usize,
        /// How long they may be.
        most: usize,
    },
    /// A head reads what another model sees.
    #[error(
        "{}: this head reads the embedding of other weights (sha256 {wanted}) than those of second_look_dir \
         ({found}): train it again (make train-head), or go back to the model that it was trained with",
        path.display()
    )]
    OtherEmbedding {
        /// The head's `model.toml`.
        path: PathBuf,
        /// The weights whose embedding it reads.
        wanted: String,
        /// The weights that there are.
        found: String,
    },
    /// Two heads tell the same.
    #[error("{} and {} tell the same of a crop: name one of them", one.display(), other.display())]
    SameTask {
        /// The `model.toml` of one.
        one: PathBuf,
        /// That of the other.
        other: PathBuf,
    },
}
