//! The making of a scene: each picture of the base, edited and written.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::cutout::CutOut;
use super::error::ComposeError;
use super::ffmpeg::{Decoder, Encoder, PICTURES_PER_SEC};
use super::noise::Noise;
use super::picture::Picture;
use super::recipe::Composition;
use super::view_fault::ActiveFault;
use crate::camera::clip::Clip;
use crate::draft::draft_of;

/// Part of every file name, so that scenes made by an older composer are made again.
const COMPOSER: &str = "composer 1";
/// Hexadecimal digits of the hash in a file name.
const NAME_DIGITS: usize = 12;

impl Composition {
    /// The scene as MP4 in `folder`, made of the recordings in `media`: H.264 Constrained
    /// Baseline, 25 pictures a second, a key frame every 2 s. The file name holds a hash of all
    /// that goes into the scene; if the file exists, it is not made again.
    ///
    /// # Errors
    /// [`ComposeError`] names the file or the program that fails.
    pub fn ensure(&self, media: &Path, folder: &Path) -> Result<PathBuf, ComposeError> {
        let path = folder.join(file_name(self, media)?);
        if !path.is_file() {
            fs::create_dir_all(folder)
                .map_err(|source| ComposeError::File { path: folder.to_owned(), source })?;
            make(self, media, &path)?;
        }
        Ok(path)
    }
}

/// `<recipe>-composed-<hash>.mp4`.
fn file_name(scene: &Composition, media: &Path) -> Result<String, ComposeError> {
    let mut hash = Sha256::new();
    hash.update(COMPOSER);
    hash.update(&scene.text);
    let photos = scene.overlays.iter().map(|overlay| &overlay.photo);
    let mut files: Vec<&PathBuf> = std::iter::once(&scene.base).chain(photos).collect();
    files.dedup();
    for file in files {
        let path = media.join(file);
        let content = fs::read(&path).map_err(|source| ComposeError::File { path, source })?;
        hash.update(Sha256::digest(&content));
    }
    let mut name = scene.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    name.push_str("-composed-");
    name.push_str(&hex::encode(hash.finalize().get(..NAME_DIGITS / 2).unwrap_or_default()));
    name.push_str(".mp4");
    Ok(name)
}

/// Everything that is laid into a scene.
pub(super) struct Edit {
    cut_outs: Vec<CutOut>,
    faults: Vec<ActiveFault>,
}

impl Edit {
    /// Reads the photographs from `media`.
    pub(super) fn prepare(scene: &Composition, media: &Path) -> Result<Self, ComposeError> {
        let cut_outs = scene.overlays.iter().map(|overlay| CutOut::read(overlay, media));
        Ok(Self::of(cut_outs.collect::<Result<_, _>>()?, scene))
    }

    pub(super) fn of(cut_outs: Vec<CutOut>, scene: &Composition) -> Self {
        let faults = scene.view_faults.iter().cloned().map(ActiveFault::new).collect();
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

/// Writes `scene` to `path`. The file appears only when it is complete.
fn make(scene: &Composition, media: &Path, path: &Path) -> Result<(), ComposeError> {
    let size_px = Clip::open(&media.join(&scene.base))?.size_px();
    let mut edit = Edit::prepare(scene, media)?;
    let unfinished = draft_of(path);
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
