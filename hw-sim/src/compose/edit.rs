//! The making of a scene: each picture of the base, edited and written.

use std::fs;
use std::path::Path;

use super::cutout::CutOut;
use super::ffmpeg::{Decoder, Encoder, PICTURES_PER_SEC};
use super::noise::Noise;
use super::picture::Picture;
use super::view_fault::FaultAtWork;
use super::{ComposeError, Composition};
use crate::camera::Clip;

/// All that is laid into a scene.
pub(super) struct Edit {
    cut_outs: Vec<CutOut>,
    faults: Vec<FaultAtWork>,
}

impl Edit {
    /// Reads the photographs from `media`.
    pub(super) fn prepare(scene: &Composition, media: &Path) -> Result<Self, ComposeError> {
        let cut_outs = scene.overlays.iter().map(|overlay| CutOut::read(overlay, media));
        Ok(Self::of(cut_outs.collect::<Result<_, _>>()?, scene))
    }

    pub(super) fn of(cut_outs: Vec<CutOut>, scene: &Composition) -> Self {
        let faults = scene.view_faults.iter().cloned().map(FaultAtWork::new).collect();
        Self { cut_outs, faults }
    }

    /// Edits the picture with this number, the first being 0.
    pub(super) fn apply(&mut self, picture: &mut Picture, number: u32) {
        let secs = f64::from(number) / f64::from(PICTURES_PER_SEC);
        let mut noise = Noise::of_picture(u64::from(number));
        for cut_out in &self.cut_outs {
            cut_out.lay(picture, secs, &mut noise);
        }
        for fault in &mut self.faults {
            fault.spoil(picture, secs, &mut noise);
        }
    }
}

/// Writes `scene` to `path`, which appears when it is whole.
pub(super) fn make(scene: &Composition, media: &Path, path: &Path) -> Result<(), ComposeError> {
    let size_px = Clip::open(&media.join(&scene.base))?.size_px();
    let mut edit = Edit::prepare(scene, media)?;
    let unfinished = path.with_extension(format!("{}.unfinished", std::process::id()));
    let mut picture = Picture::new(size_px.0.into(), size_px.1.into());
    let mut decoder = Decoder::start(scene, media)?;
    let mut encoder = Encoder::start(scene, size_px, &unfinished)?;
    for number in 0..pictures_in(scene) {
        decoder.next(&mut picture)?;
        edit.apply(&mut picture, number);
        encoder.push(&picture)?;
    }
    encoder.finish()?;
    fs::rename(&unfinished, path)
        .map_err(|source| ComposeError::File { path: path.to_owned(), source })
}

/// Rounded up: the last picture covers the end.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a length is not negative, and saturates after years"
)]
fn pictures_in(scene: &Composition) -> u32 {
    (scene.length.as_secs_f64() * f64::from(PICTURES_PER_SEC)).ceil() as u32
}
