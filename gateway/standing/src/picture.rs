//! The pixels of one look as the caller has them, and how they become the working planes.

use crate::filter::blurred;
use crate::raster::{BLOCK, Planes, Raster};

/// Pixels of red, green and blue, one byte each, row by row from the top left.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    width: usize,
    height: usize,
    pixels: &'a [u8],
}

/// Why bytes are not a picture in which something can be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The number of bytes does not fit width and height.
    #[error("a picture of {width}x{height} has {expected} bytes, found {found}")]
    WrongLength {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Three bytes a pixel.
        expected: usize,
        /// The bytes handed over.
        found: usize,
    },
    /// Narrower or lower than the smallest zone that can be watched.
    #[error(
        "a zone of {width}x{height} pixels is too small to watch, at least {LEAST_SIDE_PX}x{LEAST_SIDE_PX} are needed"
    )]
    TooSmall {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
    },
    /// Wider or higher than any camera's picture.
    #[error(
        "a zone of {width}x{height} pixels is too large, at most {LARGEST} a side can be watched"
    )]
    TooLarge {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
    },
}

/// Pixels: a zone that is smaller in either direction shows too little of any object.
pub const LEAST_SIDE_PX: usize = 32;
/// Pixels: twice the side of an 8K picture. It bounds the sums of the shrinking.
const LARGEST: usize = 16_384;
/// Pixels: the longer side of the working planes. Objects of 28 pixels in a zone of this size are
/// found; more pixels cost more time and show the same edges.
pub(crate) const WORKING_SIDE: usize = 480;

impl<'a> Picture<'a> {
    /// The picture with these pixels.
    ///
    /// # Errors
    /// If the bytes are not three a pixel, or the picture is too small or too large.
    pub fn new(width: usize, height: usize, pixels: &'a [u8]) -> Result<Self, PictureError> {
        if width.min(height) < LEAST_SIDE_PX {
            return Err(PictureError::TooSmall { width, height });
        }
        if width.max(height) > LARGEST {
            return Err(PictureError::TooLarge { width, height });
        }
        let expected = 3 * width * height;
        if pixels.len() != expected {
            return Err(PictureError::WrongLength { width, height, expected, found: pixels.len() });
        }
        Ok(Self { width, height, pixels })
    }

    /// Pixels in a row.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.height
    }
}

/// The working size of a picture: as `before` if that is near enough. So a camera that sends larger
/// pictures, or a zone that is cut a pixel wider, throws nothing away. Otherwise whole blocks, and no side
/// longer than [`WORKING_SIDE`].
pub(crate) fn working_size(picture: &Picture<'_>, before: (usize, usize)) -> (usize, usize) {
    let longer = picture.width.max(picture.height);
    let shrunk = |side: usize| {
        let side = if longer > WORKING_SIDE { side * WORKING_SIDE / longer } else { side };
        (side / BLOCK * BLOCK).max(4 * BLOCK)
    };
    let own = (shrunk(picture.width), shrunk(picture.height));
    let is_near = |own: usize, before: usize| 8 * own >= 5 * before && 8 * before >= 5 * own;
    if is_near(own.0, before.0) && is_near(own.1, before.1) { before } else { own }
}

/// The picture in a working size, slightly blurred: most of the sensor's noise goes, no edge that
/// matters does.
pub(crate) fn planes_of(picture: &Picture<'_>, (width, height): (usize, usize)) -> Planes {
    let mut luma = Raster::filled(width, height, 0_u8);
    let mut blue = Raster::filled(width / 2, height / 2, 0_u8);
    let mut red = blue.clone();
    let mut shrinking = Shrinking::new(picture, width, height);
    for pair in 0..height / 2 {
        let mut sums = vec![[0_u16; 3]; width / 2];
        for y in [2 * pair, 2 * pair + 1] {
            shrinking.row(picture, y);
            shrinking.luma_into(luma.row_mut(y));
            for (plane, line) in shrinking.lines.iter().enumerate() {
                for (sum, two) in sums.iter_mut().zip(line.chunks_exact(2)) {
                    sum[plane] += u16::from(two[0]) + u16::from(two[1]);
                }
            }
        }
        for ((sum, blue), red) in sums.iter().zip(blue.row_mut(pair)).zip(red.row_mut(pair)) {
            (*blue, *red) = chroma(*sum);
        }
    }
    Planes { luma: blurred(&luma), blue, red }
}

