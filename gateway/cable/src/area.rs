//! A rectangle of whole pixels.

use scene::BoundingBox;

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Area {
    /// The pixels that a normalised box touches in a picture of this size, and `margin_px` more to each side.
    pub(crate) fn around(bbox: &BoundingBox, size: (usize, usize), margin_px: f32) -> Self {
        let low = |share: f32, side: usize| floor(share * pixels(side) - margin_px).min(side);
        let high =
            |share: f32, side: usize| floor((share * pixels(side) + margin_px).ceil()).min(side);
        let (left, top) = (low(bbox.left, size.0), low(bbox.top, size.1));
        let (right, bottom) = (high(bbox.right, size.0), high(bbox.bottom, size.1));
        Self { left, top, width: right.saturating_sub(left), height: bottom.saturating_sub(top) }
    }

    pub(crate) const fn right(&self) -> usize {
        self.left + self.width
    }

    pub(crate) const fn bottom(&self) -> usize {
        self.top + self.height
    }

    pub(crate) const fn holds(&self, x: usize, y: usize) -> bool {
        x >= self.left && x < self.right() && y >= self.top && y < self.bottom()
    }

    /// Whether they have a pixel in common.
    pub(crate) const fn meets(&self, other: &Self) -> bool {
        self.left < other.right()
            && other.left < self.right()
            && self.top < other.bottom()
            && other.top < self.bottom()
    }
}

/// Pixels as a length.
#[expect(clippy::cast_precision_loss, reason = "a picture has fewer than 2^24 pixels a side")]
pub(crate) fn pixels(length: usize) -> f32 {
    length as f32
}

/// Whole pixels of a length; none of a negative one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
pub(crate) fn floor(length: f32) -> usize {
    length as usize
}

/// Margin round what stands or passes, in heights of its box: the box of a detector is never exact.
const MARGIN: f32 = 0.06;
/// And at least this many pixels.
const LEAST_MARGIN_PX: f32 = 4.0;

/// What is covered of an object with this box.
pub(crate) fn covered(bbox: &BoundingBox, size: (usize, usize)) -> Area {
    let margin = (MARGIN * bbox.height() * pixels(size.1)).max(LEAST_MARGIN_PX);
    Area::around(bbox, size, margin)
}
