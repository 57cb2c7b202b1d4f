//! The text of a `model.toml` and everything that can be wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use scene::{Class, UNKNOWN_OBJECT};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use super::error::ManifestError;
use super::format::{Channels, InputFormat, Layout};
use super::model::Manifest;
use super::weights::ModelFile;

/// The name of the file inside a model's folder.
const FILE_NAME: &str = "model.toml";

/// Unless `model.toml` says otherwise. Below it hardly any box shows what its class says.
const LEAST_SCORE: f32 = 0.05;

/// Every YOLO-type net halves its input five times.
const SIDE_MULTIPLE_PX: u32 = 32;

/// A larger input is a typing error: 4096 x 4096 would take minutes a picture.
const MAX_SIDE_PX: u32 = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    name: Spanned<String>,
    version: Spanned<String>,
    layout: Layout,
    score_threshold: Spanned<f32>,
    least_score: Option<Spanned<f32>>,
    nms_iou: Spanned<f32>,
    classes: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    confusable: Vec<Vec<Spanned<String>>>,
    licence: Spanned<String>,
    source: Spanned<String>,
    fp32: FileText,
    int8: Option<FileText>,
    input: InputText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileText {
    file: Spanned<String>,
    sha256: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputText {
    width_px: Spanned<u32>,
    height_px: Spanned<u32>,
    channels: Channels,
    range: Spanned<f32>,
    pad: Spanned<i64>,
    #[serde(default)]
    larger_px: Vec<Spanned<[u32; 2]>>,
}

impl Manifest {
    /// Reads `model.toml` in `folder` and checks it and its weights.
    ///
    /// # Errors
    /// The file or the weights cannot be read, the text is not a `model.toml` (all faults are
    /// listed), or the weights have another sum than it says.
    pub fn load(folder: &Path) -> Result<Self, ManifestError> {
        let (path, text) = Self::text_in(folder)?;
        let manifest = Self::parse(&path, &text)?;
        for file in [Some(&manifest.fp32), manifest.int8.as_ref()].into_iter().flatten() {
            file.read()?;
        }
        Ok(manifest)
    }

    /// The files of weights that the `model.toml` of `folder` names, whether they are there or not; none if it
    /// has faults.
    #[must_use]
    pub fn weights_named_in(folder: &Path) -> Vec<PathBuf> {
        let read = Self::text_in(folder).and_then(|(path, text)| Self::parse(&path, &text));
        let Ok(manifest) = read else { return Vec::new() };
        [Some(manifest.fp32), manifest.int8].into_iter().flatten().map(|file| file.path).collect()
    }

    /// Where the `model.toml` of `folder` is, and what is in it.
    pub(crate) fn text_in(folder: &Path) -> Result<(PathBuf, String), ManifestError> {
        text_in(folder)
    }

    /// The manifest in `text`, which was read from `path`. The weights are not read.
    ///
    /// # Errors
    /// The text is not a `model.toml`; all faults are listed.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ManifestError> {
        sound(path, text, Faults::check)
    }
}

/// Where the `model.toml` of `folder` is, and what is in it.
pub(crate) fn text_in(folder: &Path) -> Result<(PathBuf, String), ManifestError> {
    let path = folder.join(FILE_NAME);
    match filing::text(&path) {
        Ok(text) => Ok((path, text)),
        Err(source) => Err(ManifestError::Unreadable { path, source }),
    }
}

/// What `check` makes of `text`, unless it finds faults or the text has another form.
pub(super) fn sound<'a, T: DeserializeOwned, M>(
    path: &'a Path,
    text: &'a str,
    check: impl FnOnce(&mut Faults<'a>, T) -> M,
) -> Result<M, ManifestError> {
    let mut faults = Faults::of(path, text);
    let Some(parsed) = faults.parsed() else { return Err(faults.into_error()) };
    let manifest = check(&mut faults, parsed);
    if faults.is_empty() { Ok(manifest) } else { Err(faults.into_error()) }
}

/// What is wrong with one file.
pub(super) struct Faults<'a> {
    path: &'a Path,
    text: &'a str,
    /// Line, column and what is wrong there.
    found: Vec<(usize, usize, String)>,
}

