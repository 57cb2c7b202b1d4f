//! A picture with the object's box drawn into it, as JPEG.

use scene::BoundingBox;

use crate::camera::Rgb;

/// Quality 1..=100: at 80 a 1080p street picture takes about 200 kB and still shows a plate frame.
const JPEG_QUALITY: u8 = 80;

/// Line width as a share of the picture's height: visible on a phone, not hiding the object.
const LINE_SHARE: u32 = 200;

const ALERT_RED: [u8; 3] = [255, 32, 32];

/// Why a picture could not become a JPEG.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    /// JPEG allows at most 65,535 pixels a side.
    #[error("a picture of {width}x{height} is too large for JPEG")]
    TooLarge {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The encoder refused.
    #[error("cannot encode JPEG: {0}")]
    Encode(#[from] jpeg_encoder::EncodingError),
}

/// Copies `picture`, draws `boxes` into the copy and encodes it.
///
/// # Errors
/// If the picture is larger than JPEG allows.
pub(crate) fn draw_and_encode(
    picture: Rgb<'_>,
    boxes: &[BoundingBox],
) -> Result<Vec<u8>, SnapshotError> {
    let too_large = SnapshotError::TooLarge { width: picture.width, height: picture.height };
    let (Ok(width), Ok(height)) = (u16::try_from(picture.width), u16::try_from(picture.height))
    else {
        return Err(too_large);
    };
    let mut canvas = Canvas::copy_of(picture);
    for bbox in boxes {
        canvas.outline(bbox);
    }
    let mut jpeg = Vec::with_capacity(canvas.pixels.len() / 10);
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, JPEG_QUALITY);
    encoder.encode(&canvas.pixels, width, height, jpeg_encoder::ColorType::Rgb)?;
    Ok(jpeg)
}

struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    fn copy_of(picture: Rgb<'_>) -> Self {
        let (width, height) = (picture.width as usize, picture.height as usize);
        let rows = picture.pixels.chunks(picture.stride.max(1)).take(height);
        let mut pixels = Vec::with_capacity(width * height * 3);
        for row in rows {
            pixels.extend(row.iter().take(width * 3));
        }
        pixels.resize(width * height * 3, 0);
        Self { width, height, pixels }
    }

    /// Draws the outline of a normalised box, its line lying inside the box.
    fn outline(&mut self, bbox: &BoundingBox) {
        let line = (self.height / LINE_SHARE as usize).max(2);
        let (left, right) = (along(bbox.left, self.width), along(bbox.right, self.width));
        let (top, bottom) = (along(bbox.top, self.height), along(bbox.bottom, self.height));
        self.fill(left..right, top..(top + line).min(bottom));
        self.fill(left..right, bottom.saturating_sub(line).max(top)..bottom);
        self.fill(left..(left + line).min(right), top..bottom);
        self.fill(right.saturating_sub(line).max(left)..right, top..bottom);
    }

    fn fill(&mut self, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) {
        for row in self.pixels.chunks_exact_mut(self.width * 3).take(rows.end).skip(rows.start) {
            for pixel in row.chunks_exact_mut(3).take(columns.end).skip(columns.start) {
                pixel.copy_from_slice(&ALERT_RED);
            }
        }
    }
}

/// A normalised coordinate in pixels of a side of `length` pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to 0..=1 first; a picture's side is far below 2^24"
)]
fn along(share: f32, length: usize) -> usize {
    (share.clamp(0.0, 1.0) * length as f32).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_inside_the_box_and_nowhere_else() {
        let pixels = vec![0_u8; 40 * 3 * 20];
        let picture = Rgb { width: 36, height: 20, stride: 40 * 3, pixels: &pixels };
        let mut canvas = Canvas::copy_of(picture);
        canvas.outline(&BoundingBox { left: 0.25, top: 0.5, right: 0.75, bottom: 2.0 });
        let red: Vec<usize> = (0..36 * 20).filter(|at| canvas.pixels[at * 3] == 255).collect();
        assert!(red.iter().all(|at| (9..27).contains(&(at % 36)) && at / 36 >= 10));
        // Two rows of 18 above and below, two columns of 6 between them on either side.
        assert_eq!(red.len(), 2 * 2 * 18 + 2 * 2 * 6);
    }

    #[test]
    fn makes_a_jpeg_of_the_right_size() {
        let pixels = vec![90_u8; 64 * 3 * 48];
        let picture = Rgb { width: 64, height: 48, stride: 64 * 3, pixels: &pixels };
        let jpeg = draw_and_encode(picture, &[]).expect("encodes");
        assert_eq!(&jpeg[..2], [0xff, 0xd8], "start of image");
        let frame = jpeg.windows(2).position(|bytes| bytes == [0xff, 0xc0]).expect("frame header");
        assert_eq!(&jpeg[frame + 5..frame + 9], [0, 48, 0, 64], "height, width");
    }
}
