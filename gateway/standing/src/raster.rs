//! A grid of values, row by row from the top left: pixels of a plane, or blocks of pixels.

/// Values in rows of equal width.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Raster<T> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) cells: Vec<T>,
}

impl<T: Copy + Default> Raster<T> {
    pub(crate) fn filled(width: usize, height: usize, value: T) -> Self {
        Self { width, height, cells: vec![value; width * height] }
    }

    /// Takes this size. What it holds afterwards is left over from before.
    pub(crate) fn reshape(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        self.cells.resize(width * height, T::default());
    }

    pub(crate) fn row(&self, y: usize) -> &[T] {
        &self.cells[y * self.width..(y + 1) * self.width]
    }

    pub(crate) fn row_mut(&mut self, y: usize) -> &mut [T] {
        &mut self.cells[y * self.width..(y + 1) * self.width]
    }

    pub(crate) fn at(&self, x: usize, y: usize) -> T {
        self.cells[y * self.width + x]
    }

    pub(crate) fn same_size<U>(&self, other: &Raster<U>) -> bool {
        self.width == other.width && self.height == other.height
    }
}

impl Raster<bool> {
    /// The cells that this one has not.
    pub(crate) fn not(&self) -> Self {
        let cells = self.cells.iter().map(|cell| !cell).collect();
        Self { width: self.width, height: self.height, cells }
    }
}

/// One look in the working size: luma, and two chroma planes of half the width and height.
/// Chroma is 128 where there is no colour.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Planes {
    pub(crate) luma: Raster<u8>,
    pub(crate) blue: Raster<u8>,
    pub(crate) red: Raster<u8>,
}

/// Side of a block in pixels of luma: the grain of every mask.
pub(crate) const BLOCK: usize = 4;
/// Side of a block in pixels of chroma.
pub(crate) const CHROMA_BLOCK: usize = BLOCK / 2;

/// The nearest whole number of 0..=255; numbers outside and NaN become the nearest end.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates; NaN becomes 0"
)]
pub(crate) fn byte(value: f32) -> u8 {
    (value + 0.5) as u8
}

/// The whole number below, 0 for what is negative or no number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates; NaN becomes 0"
)]
pub(crate) fn floor_index(value: f32) -> usize {
    value as usize
}

/// The nearest whole number of the range of i16.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates; NaN becomes 0")]
pub(crate) fn short(value: f32) -> i16 {
    value as i16
}
