//! The `model.toml` of a net that finds new cables in two pictures of one place.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::error::ManifestError;
use super::sheet::Sheet;
use super::text::{Faults, FileText, sound};
use super::weights::ModelFile;

/// Pixels: the side of a tile. What looks with the net cuts such tiles, and its threshold is for them.
pub(crate) const SIDE_PX: u32 = 256;

/// One `model.toml` of a net for cables, checked.
#[derive(Debug, Clone)]
pub struct CableManifest {
    /// The net's name.
    pub name: String,
    /// The net's version, as its maker counts.
    pub version: String,
    /// The licence of the weights.
    pub licence: String,
    /// Where the weights come from.
    pub source: String,
    /// The weights.
    pub weights: ModelFile,
    /// A tile whose score is above it shows a new cable, 0..=1.
    pub tile_threshold: f32,
    /// Pixels of the map above it belong to the cable, 0..=1.
    pub map_threshold: f32,
    /// What it says of the made-up pair with a cable, and of the one without, 0..=1.
    pub(crate) self_test: [f32; 2],
}

#[derive(Deserialize)]
enum LayoutText {
    #[serde(rename = "wire-pair")]
    WirePair,
}

#[derive(Deserialize)]
enum InputName {
    #[serde(rename = "pair")]
    Pair,
}

#[derive(Deserialize)]
enum MapName {
    #[serde(rename = "cable")]
    Cable,
}

#[derive(Deserialize)]
enum ScoreName {
    #[serde(rename = "tile")]
    Tile,
}

#[derive(Deserialize)]
enum ChannelsText {
    #[serde(rename = "rgb")]
    Rgb,
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
    tile_threshold: Spanned<f32>,
    map_threshold: Spanned<f32>,
    fp32: FileText,
    input: InputText,
    #[serde(rename = "output")]
    _output: OutputText,
    #[serde(rename = "alert")]
    _alert: AlertText,
    self_test: SelfTestText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputText {
    #[serde(rename = "name")]
    _name: InputName,
    width_px: Spanned<u32>,
    height_px: Spanned<u32>,
    #[serde(rename = "channels")]
    _channels: ChannelsText,
    range: Spanned<f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputText {
    #[serde(rename = "map")]
    _map: MapName,
    #[serde(rename = "score")]
    _score: ScoreName,
}

/// What the figures of the card are for. Rules have terms of their own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlertText {
    #[serde(rename = "looks")]
    _looks: u32,
    #[serde(rename = "event_threshold")]
    _event_threshold: f32,
    #[serde(rename = "least_length_px")]
    _least_length_px: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SelfTestText {
    /// What the trainer's own check counts.
    #[serde(rename = "with_cable")]
    _with_cable: u32,
    #[serde(rename = "without")]
    _without: u32,
    made_up_with: Spanned<f32>,
    made_up_without: Spanned<f32>,
}

impl Sheet for CableManifest {
    fn parse(path: &Path, text: &str) -> Result<Self, ManifestError> {
        sound(path, text, check)
    }

    fn weights(&self) -> &ModelFile {
        &self.weights
    }
}

fn check(faults: &mut Faults<'_>, text: Text) -> CableManifest {
    let Text { input, self_test, .. } = text;
    for (key, side) in [("width_px", &input.width_px), ("height_px", &input.height_px)] {
        if *side.get_ref() != SIDE_PX {
            let fault = format!("{key} = {}, expected {SIDE_PX}", side.get_ref());
            faults.add(&side.span(), &fault);
        }
    }
    if (*input.range.get_ref() - 255.0).abs() > f32::EPSILON {
        let fault = format!("range = {}, expected 255.0", input.range.get_ref());
        faults.add(&input.range.span(), &fault);
    }
    CableManifest {
        tile_threshold: faults.share("tile_threshold", &text.tile_threshold),
        map_threshold: faults.share("map_threshold", &text.map_threshold),
        self_test: [
            faults.share("made_up_with", &self_test.made_up_with),
            faults.share("made_up_without", &self_test.made_up_without),
        ],
        name: faults.filled("name", text.name),
        version: faults.filled("version", text.version),
        licence: faults.filled("licence", text.licence),
        source: faults.filled("source", text.source),
        weights: faults.model_file(&text.fp32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../../models/charging-wire/model.toml");

    #[test]
    fn the_shipped_one_is_sound() {
        let manifest = CableManifest::parse(Path::new("m/model.toml"), SHIPPED).unwrap();
        assert_eq!(manifest.weights.path, Path::new("m/charging-wire.onnx"));
        assert_eq!(manifest.version, "0.2.0");
        assert!(manifest.tile_threshold > 0.9 && manifest.self_test[0] > manifest.tile_threshold);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (from, to, told) in [
            ("width_px = 256", "width_px = 320", "width_px = 320, expected 256"),
            ("range = 255.0", "range = 1.0", "range = 1, expected 255"),
            ("tile_threshold = 0.9541", "tile_threshold = 1.5", "tile_threshold"),
            ("layout = \"wire-pair\"", "layout = \"yolox\"", "yolox"),
            ("map = \"cable\"", "map = \"heat\"", "heat"),
            ("version = \"0.2.0\"", "version = \"\"", "version is empty"),
        ] {
            assert!(SHIPPED.contains(from), "{from}");
            let text = SHIPPED.replacen(from, to, 1);
            let fault =
                CableManifest::parse(Path::new("model.toml"), &text).unwrap_err().to_string();
            assert!(fault.starts_with("model.toml:") && fault.contains(told), "{fault}");
        }
    }
}
