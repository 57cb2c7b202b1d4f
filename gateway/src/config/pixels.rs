//! Pixels of a file as shares of the picture.

/// A position along a side of this size, 0..=1.
#[expect(
    clippy::cast_possible_truncation,
    reason = "0..=1 loses less than a thousandth of a pixel"
)]
pub(super) fn normalised(position: f64, size: f64) -> f32 {
    (position / size) as f32
}
