//! A masked picture with the objects' boxes drawn into it, as JPEG.

use scene::BoundingBox;

use super::canvas::Canvas;
use super::mask::Mask;
use super::outline::Outline;

/// Quality 1..=100: at 80 a 1080p street picture takes about 200 kB and still shows what it proves.
const JPEG_QUALITY: u8 = 80;

/// Why a picture could not become a JPEG.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    /// JPEG allows at most 65,535 pixels a side.
    #[error("a picture of {width}x{height} is too large for JPEG")]
    TooLarge {
        /// Pixels a row.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// The encoder refused.
    #[error("cannot encode JPEG: {0}")]
    Encode(#[from] jpeg_encoder::EncodingError),
}

/// Masks `canvas`, then draws `boxes` into it, or the outline of what stands in one if that is known, and
/// encodes it. The mask comes first, so that nothing
/// of what it hides is left in any pixel, and none of the lines is averaged away.
///
/// # Errors
/// If the picture is larger than JPEG allows.
pub(crate) fn mask_and_encode(
    mut canvas: Canvas,
    mask: &Mask,
    (boxes, outlines): (&[BoundingBox], &[Outline]),
) -> Result<Vec<u8>, SnapshotError> {
    mask.apply(&mut canvas);
    for bbox in boxes {
        match outlines.iter().find(|outline| outline.fills(bbox)) {
            Some(way) if way.is_way => canvas.draw_way(&way.corners),
            Some(outline) => canvas.trace(&outline.corners),
            None => canvas.outline(bbox),
        }
    }
    encode(&canvas)
}

/// The picture as it is.
///
/// # Errors
/// If the picture is larger than JPEG allows.
pub(crate) fn encode(canvas: &Canvas) -> Result<Vec<u8>, SnapshotError> {
    let (width, height) = canvas.size();
    let too_large = SnapshotError::TooLarge { width, height };
    let (Ok(width), Ok(height)) = (u16::try_from(width), u16::try_from(height)) else {
        return Err(too_large);
    };
    let mut jpeg = Vec::with_capacity(canvas.pixels().len() / 10);
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, JPEG_QUALITY);
    encoder.encode(canvas.pixels(), width, height, jpeg_encoder::ColorType::Rgb)?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;
    use camera::Rgb;

    #[test]
    fn makes_a_jpeg_of_the_right_size() {
        let pixels = vec![90_u8; 64 * 3 * 48];
        let picture = Rgb { width: 64, height: 48, stride: 64 * 3, pixels: &pixels };
        let canvas = Canvas::copy_of(picture);
        let jpeg = mask_and_encode(canvas, &Mask::default(), (&[], &[])).expect("encodes");
        assert_eq!(&jpeg[..2], [0xff, 0xd8], "start of image");
        let frame = jpeg.windows(2).position(|bytes| bytes == [0xff, 0xc0]).expect("frame header");
        assert_eq!(&jpeg[frame + 5..frame + 9], [0, 48, 0, 64], "height, width");
    }
}
