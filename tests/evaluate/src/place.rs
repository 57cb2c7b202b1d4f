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

    /// The share of this passage's width that the foot of something takes from the widest way past it. The
    /// passage leads along the longer side.
    pub(crate) fn share_taken(&self, thing: &Self) -> f32 {
        let (from, to, begin, width) = if self.width > self.height {
            let bottom = thing.top + thing.height;
            (bottom - FOOT * thing.height, bottom, self.top, self.height)
        } else {
            (thing.left, thing.left + thing.width, self.left, self.width)
        };
        let way = (from - begin).max(begin + width - to);
        1.0 - way.clamp(0.0, width) / width
    }
}

/// Of something's height, the lower part that is taken for its foot, as rules do.
const FOOT: f32 = 1.0 / 3.0;

/// Pixels between a thing and the border of its zone.
const MARGIN: f32 = 4.0;
