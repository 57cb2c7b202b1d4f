//! The `model.toml` of a model that looks a second time, at crops: which of its classes speak for what.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::error::ManifestError;
use super::format::Channels;
use super::sheet::Sheet;
use super::text::{Faults, FileText, sound};
use super::weights::ModelFile;

/// Classes of ImageNet-1k, in whose order the model gives its scores.
pub(crate) const CLASSES: usize = 1000;

/// A larger crop costs more than a detector.
const SIDES_PX: std::ops::RangeInclusive<u32> = 32..=1024;

/// One `model.toml` of a model that looks at crops, checked.
#[derive(Debug, Clone)]
pub struct SecondLookManifest {
    /// The model's name.
    pub name: String,
    /// The model's version, as its maker counts.
    pub version: String,
    /// The licence of the weights.
    pub licence: String,
    /// Where the weights come from.
    pub source: String,
    /// The weights.
    pub weights: ModelFile,
    /// The crop that it expects.
    pub(crate) input: CropFormat,
    /// Pedals or a motor.
    pub(crate) two_wheeler: TwoWheelerTerms,
    /// How much speaks for a stall.
    pub(crate) stall: StallTerms,
}

/// The crop that a model expects: `[1, 3, side_px, side_px]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CropFormat {
    pub(crate) side_px: u32,
    pub(crate) channels: Channels,
    /// The value of full brightness.
    pub(crate) range: f32,
    /// Brightness of what lies outside the picture, 0..=255.
    pub(crate) pad: u8,
}

/// How evidence becomes a chance: `1 / (1 + exp(-(slope * evidence + offset)))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Curve {
    pub(crate) slope: f32,
    pub(crate) offset: f32,
}

/// Pedals or a motor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TwoWheelerTerms {
    pub(crate) powered: Vec<usize>,
    pub(crate) pedal: Vec<usize>,
    pub(crate) curve: Curve,
    /// From which chance on the answer counts.
    pub(crate) sure: f32,
    /// Less of both together shows no two-wheeler.
    pub(crate) least_share: f32,
    pub(crate) least_side_px: u32,
}

