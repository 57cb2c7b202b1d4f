//! What a composed scene is made of, and where it is kept once made.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::{ComposeError, edit, file};
use crate::scenario::{ClipSpan, ScenarioError};

/// Part of every name: scenes made by an older composer are made anew.
const COMPOSER: &str = "composer 1";
/// Hexadecimal digits of a hash that tell scenes apart.
const NAME_DIGITS: usize = 12;

/// A recorded street and what is laid into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    /// One line for the person who watches.
    pub title: String,
    /// The file it was read from.
    pub path: PathBuf,
    /// The recorded street, relative to the media folder. It is looped if it is too short.
    pub base: PathBuf,
    /// Where in the base the scene begins.
    pub base_from: Duration,
    /// How long the scene is.
    pub length: Duration,
    /// In the order in which they are laid, each over those before it.
    pub overlays: Vec<Overlay>,
    /// What happens to the whole picture, after the overlays.
    pub view_faults: Vec<ViewFault>,
    pub(super) text: String,
}

/// A still object, cut from a photograph.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    /// What it is, in words.
    pub what: String,
    /// The photograph or clip, relative to the media folder.
    pub photo: PathBuf,
    /// Which moment of it, if it is a clip.
    pub photo_at: Duration,
    /// The object's outline in pixels of the photograph.
    pub cut_out_px: Vec<[f64; 2]>,
    /// Where it stands in the scene: the middle of its lower edge.
    pub foot_px: [f64; 2],
    /// Where it has arrived at the end, if it moves; it does so evenly.
    pub moves_to_px: Option<[f64; 2]>,
    /// Its height in the scene.
    pub height_px: f64,
    /// Whether left and right are exchanged.
    pub mirrored: bool,
    /// When it is there, in time of the scene.
    pub shown: ClipSpan,
    /// Factor on its light, 1 leaves it.
    pub brightness: f64,
    /// Width of the seam between object and street.
    pub soft_edge_px: f64,
    /// Standard deviation of the sensor noise added to it, in levels of 8 bits.
    pub noise_levels: f64,
}

/// Something wrong with the whole picture for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewFault {
    /// What.
    pub kind: ViewFaultKind,
    /// When, in time of the scene.
    pub shown: ClipSpan,
}

/// What can be wrong with a camera's view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ViewFaultKind {
    /// Something lies over the lens: one grey of this level, with sensor noise.
    Covered {
        /// 16 (black) to 235 (white).
        level: u8,
    },
    /// The camera looks elsewhere: the picture is shifted, the rest mirrored at its edges.
    Turned {
        /// To the right and down.
        shift_px: [i32; 2],
    },
    /// Out of focus.
    Blurred {
        /// Of the box that is averaged, three times.
        radius_px: usize,
    },
    /// Too little light.
    Dark {
        /// The part that is left, 0..1.
        light: f64,
    },
    /// The same picture again and again.
    Frozen,
}

impl Composition {
    /// Reads a composition.
    ///
    /// # Errors
    /// [`ScenarioError::Faults`] names every mistake with file and line.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ScenarioError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads a composition from `text`, which lies at `path`.
    ///
    /// # Errors
    /// As [`Composition::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ScenarioError> {
        file::parse(text, path)
    }

    /// The scene as MP4 in `folder`, out of recordings in `media`: H.264 Constrained Baseline,
    /// 25 pictures a second, a key frame every 2 s. Made only if it is not there: its name holds a
    /// hash of all it is made of.
    ///
    /// # Errors
    /// [`ComposeError`] names the file or the program that fails.
    pub fn ensure(&self, media: &Path, folder: &Path) -> Result<PathBuf, ComposeError> {
        let path = folder.join(self.file_name(media)?);
        if !path.is_file() {
            fs::create_dir_all(folder)
                .map_err(|source| ComposeError::File { path: folder.to_owned(), source })?;
            edit::make(self, media, &path)?;
        }
        Ok(path)
    }

    /// `<recipe>-composed-<hash>.mp4`.
    fn file_name(&self, media: &Path) -> Result<String, ComposeError> {
        let mut hash = Sha256::new();
        hash.update(COMPOSER);
        hash.update(&self.text);
        let photos = self.overlays.iter().map(|overlay| &overlay.photo);
        let mut files: Vec<&PathBuf> = std::iter::once(&self.base).chain(photos).collect();
        files.dedup();
        for file in files {
            let path = media.join(file);
            let content = fs::read(&path).map_err(|source| ComposeError::File { path, source })?;
            hash.update(Sha256::digest(&content));
        }
        let mut name = self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        name.push_str("-composed-");
        for byte in hash.finalize().iter().take(NAME_DIGITS / 2) {
            let _infallible = write!(name, "{byte:02x}");
        }
        name.push_str(".mp4");
        Ok(name)
    }
}
