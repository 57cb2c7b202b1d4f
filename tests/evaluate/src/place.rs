//! Where things are in a picture, in its pixels.

use scene::BoundingBox;

/// An upright rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Rect {
    /// In shares of a picture of this size.
    pub(crate) fn shares(&self, (width, height): (usize, usize)) -> BoundingBox {
        let (width, height) = (width as f32, height as f32);
        BoundingBox {
            left: self.left / width,
            top: self.top / height,
            right: (self.left + self.width) / width,
            bottom: (self.top + self.height) / height,
        }
    }

    /// The place of something of this size that stands within this, drawn by these dice (0..1). Its foot is
    /// in the lower half, as things stand on the ground; none if it is too large.
    pub(crate) fn foothold(
        &self,
        (width, height): (f32, f32),
        (across, down): (f32, f32),
    ) -> Option<Self> {
        let room = (self.width - width - 2.0 * MARGIN, self.height - height - 2.0 * MARGIN);
        if room.0 < 0.0 || room.1 < 0.0 {
            return None;
        }
        let highest = (0.45 * self.height).max(height + MARGIN);
        let foot = highest + down * (self.height - MARGIN - highest).max(0.0);
        let left = self.left + MARGIN + across * room.0;
        Some(Self { left, top: self.top + foot - height, width, height })
    }
}

/// Pixels between a thing and the border of its zone.
const MARGIN: f32 = 4.0;
