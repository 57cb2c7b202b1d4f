//! The `model.toml` of a head: what it makes of another model's embedding.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::error::ManifestError;
use super::sheet::Sheet;
use super::text::{Faults, FileText, sound};
use super::weights::ModelFile;

/// No model's embedding is longer.
const MOST_NUMBERS: usize = 16_384;

/// A self-test of more inputs proves no more.
const MOST_TESTS: usize = 16;

/// What a head tells of a crop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeadTask {
    /// How likely it shows a stall.
    Stall,
    /// How likely a two-wheeler has a motor.
    TwoWheeler,
}

/// One `model.toml` of a head, checked.
#[derive(Debug, Clone)]
pub struct HeadManifest {
    /// The head's name.
    pub name: String,
    /// Which training it is of.
    pub version: String,
    /// What it was trained on.
    pub source: String,
    /// What it tells.
    pub task: HeadTask,
    /// The weights.
    pub weights: ModelFile,
    /// SHA-256 of the weights whose embedding it reads.
    pub embedding_sha256: String,
    /// How many numbers that has.
    pub(crate) size: usize,
    /// Seeds of made-up embeddings, and the chances that come of them.
    pub(crate) self_test: Vec<(u32, f32)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum LayoutText {
    Head,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    name: Spanned<String>,
    version: Spanned<String>,
    #[serde(rename = "layout")]
    _layout: LayoutText,
    task: HeadTask,
    licence: Spanned<String>,
    source: Spanned<String>,
    fp32: FileText,
    embedding: EmbeddingText,
    self_test: SelfTestText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmbeddingText {
    sha256: Spanned<String>,
    size: Spanned<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SelfTestText {
    seeds: Spanned<Vec<u32>>,
    chances: Vec<f32>,
}

impl Sheet for HeadManifest {
    /// No weighted sum is longer. Heads go to an eye within one order.
    const MOST_BYTES: usize = 256 * 1024;

    fn parse(path: &Path, text: &str) -> Result<Self, ManifestError> {
        sound(path, text, check)
    }

    fn weights(&self) -> &ModelFile {
        &self.weights
    }
}

fn check(faults: &mut Faults<'_>, text: Text) -> HeadManifest {
    let Text { embedding, self_test, .. } = text;
    let size = *embedding.size.get_ref();
    if !(1..=MOST_NUMBERS).contains(&size) {
        let fault = format!("size = {size}, expected 1 to {MOST_NUMBERS}");
        faults.add(&embedding.size.span(), &fault);
    }
    let (seeds, chances) = (self_test.seeds.get_ref(), &self_test.chances);
    let are_chances = chances.iter().all(|chance| (0.0..=1.0).contains(chance));
    if seeds.len() != chances.len() || !(1..=MOST_TESTS).contains(&seeds.len()) || !are_chances {
        let fault = format!("expected 1 to {MOST_TESTS} seeds, and a chance of 0 to 1 for each");
        faults.add(&self_test.seeds.span(), &fault);
    }
    let _ = faults.filled("licence", text.licence);
    HeadManifest {
        self_test: seeds.iter().copied().zip(chances.iter().copied()).collect(),
        name: faults.filled("name", text.name),
        version: faults.filled("version", text.version),
        source: faults.filled("source", text.source),
        task: text.task,
        weights: faults.model_file(&text.fp32),
        embedding_sha256: faults.filled("sha256", embedding.sha256).to_ascii_lowercase(),
        size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"
name = "stall-head"
version = "2"
layout = "head"
task = "stall"
licence = "of this gateway alone"
source = "one export"
[fp32]
file = "head.onnx"
sha256 = "41093bd45a55ea094f87e4fecb3ba81fc526805d96774b27e32d2d53d842236c"
[embedding]
sha256 = "41093bd45a55ea094f87e4fecb3ba81fc526805d96774b27e32d2d53d842236c"
size = 1280
[self_test]
seeds = [1, 2]
chances = [0.25, 0.5]
"#;

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let sound = HeadManifest::parse(Path::new("h/model.toml"), SOUND).unwrap();
        assert_eq!(sound.weights.path, Path::new("h/head.onnx"));
        assert_eq!((sound.task, sound.self_test.len()), (HeadTask::Stall, 2));
        for (from, to, told) in [
            ("task = \"stall\"", "task = \"weather\"", "weather"),
            ("size = 1280", "size = 0", "size = 0, expected 1 to"),
            ("seeds = [1, 2]", "seeds = [1]", "a chance of 0 to 1 for each"),
            ("[0.25, 0.5]", "[0.25, 1.5]", "a chance of 0 to 1 for each"),
            ("layout = \"head\"", "layout = \"yolox\"", "yolox"),
            ("\"head.onnx\"", "\"../head.onnx\"", "beside model.toml"),
            ("version = \"2\"", "version = \"\"", "version is empty"),
        ] {
            let text = SOUND.replacen(from, to, 1);
            let fault =
                HeadManifest::parse(Path::new("model.toml"), &text).unwrap_err().to_string();
            assert!(fault.starts_with("model.toml:") && fault.contains(told), "{fault}");
        }
    }
}
