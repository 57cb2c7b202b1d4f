//! `model.toml`: what a model is, where its weights lie, what it expects and what it gives.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use scene::Class;
use sha2::{Digest, Sha256};

mod text;

/// The name of the file inside a model's folder.
const FILE_NAME: &str = "model.toml";

/// How a model's output is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// `[1, 4 + classes, anchors]`: centre, size in pixels, class scores (YOLOv8, YOLO11).
    YoloV8,
    /// `[1, anchors, 5 + classes]`: undecoded boxes on grids of 8, 16 and 32 px, objectness,
    /// class scores (YOLOX as its own `export_onnx.py` writes it).
    Yolox,
}

/// The order of the colour planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red (OpenCV's order).
    Bgr,
}

/// The picture a model expects: `[1, 3, height_px, width_px]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InputFormat {
    /// Width, a multiple of 32.
    pub width_px: u32,
    /// Height, a multiple of 32.
    pub height_px: u32,
    /// Order of the planes.
    pub channels: Channels,
    /// The value of full brightness: 1 or 255.
    pub range: f32,
    /// Brightness of the padding, 0..=255.
    pub pad: u8,
}

impl InputFormat {
    /// Width in pixels, as a length in memory.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width_px as usize
    }

    /// Height in pixels, as a length in memory.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height_px as usize
    }
}

/// A file of weights and the sum that proves it is the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of its bytes, 64 lower-case hex digits.
    pub sha256: String,
    manifest: PathBuf,
}

impl ModelFile {
    /// The file's bytes, proved to be those that `model.toml` means.
    ///
    /// # Errors
    /// The file can not be read, or its sum is another one.
    pub fn read(&self) -> Result<Vec<u8>, ManifestError> {
        let bytes = fs::read(&self.path)
            .map_err(|source| ManifestError::Unreadable { path: self.path.clone(), source })?;
        let found = hex(&Sha256::digest(&bytes));
        if found == self.sha256 {
            return Ok(bytes);
        }
        Err(ManifestError::WrongSum {
            path: self.path.clone(),
            bytes: bytes.len(),
            found,
            expected: self.sha256.clone(),
            manifest: self.manifest.clone(),
        })
    }
}

/// One `model.toml`, checked.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The model's name.
    pub name: String,
    /// The model's version, as its maker counts.
    pub version: String,
    /// How to read the output.
    pub layout: Layout,
    /// The score from which a detection counts on its own, 0..=1.
    pub score_threshold: f32,
    /// Overlap (IoU) above which two boxes of one kind are one object, 0..=1.
    pub nms_iou: f32,
    /// The classes in the order of the output.
    pub classes: Vec<Class>,
    /// For each class the number of its kind: classes that the model confuses share one.
    pub kinds: Vec<usize>,
    /// The licence of the weights.
    pub licence: String,
    /// Where the weights come from.
    pub source: String,
    /// Weights in 32-bit floats; run everywhere.
    pub fp32: ModelFile,
    /// Weights in 8-bit integers; for CPUs with VNNI.
    pub int8: Option<ModelFile>,
    /// The picture it expects.
    pub input: InputFormat,
}

impl Manifest {
    /// Reads `model.toml` in `folder` and checks it and its weights.
    ///
    /// # Errors
    /// The file or weights can not be read, the text is no `model.toml` (all faults are listed),
    /// or weights do not have the sum that it says.
    pub fn load(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(FILE_NAME);
        let text = fs::read_to_string(&path)
            .map_err(|source| ManifestError::Unreadable { path: path.clone(), source })?;
        let manifest = text::parse(&path, &text)?;
        for file in [Some(&manifest.fp32), manifest.int8.as_ref()].into_iter().flatten() {
            file.read()?;
        }
        Ok(manifest)
    }

    /// A filter that passes only the classes of these names.
    ///
    /// # Errors
    /// The model has no class of such a name.
    pub fn class_filter<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<ClassFilter, UnknownClass> {
        let mut indices = BTreeSet::new();
        for name in names {
            let index = self.classes.iter().position(|class| class.as_str() == name);
            indices.insert(index.ok_or_else(|| UnknownClass::new(name, self))?);
        }
        Ok(ClassFilter(indices.into_iter().collect()))
    }

    /// A filter that passes every class.
    #[must_use]
    pub fn every_class(&self) -> ClassFilter {
        ClassFilter((0..self.classes.len()).collect())
    }
}

/// The classes that a caller wants to see, as rising indices into [`Manifest::classes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassFilter(Vec<usize>);

impl ClassFilter {
    /// The wanted classes' indices, rising.
    #[must_use]
    pub fn indices(&self) -> &[usize] {
        &self.0
    }

    #[cfg(test)]
    pub(crate) fn of_indices(indices: &[usize]) -> Self {
        Self(indices.to_vec())
    }
}

/// A class name that the model does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("model {model} has no class \"{name}\"; it knows {known}")]
pub struct UnknownClass {
    name: String,
    model: String,
    known: String,
}

impl UnknownClass {
    fn new(name: &str, manifest: &Manifest) -> Self {
        let known: Vec<&str> = manifest.classes.iter().map(Class::as_str).collect();
        Self { name: name.to_owned(), model: manifest.name.clone(), known: known.join(", ") }
    }
}

/// Why a model's folder can not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// A file can not be read.
    #[error("{}: can not be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is no `model.toml`; one fault a line, each `file:line:column: what and why`.
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can not fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// Line and column, from 1, of a place in a text.
fn line_and_column(text: &str, span: &Range<usize>) -> (usize, usize) {
    let before = text.get(..span.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

#[cfg(test)]
mod tests;
