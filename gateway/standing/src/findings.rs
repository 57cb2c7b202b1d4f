//! What is told after each look.

use scene::{BoundingBox, CaptureTime, Point};

/// What a look says.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// What the reference is worth. Only [`State::Ready`] can find anything.
    pub state: State,
    /// What newly stands in the zone, longest first. Empty unless the state is ready.
    pub standing: Vec<Standing>,
    /// Where something is gone that was there when the zone was learned, in shares of the zone's rectangle, the
    /// largest first; at most [`scene::MOST_THINGS`]. Empty unless the state is ready and the settings ask for it.
    pub gone: Vec<BoundingBox>,
    /// Where something may stand that is not told or not seen, in shares of the zone's rectangle; at most
    /// [`scene::MOST_UNSURE`]. Whatever came after [`Findings::reference_since`], stands elsewhere and is
    /// not told is gone. Empty unless the state is ready.
    pub unsure: Vec<BoundingBox>,
    /// Since when the zone looks as the reference shows it: what came earlier may be a part of it. The
    /// beginning of all time if an operator has called it free; none while it is learned.
    pub reference_since: Option<CaptureTime>,
    /// Noise of one look, a standard deviation in luma steps of the working size.
    pub noise: f32,
    /// How far the camera has swayed since the reference, in pixels of the working size.
    pub sway: (f32, f32),
    /// Whether an operator has said that nothing stood in the zone when the reference was taken.
    pub reference_is_free: bool,
}

/// What the reference is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The first reference is taken.
    Learning {
        /// Looks that are still needed.
        missing: usize,
    },
    /// Looks are compared with the reference.
    Ready,
    /// Too much differs at once: the camera was turned, or the light is another. Nothing is told
    /// until the zone is known again.
    Adapting,
    /// It is so dark, so noisy or so bright that an object would not be seen.
    Blind,
}

/// Something that was not there when the reference was taken, and that keeps still.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Its number, for as long as it stands.
    pub id: u32,
    /// When it was first seen.
    pub since: CaptureTime,
    /// In how many looks it was seen.
    pub looks: u32,
    /// Its border, clockwise. Points are shares of the zone's rectangle.
    pub outline: Vec<Point>,
    /// The smallest box around it.
    pub bounds: BoundingBox,
    /// Where it touches the ground: the lowest point of each part of its width, left to right.
    pub foot: Vec<Point>,
    /// Its share of the zone's rectangle.
    pub area: f32,
    /// Whether this look shows it. Somebody may hide it.
    pub is_seen: bool,
    /// How sure it is that a thing stands there, 0..=1.
    pub sure: f32,
    /// What speaks for it.
    pub why: Why,
}

/// What speaks for a thing: shares, 0..=1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Why {
    /// Of its border, the share with edges that the reference has not.
    pub new_edges: f32,
    /// Of its border, the share with edges that only the reference has.
    pub lost_edges: f32,
    /// Of its inside, the share with new edges.
    pub inner_edges: f32,
    /// How steady its new edges are: of the pixels in the blocks at its border, the share.
    pub edge_density: f32,
    /// Pixels on new edges around each block of its border.
    pub came: f32,
    /// Pixels around each block of its border on edges that only the reference has.
    pub left: f32,
    /// Its area over that of its box.
    pub solidity: f32,
    /// Whether its place differs from what lies around it more than before, towards 1, or less than
    /// before, towards -1: then something left.
    pub stands_out: f32,
    /// How much brighter it is than the zone's light lets expect: the median factor.
    pub factor: f32,
    /// How much that factor differs over it: between its outer sixths.
    pub spread: f32,
    /// How far its colour lies from what light explains, in steps of chroma.
    pub colour_distance: f32,
    /// Of its area, the share whose structure is another.
    pub structure: f32,
    /// Of its area, the share whose colour is another.
    pub colour: f32,
    /// Of its area, the share that is darker or brighter than light explains.
    pub brightness: f32,
}
