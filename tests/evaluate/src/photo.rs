//! Pictures for the gallery.

use jpeg_encoder::{ColorType, Encoder};
use scene::BoundingBox;

use crate::fallible::Fallible;

const QUALITY: u8 = 75;
const RED: [u8; 3] = [255, 32, 32];
const YELLOW: [u8; 3] = [255, 220, 0];

/// The picture as a JPEG, with these boxes outlined, and the zone.
pub(crate) fn jpeg(
    pixels: &[u8],
    (width, height): (usize, usize),
    (zone, boxes): (Option<&BoundingBox>, &[BoundingBox]),
) -> Fallible<Vec<u8>> {
    let mut marked = pixels.to_vec();
    let outlines = zone.into_iter().map(|it| (it, YELLOW));
    for (place, colour) in outlines.chain(boxes.iter().map(|it| (it, RED))) {
        let column = |share: f32| ((share.max(0.0) * width as f32) as usize).min(width - 1);
        let row = |share: f32| ((share.max(0.0) * height as f32) as usize).min(height - 1);
        let (left, right) = (column(place.left), column(place.right));
        let (top, bottom) = (row(place.top), row(place.bottom));
        let mut dot = |x: usize, y: usize| {
            for (x, y) in [(x, y), (x + 1, y), (x, y + 1)] {
                if x < width && y < height {
                    marked[3 * (y * width + x)..][..3].copy_from_slice(&colour);
                }
            }
        };
        for x in left..=right {
            dot(x, top);
            dot(x, bottom);
        }
        for y in top..=bottom {
            dot(left, y);
            dot(right, y);
        }
    }
    let mut bytes = Vec::new();
    let size = (u16::try_from(width)?, u16::try_from(height)?);
    Encoder::new(&mut bytes, QUALITY).encode(&marked, size.0, size.1, ColorType::Rgb)?;
    Ok(bytes)
}
