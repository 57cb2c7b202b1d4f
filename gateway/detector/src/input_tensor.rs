//! The numbers a model reads: one picture as planes of 32-bit floats.

use crate::letterbox::Letterbox;
use crate::manifest::format::{Channels, InputFormat};

/// A view of a packed 8-bit RGB picture (FFmpeg's `rgb24`).
#[derive(Debug, Clone, Copy)]
pub struct RgbPicture<'a> {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Bytes from the start of one row to the start of the next, at least `3 * width`.
    pub stride: usize,
    /// Rows from top to bottom, each pixel red, green, blue.
    pub pixels: &'a [u8],
}

/// A picture that does not fit the letterbox it came with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a picture of {width}x{height} px, {stride} bytes a row, {bytes} bytes in all does not fit: \
     expected {expected_width}x{expected_height} px, at least {} bytes a row, whole rows, \
     for an input of {input_width}x{input_height} px",
    expected_width * 3
)]
pub struct PictureSizeError {
    width: usize,
    height: usize,
    stride: usize,
    bytes: usize,
    expected_width: usize,
    expected_height: usize,
    input_width: usize,
    input_height: usize,
}

/// A model's input, `[1, 3, height, width]`, refilled for every picture without a new allocation.
#[derive(Debug)]
pub struct InputTensor {
    format: InputFormat,
    values: Vec<f32>,
    /// The letterbox whose padding `values` holds.
    padded_for: Option<Letterbox>,
}

impl InputTensor {
    /// An input of this format, all padding.
    #[must_use]
    pub fn new(format: InputFormat) -> Self {
        let mut tensor = Self {
            values: vec![0.0; 3 * format.width() * format.height()],
            format,
            padded_for: None,
        };
        tensor.pad();
        tensor
    }

    /// The numbers: three planes of `height` rows of `width`.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Replaces the input by `picture`, which is already scaled to the letterbox's inner size.
    ///
    /// # Errors
    /// The picture's size is not the letterbox's, its rows overlap or are missing, or the
    /// letterbox was made for another model.
    pub fn fill(
        &mut self,
        picture: &RgbPicture<'_>,
        letterbox: &Letterbox,
    ) -> Result<(), PictureSizeError> {
        self.check(picture, letterbox)?;
        if self.padded_for != Some(*letterbox) {
            self.pad();
            self.padded_for = Some(*letterbox);
        }
        let (width, plane_len) = (self.format.width(), self.format.width() * self.format.height());
        let first = letterbox.top() * width + letterbox.left();
        let scale = self.format.range / 255.0;
        let (a, rest) = self.values.split_at_mut(plane_len);
        let (b, c) = rest.split_at_mut(plane_len);
        let (red, green, blue) = match self.format.channels {
            Channels::Rgb => (a, b, c),
            Channels::Bgr => (c, b, a),
        };
        let rows = picture.pixels.chunks(picture.stride).take(picture.height);
        let planes = inner_rows(red, first, width)
            .zip(inner_rows(green, first, width))
            .zip(inner_rows(blue, first, width));
        for (pixels, ((red, green), blue)) in rows.zip(planes) {
            fill_row(pixels, picture.width, scale, [red, green, blue]);
        }
        Ok(())
    }

    fn pad(&mut self) {
        self.values.fill(f32::from(self.format.pad) * self.format.range / 255.0);
    }

    fn check(
        &self,
        picture: &RgbPicture<'_>,
        letterbox: &Letterbox,
    ) -> Result<(), PictureSizeError> {
        let row = picture.width * 3;
        // The last row needs no bytes between its end and the next.
        let needed = picture.stride.saturating_mul(picture.height.saturating_sub(1)) + row;
        let fits = picture.width == letterbox.inner_width()
            && picture.height == letterbox.inner_height()
            && picture.stride >= row
            && picture.pixels.len() >= needed
            && letterbox.input_width() == self.format.width()
            && letterbox.input_height() == self.format.height();
        if fits {
            return Ok(());
        }
        Err(PictureSizeError {
            width: picture.width,
            height: picture.height,
            stride: picture.stride,
            bytes: picture.pixels.len(),
            expected_width: letterbox.inner_width(),
            expected_height: letterbox.inner_height(),
            input_width: self.format.width(),
            input_height: self.format.height(),
        })
    }
}

/// The rows of a plane from its `first` inner value on.
fn inner_rows(plane: &mut [f32], first: usize, width: usize) -> impl Iterator<Item = &mut [f32]> {
    plane.get_mut(first..).unwrap_or_default().chunks_mut(width)
}

/// One row of packed pixels into one row of each plane. A plain loop over equal lengths: the
/// compiler turns it into vector instructions.
fn fill_row(pixels: &[u8], width: usize, scale: f32, [red, green, blue]: [&mut [f32]; 3]) {
    let planes = red.iter_mut().zip(green).zip(blue).take(width);
    for (&[r, g, b], ((red, green), blue)) in pixels.as_chunks::<3>().0.iter().zip(planes) {
        *red = f32::from(r) * scale;
        *green = f32::from(g) * scale;
        *blue = f32::from(b) * scale;
    }
}

#[cfg(test)]
mod tests;
