//! What a second look at a part of a picture says.

use crate::geometry::BoundingBox;

/// More parts of one picture are not looked at.
pub const MOST_CROPS: usize = 4;

/// A part of a picture that a rule asked about, as a second look saw it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropLook {
    /// What was asked about: the box around a group.
    pub place: BoundingBox,
    /// How much speaks for a stall, 0..=1; none if the crop is too small to tell.
    pub stall: Option<f32>,
}
