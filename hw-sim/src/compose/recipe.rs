//! What a composed scene is made of.

use std::path::PathBuf;
use std::time::Duration;

use crate::camera::clip_span::ClipSpan;

/// A recorded street and what is laid into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    /// One line for the person who watches the play.
    pub title: String,
    /// The file it was read from.
    pub path: PathBuf,
    /// The recorded street, relative to the media folder. It is looped if it is too short.
    pub base: PathBuf,
    /// Where in the base the scene begins.
    pub base_from: Duration,
    /// How long the scene is.
    pub length: Duration,
    /// Each is laid over those before it.
    pub overlays: Vec<Overlay>,
    /// What happens to the whole picture, after the overlays.
    pub view_faults: Vec<ViewFault>,
    /// The file's content.
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
    /// Where it stands at the end, if it moves. It moves at an even speed.
    pub moves_to_px: Option<[f64; 2]>,
    /// Its height in the scene.
    pub height_px: f64,
    /// Whether left and right are swapped.
    pub mirrored: bool,
    /// When it is there, in time of the scene.
    pub shown: ClipSpan,
    /// Factor on its light; 1 leaves it as it is.
    pub brightness: f64,
    /// Width of the soft edge between object and street.
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
    /// Something covers the lens: one grey of this level, with sensor noise.
    Covered {
        /// 16 (black) to 235 (white).
        level: u8,
    },
    /// The camera looks elsewhere: the picture is shifted, and the rest is mirrored at its edges.
    Turned {
        /// To the right and down.
        shift_px: [i32; 2],
    },
    /// Out of focus.
    Blurred {
        /// Radius of the box that is averaged, three times.
        radius_px: usize,
    },
    /// Too little light.
    Dark {
        /// The part of the light that is left, 0..1.
        light: f64,
    },
    /// The same picture again and again.
    Frozen,
}
