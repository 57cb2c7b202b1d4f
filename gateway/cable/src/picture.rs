//! The pixels of one picture as the caller has them.

/// Pixels of red, green and blue, one byte each, row by row from the top left.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    stride: usize,
    pixels: &'a [u8],
}

impl<'a> Picture<'a> {
    /// The picture of these pixels; `stride` is the number of bytes from one row to the next. None if there
    /// are too few of them, or none at all.
    #[must_use]
    pub fn new((width, height): (usize, usize), stride: usize, pixels: &'a [u8]) -> Option<Self> {
        let last_row = stride.checked_mul(height.checked_sub(1)?)?;
        let is_whole = width > 0 && stride >= 3 * width && pixels.len() >= last_row + 3 * width;
        is_whole.then_some(Self { width, height, stride, pixels })
    }

    pub(crate) const fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Red, green and blue of a pixel; the border goes on for ever.
    pub(crate) fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let from = y.min(self.height - 1) * self.stride + 3 * x.min(self.width - 1);
        [self.pixels[from], self.pixels[from + 1], self.pixels[from + 2]]
    }

    /// The pixels of a row.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.stride..y * self.stride + 3 * self.width]
    }

    /// How bright a pixel is, in sixteenths of the levels of 8 bits; the border goes on for ever.
    pub(crate) fn luma(&self, x: usize, y: usize) -> i32 {
        let [red, green, blue] = self.at(x, y).map(i32::from);
        4 * red + 10 * green + 2 * blue
    }
}