/// How much speaks for a stall.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StallTerms {
    pub(crate) classes: Vec<usize>,
    pub(crate) curve: Curve,
    pub(crate) least_side_px: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum LayoutText {
    ImageNet,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    name: Spanned<String>,
    version: Spanned<String>,
    #[serde(rename = "layout")]
    _layout: LayoutText,
    licence: Spanned<String>,
    source: Spanned<String>,
    fp32: FileText,
    input: InputText,
    two_wheeler: TwoWheelerText,
    stall: StallText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputText {
    side_px: Spanned<u32>,
    channels: Channels,
    range: Spanned<f32>,
    pad: Spanned<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoWheelerText {
    powered: Spanned<Vec<usize>>,
    pedal: Spanned<Vec<usize>>,
    slope: Spanned<f32>,
    offset: Spanned<f32>,
    sure: Spanned<f32>,
    least_share: Spanned<f32>,
    least_side_px: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StallText {
    classes: Spanned<Vec<usize>>,
    slope: Spanned<f32>,
    offset: Spanned<f32>,
    least_side_px: u32,
}

impl Sheet for SecondLookManifest {
    fn parse(path: &Path, text: &str) -> Result<Self, ManifestError> {
        sound(path, text, check)
    }

    fn weights(&self) -> &ModelFile {
        &self.weights
    }
}

fn check(faults: &mut Faults<'_>, text: Text) -> SecondLookManifest {
    let Text { input, two_wheeler, stall, .. } = text;
    let (side_px, range) = (*input.side_px.get_ref(), *input.range.get_ref());
    if !SIDES_PX.contains(&side_px) {
        let (least, most) = SIDES_PX.into_inner();
        let fault = format!("side_px = {side_px}, expected {least} to {most}");
        faults.add(&input.side_px.span(), &fault);
    }
    if !(range > 0.0 && range <= 255.0) {
        let fault = format!("range = {range}, expected 1.0 or 255.0");
        faults.add(&input.range.span(), &fault);
    }
    let sure = faults.share("sure", &two_wheeler.sure);
    if sure <= 0.5 {
        faults.add(&two_wheeler.sure.span(), "sure is no more than one half, expected more");
    }
    SecondLookManifest {
        input: CropFormat { side_px, channels: input.channels, range, pad: faults.pad(&input.pad) },
        two_wheeler: TwoWheelerTerms {
            powered: classes(faults, "powered", &two_wheeler.powered),
            pedal: classes(faults, "pedal", &two_wheeler.pedal),
            curve: curve(faults, &two_wheeler.slope, &two_wheeler.offset),
            sure,
            least_share: faults.share("least_share", &two_wheeler.least_share),
            least_side_px: two_wheeler.least_side_px,
        },
        stall: StallTerms {
            classes: classes(faults, "classes", &stall.classes),
            curve: curve(faults, &stall.slope, &stall.offset),
            least_side_px: stall.least_side_px,
        },
        name: faults.filled("name", text.name),
        version: faults.filled("version", text.version),
        licence: faults.filled("licence", text.licence),
        source: faults.filled("source", text.source),
        weights: faults.model_file(&text.fp32),
    }
}

/// Numbers of classes, each once.
fn classes(faults: &mut Faults<'_>, key: &str, numbers: &Spanned<Vec<usize>>) -> Vec<usize> {
    let mut rising = numbers.get_ref().clone();
    rising.sort_unstable();
    rising.dedup();
    let is_sound = !rising.is_empty()
        && rising.len() == numbers.get_ref().len()
        && rising.iter().all(|number| *number < CLASSES);
    if !is_sound {
        let fault = format!("{key}: expected numbers of classes, 0 to {}, each once", CLASSES - 1);
        faults.add(&numbers.span(), &fault);
    }
    rising
}

fn curve(faults: &mut Faults<'_>, slope: &Spanned<f32>, offset: &Spanned<f32>) -> Curve {
    if !(slope.get_ref().is_finite() && *slope.get_ref() > 0.0) {
        faults.add(&slope.span(), "slope: expected a number above 0");
    }
    if !offset.get_ref().is_finite() {
        faults.add(&offset.span(), "offset: expected a number");
    }
    Curve { slope: *slope.get_ref(), offset: *offset.get_ref() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../../models/efficientnet-lite0/model.toml");

    fn faults(change: (&str, &str)) -> String {
        assert!(SHIPPED.contains(change.0), "{}", change.0);
        let text = SHIPPED.replacen(change.0, change.1, 1);
        SecondLookManifest::parse(Path::new("model.toml"), &text).unwrap_err().to_string()
    }

    #[test]
    fn the_shipped_one_is_sound() {
        let manifest = SecondLookManifest::parse(Path::new("m/model.toml"), SHIPPED).unwrap();
        assert_eq!(manifest.input.side_px, 224);
        assert_eq!(manifest.stall.classes.len(), 58);
        assert_eq!(manifest.weights.path, Path::new("m/efficientnet-lite0.onnx"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let told = [
            faults(("side_px = 224", "side_px = 0")),
            faults(("pad = 127", "pad = 256")),
            faults(("powered = [665, 670]", "powered = [665, 1000]")),
            faults(("powered = [665, 670]", "powered = [665, 665]")),
            faults(("pedal = [444, 671]", "pedal = []")),
            faults(("slope = 0.51", "slope = 0.0")),
            faults(("offset = -0.07", "offset = inf")),
            faults(("sure = 0.8", "sure = 0.5")),
            faults(("layout = \"imagenet\"", "layout = \"yolox\"")),
        ];
        for (fault, part) in told.iter().zip([
            "side_px = 0, expected 32 to 1024",
            "pad = 256, expected 0 to 255",
            "powered: expected numbers of classes, 0 to 999, each once",
            "powered: expected",
            "pedal: expected",
            "slope: expected a number above 0",
            "offset: expected a number",
            "sure is no more than one half",
            "yolox",
        ]) {
            assert!(fault.starts_with("model.toml:") && fault.contains(part), "{fault}");
        }
    }
}