/// BT.601 chroma of the sum of four pixels.
fn chroma(sum: [u16; 3]) -> (u8, u8) {
    let [r, g, b] = sum.map(i32::from);
    let scaled =
        |value: i32| u8::try_from((128 + ((value + 512) >> 10)).clamp(0, 255)).unwrap_or(128);
    (scaled(-43 * r - 85 * g + 128 * b), scaled(128 * r - 107 * g - 21 * b))
}

/// Rows of the working size, made one after the other.
struct Shrinking {
    /// Of each working column, its first pixel and the one after its last.
    columns: Vec<(usize, usize)>,
    /// Of each working row, its first row and the one after its last.
    rows: Vec<(usize, usize)>,
    /// Sum of the rows that make one working row, pixel by pixel as the caller has them.
    sums: Vec<u16>,
    /// Red, green and blue of the latest row.
    lines: [Vec<u8>; 3],
}

/// Rows summed for one working row: more would not fit 16 bits.
const MOST_ROWS: usize = 257;

impl Shrinking {
    fn new(picture: &Picture<'_>, width: usize, height: usize) -> Self {
        // What is only cut to whole blocks is not resized.
        let spans = |from: usize, to: usize| -> Vec<(usize, usize)> {
            let from = if (to..to + BLOCK).contains(&from) { to } else { from };
            (0..to)
                .map(|i| (i * from / to, ((i + 1) * from).div_ceil(to).max(i * from / to + 1)))
                .collect()
        };
        let columns = spans(picture.width, width);
        let rows = spans(picture.height, height);
        let lines = [vec![0; width], vec![0; width], vec![0; width]];
        Self { columns, rows, sums: vec![0; 3 * picture.width], lines }
    }

    fn row(&mut self, picture: &Picture<'_>, y: usize) {
        let stride = 3 * picture.width;
        let (first, end) = self.rows[y];
        let end = end.min(picture.height).min(first + MOST_ROWS).max(first + 1);
        let row = |y: usize| &picture.pixels[y * stride..(y + 1) * stride];
        for (sum, pixel) in self.sums.iter_mut().zip(row(first)) {
            *sum = u16::from(*pixel);
        }
        for y in first + 1..end {
            for (sum, pixel) in self.sums.iter_mut().zip(row(y)) {
                *sum += u16::from(*pixel);
            }
        }
        let [reds, greens, blues] = &mut self.lines;
        let out = reds.iter_mut().zip(greens).zip(blues);
        for (((red, green), blue), (left, right)) in out.zip(&self.columns) {
            let right = (*right).min(picture.width);
            let mut sum = [0_u32; 3];
            for pixel in self.sums[3 * left..3 * right].chunks_exact(3) {
                sum = [0, 1, 2].map(|c| sum[c] + u32::from(pixel[c]));
            }
            let count = u32::try_from((right - left) * (end - first)).unwrap_or(1);
            let mean = |sum: u32| u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX);
            (*red, *green, *blue) = (mean(sum[0]), mean(sum[1]), mean(sum[2]));
        }
    }

    fn luma_into(&self, out: &mut [u8]) {
        let [reds, greens, blues] = &self.lines;
        for (((luma, red), green), blue) in out.iter_mut().zip(reds).zip(greens).zip(blues) {
            // The weights add up to 256, so the sum fits 16 bits.
            let sum = 77 * u16::from(*red) + 150 * u16::from(*green) + 29 * u16::from(*blue) + 128;
            *luma = u8::try_from(sum >> 8).unwrap_or(u8::MAX);
        }
    }
}
