//! The composition as it is written: TOML with the position of every value.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::recipe::{Composition, Overlay, ViewFault, ViewFaultKind};
use crate::camera::clip_span::ClipSpan;
use crate::toml_file::check::Check;
use crate::toml_file::fault::TomlFileError;

/// About as soft as a sharp edge is after two lenses.
const SOFT_EDGE_PX: f64 = 1.5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompositionFile {
    title: String,
    base: PathBuf,
    base_from_secs: Option<Spanned<f64>>,
    length_secs: Spanned<f64>,
    #[serde(default)]
    overlay: Vec<OverlayEntry>,
    #[serde(default)]
    view_fault: Vec<ViewFaultEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverlayEntry {
    what: String,
    photo: PathBuf,
    photo_at_secs: Option<Spanned<f64>>,
    cut_out_px: Spanned<Vec<[f64; 2]>>,
    foot_px: [f64; 2],
    moves_to_px: Option<[f64; 2]>,
    height_px: Spanned<f64>,
    #[serde(default)]
    mirrored: bool,
    from_secs: Spanned<f64>,
    until_secs: Spanned<f64>,
    brightness: Option<Spanned<f64>>,
    soft_edge_px: Option<Spanned<f64>>,
    noise_levels: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewFaultEntry {
    from_secs: Spanned<f64>,
    until_secs: Spanned<f64>,
    kind: ViewFaultEntryKind,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum ViewFaultEntryKind {
    Covered { level: Spanned<u8> },
    Turned { shift_px: [i32; 2] },
    Blurred { radius_px: Spanned<usize> },
    Dark { light: Spanned<f64> },
    Frozen,
}

impl Composition {
    /// Reads a composition.
    ///
    /// # Errors
    /// [`TomlFileError::Faults`] names every mistake with file and line.
    pub fn load(path: &Path) -> Result<Self, TomlFileError> {
        let text = fs::read_to_string(path)
            .map_err(|source| TomlFileError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads a composition from `text`, the content of the file `path`.
    ///
    /// # Errors
    /// As [`Composition::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, TomlFileError> {
        let mut check = Check::new(text);
        let composition = check.toml().and_then(|file| check.composition(file, path));
        match composition {
            Some(composition) if check.faults.is_empty() => Ok(composition),
            _ => Err(TomlFileError::Faults { path: path.to_owned(), faults: check.into_faults() }),
        }
    }
}

impl Check<'_> {
    fn composition(&mut self, file: CompositionFile, path: &Path) -> Option<Composition> {
        let length = self.seconds("length_secs", &file.length_secs);
        if length.is_some_and(|length| length.is_zero()) {
            self.fault_at(&file.length_secs, "`length_secs` must be more than 0".to_owned());
        }
        let base_from = self.seconds_or_zero("base_from_secs", file.base_from_secs.as_ref());
        let overlays: Vec<_> = file.overlay.into_iter().map(|entry| self.overlay(entry)).collect();
        let view_faults: Vec<_> =
            file.view_fault.into_iter().map(|entry| self.view_fault(entry)).collect();
        Some(Composition {
            title: file.title,
            path: path.to_owned(),
            base: file.base,
            base_from: base_from?,
            length: length?,
            overlays: overlays.into_iter().collect::<Option<_>>()?,
            view_faults: view_faults.into_iter().collect::<Option<_>>()?,
            text: self.text.to_owned(),
        })
    }

    fn overlay(&mut self, entry: OverlayEntry) -> Option<Overlay> {
        if entry.cut_out_px.get_ref().len() < 3 {
            self.fault_at(&entry.cut_out_px, "an outline needs at least three corners".to_owned());
        }
        self.at_least("height_px", &entry.height_px, 2.0);
        let brightness = self.or("brightness", entry.brightness, 1.0);
        let soft_edge_px = self.or("soft_edge_px", entry.soft_edge_px, SOFT_EDGE_PX);
        let noise_levels = self.or("noise_levels", entry.noise_levels, 0.0);
        let photo_at = self.seconds_or_zero("photo_at_secs", entry.photo_at_secs.as_ref());
        Some(Overlay {
            what: entry.what,
            photo: entry.photo,
            photo_at: photo_at?,
            cut_out_px: entry.cut_out_px.into_inner(),
            foot_px: entry.foot_px,
            moves_to_px: entry.moves_to_px,
            height_px: entry.height_px.into_inner(),
            mirrored: entry.mirrored,
            shown: self.shown(&entry.from_secs, &entry.until_secs)?,
            brightness,
            soft_edge_px,
            noise_levels,
        })
    }

    fn view_fault(&mut self, entry: ViewFaultEntry) -> Option<ViewFault> {
        let kind = match entry.kind {
            ViewFaultEntryKind::Covered { level } => {
                if !(16..=235).contains(level.get_ref()) {
                    let message = format!("`level` must be 16 to 235, not {}", level.get_ref());
                    self.fault_at(&level, message);
                }
                ViewFaultKind::Covered { level: level.into_inner() }
            }
            ViewFaultEntryKind::Turned { shift_px } => ViewFaultKind::Turned { shift_px },
            ViewFaultEntryKind::Blurred { radius_px } => {
                if *radius_px.get_ref() == 0 {
                    self.fault_at(&radius_px, "`radius_px` must be 1 or more".to_owned());
                }
                ViewFaultKind::Blurred { radius_px: radius_px.into_inner() }
            }
            ViewFaultEntryKind::Dark { light } => {
                if !(0.0..=1.0).contains(light.get_ref()) {
                    let message = format!("`light` must be 0 to 1, not {}", light.get_ref());
                    self.fault_at(&light, message);
                }
                ViewFaultKind::Dark { light: light.into_inner() }
            }
            ViewFaultEntryKind::Frozen => ViewFaultKind::Frozen,
        };
        Some(ViewFault { kind, shown: self.shown(&entry.from_secs, &entry.until_secs)? })
    }

    fn shown(&mut self, from: &Spanned<f64>, until: &Spanned<f64>) -> Option<ClipSpan> {
        self.stretch(("from_secs", from), ("until_secs", until))
    }

    fn seconds_or_zero(&mut self, key: &str, value: Option<&Spanned<f64>>) -> Option<Duration> {
        value.map_or(Some(Duration::ZERO), |value| self.seconds(key, value))
    }

    fn or(&mut self, key: &str, value: Option<Spanned<f64>>, otherwise: f64) -> f64 {
        let Some(value) = value else { return otherwise };
        self.at_least(key, &value, 0.0);
        value.into_inner()
    }

    fn at_least(&mut self, key: &str, value: &Spanned<f64>, least: f64) {
        let found = *value.get_ref();
        if !found.is_finite() || found < least {
            self.fault_at(value, format!("`{key}` must be {least} or more, not {found}"));
        }
    }
}