impl<'a> Faults<'a> {
    /// None yet of this text.
    const fn of(path: &'a Path, text: &'a str) -> Self {
        Self { path, text, found: Vec::new() }
    }

    /// The text as it is meant to be read, or what is wrong with its form.
    fn parsed<T: DeserializeOwned>(&mut self) -> Option<T> {
        match toml::from_str(self.text) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.add(&error.span().unwrap_or(0..0), error.message());
                None
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

impl Faults<'_> {
    pub(super) fn add(&mut self, span: &Range<usize>, fault: &str) {
        let (line, column) = line_and_column(self.text, span);
        self.found.push((line, column, fault.to_owned()));
    }

    /// All faults in the order of the text.
    fn into_error(mut self) -> ManifestError {
        self.found.sort();
        let path = self.path.display();
        let faults = self.found.iter();
        ManifestError::Faults {
            faults: faults
                .map(|(line, column, f)| format!("{path}:{line}:{column}: {f}"))
                .collect(),
        }
    }

    fn check(&mut self, text: Text) -> Manifest {
        let (classes, kinds) = self.check_classes(&text.classes, &text.confusable);
        let range = text.input.range.get_ref();
        if ![1.0, 255.0].iter().any(|allowed| (allowed - range).abs() < f32::EPSILON) {
            self.add(
                &text.input.range.span(),
                &format!("range = {range}, expected 1.0 (pixels as 0..1) or 255.0 (0..255)"),
            );
        }
        let input = InputFormat {
            width_px: self.side("width_px", &text.input.width_px),
            height_px: self.side("height_px", &text.input.height_px),
            channels: text.input.channels,
            range: *range,
            pad: self.pad(&text.input.pad),
        };
        Manifest {
            larger: self.larger(&text.input.larger_px, &input),
            name: self.filled("name", text.name),
            version: self.filled("version", text.version),
            layout: text.layout,
            score_threshold: self.share("score_threshold", &text.score_threshold),
            least_score: self.least_score(text.least_score.as_ref(), &text.score_threshold),
            nms_iou: self.share("nms_iou", &text.nms_iou),
            classes,
            kinds,
            licence: self.filled("licence", text.licence),
            source: self.filled("source", text.source),
            fp32: self.model_file(&text.fp32),
            int8: text.int8.map(|file| self.model_file(&file)),
            input,
        }
    }

    fn check_classes(
        &mut self,
        names: &Spanned<Vec<Spanned<String>>>,
        confusable: &[Vec<Spanned<String>>],
    ) -> (Vec<Class>, Vec<usize>) {
        if names.get_ref().is_empty() {
            self.add(&names.span(), "classes is empty, expected the names in the output's order");
        }
        let mut index_of = BTreeMap::new();
        for (index, name) in names.get_ref().iter().enumerate() {
            if name.get_ref().trim().is_empty() {
                self.add(&name.span(), "a class without a name");
            }
            if name.get_ref() == UNKNOWN_OBJECT {
                let fault = format!("class \"{UNKNOWN_OBJECT}\" is what no model has a class for");
                self.add(&name.span(), &fault);
            }
            if index_of.insert(name.get_ref().as_str(), index).is_some() {
                self.add(&name.span(), &format!("class \"{}\" is listed twice", name.get_ref()));
            }
        }
        let mut kinds: Vec<usize> = (0..names.get_ref().len()).collect();
        let mut grouped = BTreeSet::new();
        for group in confusable {
            let first = group.first().and_then(|name| index_of.get(name.get_ref().as_str()));
            for name in group {
                let index = index_of.get(name.get_ref().as_str());
                let (Some(&index), Some(&first)) = (index, first.or(index)) else {
                    let fault =
                        format!("confusable names \"{}\", which is not in classes", name.get_ref());
                    self.add(&name.span(), &fault);
                    continue;
                };
                if !grouped.insert(index) {
                    let fault =
                        format!("\"{}\" is in confusable twice, expected once", name.get_ref());
                    self.add(&name.span(), &fault);
                }
                if let Some(kind) = kinds.get_mut(index) {
                    *kind = first;
                }
            }
        }
        (names.get_ref().iter().map(|name| Class::new(name.get_ref())).collect(), kinds)
    }

    pub(super) fn filled(&mut self, key: &str, value: Spanned<String>) -> String {
        if value.get_ref().trim().is_empty() {
            self.add(&value.span(), &format!("{key} is empty, expected a text"));
        }
        value.into_inner()
    }

    pub(super) fn share(&mut self, key: &str, value: &Spanned<f32>) -> f32 {
        if !(0.0..=1.0).contains(value.get_ref()) {
            let fault = format!("{key} = {}, expected 0.0 to 1.0", value.get_ref());
            self.add(&value.span(), &fault);
        }
        *value.get_ref()
    }

    /// The lowest score for which the model can be asked, no higher than its own `threshold`.
    fn least_score(&mut self, value: Option<&Spanned<f32>>, threshold: &Spanned<f32>) -> f32 {
        let Some(value) = value else { return LEAST_SCORE.min(*threshold.get_ref()) };
        let least = self.share("least_score", value);
        if least > *threshold.get_ref() {
            let fault = format!("least_score = {least}, expected no more than score_threshold");
            self.add(&value.span(), &fault);
        }
        least
    }

    fn side(&mut self, key: &str, value: &Spanned<u32>) -> u32 {
        let side = *value.get_ref();
        if side == 0 || side > MAX_SIDE_PX || !side.is_multiple_of(SIDE_MULTIPLE_PX) {
            let fault = format!(
                "{key} = {side}, expected a multiple of {SIDE_MULTIPLE_PX} from \
                 {SIDE_MULTIPLE_PX} to {MAX_SIDE_PX}"
            );
            self.add(&value.span(), &fault);
        }
        side
    }

    /// Each larger than the one before, in both directions.
    fn larger(&mut self, sizes: &[Spanned<[u32; 2]>], input: &InputFormat) -> Vec<InputFormat> {
        let mut before = *input;
        for size in sizes {
            let [width_px, height_px] = *size.get_ref();
            let is_side = |side: u32| side <= MAX_SIDE_PX && side.is_multiple_of(SIDE_MULTIPLE_PX);
            let grows = width_px > before.width_px && height_px > before.height_px;
            if !grows || !is_side(width_px) || !is_side(height_px) {
                let fault = format!(
                    "larger_px has {width_px} x {height_px}, expected width and height larger than \
                     {} x {}, multiples of {SIDE_MULTIPLE_PX} up to {MAX_SIDE_PX}",
                    before.width_px, before.height_px
                );
                self.add(&size.span(), &fault);
            }
            before = InputFormat { width_px, height_px, ..before };
        }
        let format = |size: &Spanned<[u32; 2]>| {
            let [width_px, height_px] = *size.get_ref();
            InputFormat { width_px, height_px, ..*input }
        };
        sizes.iter().map(format).collect()
    }

    pub(super) fn pad(&mut self, value: &Spanned<i64>) -> u8 {
        u8::try_from(*value.get_ref()).unwrap_or_else(|_| {
            let fault = format!("pad = {}, expected 0 to 255", value.get_ref());
            self.add(&value.span(), &fault);
            0
        })
    }

    pub(super) fn model_file(&mut self, text: &FileText) -> ModelFile {
        let (file, sha256) = (text.file.get_ref(), text.sha256.get_ref());
        let plain_name = Path::new(file).file_name() == Some(file.as_ref());
        if !plain_name {
            let fault = format!("file = \"{file}\", expected the name of a file beside model.toml");
            self.add(&text.file.span(), &fault);
        }
        if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let fault = format!("sha256 = \"{sha256}\", expected 64 hex digits (sha256sum FILE)");
            self.add(&text.sha256.span(), &fault);
        }
        ModelFile {
            path: self.path.with_file_name(file),
            sha256: sha256.to_ascii_lowercase(),
            manifest: self.path.to_owned(),
        }
    }
}

/// Line and column, from 1, of a place in a text.
fn line_and_column(text: &str, span: &Range<usize>) -> (usize, usize) {
    let before = text.get(..span.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}
