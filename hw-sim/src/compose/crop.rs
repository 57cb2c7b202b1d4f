//! The rectangle of a photograph that holds an object, and the numbers of pixels in it.

/// An upright rectangle, in pixels of the photograph.
#[derive(Debug, Clone, Copy)]
pub(super) struct CropPx {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// The smallest rectangle of whole pixels around an outline.
pub(super) fn crop_of(outline: &[[f64; 2]]) -> CropPx {
    let least = |axis: fn(&[f64; 2]) -> f64| outline.iter().map(axis).fold(f64::MAX, f64::min);
    let most = |axis: fn(&[f64; 2]) -> f64| outline.iter().map(axis).fold(0.0, f64::max);
    let (left, top) = (least(|[x, _]| x.floor()), least(|[_, y]| y.floor()));
    let (right, bottom) = (most(|[x, _]| x.ceil()), most(|[_, y]| y.ceil()));
    CropPx {
        left: whole(left),
        top: whole(top),
        width: whole(right - left).max(1),
        height: whole(bottom - top).max(1),
    }
}

/// A size or place in a picture; pictures are far smaller than the limits of these types.
#[expect(clippy::cast_precision_loss, reason = "pictures are smaller than 2^52 pixels")]
pub(super) fn real(pixels: usize) -> f64 {
    pixels as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and negative places are outside of every picture"
)]
pub(super) fn whole(pixels: f64) -> usize {
    pixels.round() as usize
}
