//! How large a camera's pictures are, as decoded and as they are meant to be shown.

use serde::{Deserialize, Serialize};

/// How large a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PictureSize {
    /// Width and height as decoded, in pixels.
    pub px: (u32, u32),
    /// As a player shows it: pixels of some cameras are not square.
    pub shown_px: (u32, u32),
}

impl PictureSize {
    /// Of a picture in pixels that are square.
    #[must_use]
    pub const fn square(width: u32, height: u32) -> Self {
        Self { px: (width, height), shown_px: (width, height) }
    }
}

impl From<&camera::Picture> for PictureSize {
    fn from(picture: &camera::Picture) -> Self {
        let px = (picture.width(), picture.height());
        Self { px, shown_px: picture.shown_px() }
    }
}
