//! What one picture looks like as a whole: enough to tell a covered, turned or frozen camera.
//!
//! Made from a sample of the luma plane: a few whole rows in each row of the grid, so that a
//! picture of 1920x1080 costs a quarter of a millisecond.

/// Cells of the grid in one row.
pub const GRID_COLUMNS: usize = 32;
/// Rows of the grid.
pub const GRID_ROWS: usize = 18;
/// Cells of the grid.
pub const GRID_CELLS: usize = GRID_COLUMNS * GRID_ROWS;

/// Rows of pixels looked at in each row of the grid.
const SAMPLES_PER_ROW: usize = 6;
/// The sharpest cells do not count for the sharpness: a caption in the picture stays sharp
/// whatever happens to the lens.
const CAPTION_CELLS: usize = GRID_CELLS / 16;

/// The look of one picture. Luma runs from 0, black, to 255, white.
#[derive(Debug, Clone, PartialEq)]
pub struct Appearance {
    grid: Box<[u8; GRID_CELLS]>,
    sharpness: f32,
    mean: f32,
    contrast: f32,
}

impl Appearance {
    /// Looks at a luma plane of `width` x `height` pixels, whose rows begin `stride` bytes apart.
    ///
    /// None if a cell would be smaller than two pixels in either direction, or if the plane is
    /// shorter than the picture.
    #[must_use]
    pub fn of_luma(plane: &[u8], width: usize, height: usize, stride: usize) -> Option<Self> {
        let too_small = width < 2 * GRID_COLUMNS || height < 2 * GRID_ROWS || stride < width;
        let needed = height.checked_sub(1)?.checked_mul(stride)?.checked_add(width)?;
        if too_small || plane.len() < needed {
            return None;
        }
        let mut cells = [Cell::default(); GRID_CELLS];
        for (row, cells) in cells.chunks_exact_mut(GRID_COLUMNS).enumerate() {
            for sample in 0..SAMPLES_PER_ROW {
                let step = row * SAMPLES_PER_ROW + sample;
                let y = (2 * step + 1) * height / (2 * GRID_ROWS * SAMPLES_PER_ROW);
                let pixels = plane.get(y * stride..)?.get(..width)?;
                for (column, cell) in cells.iter_mut().enumerate() {
                    let edge = |column: usize| column * width / GRID_COLUMNS;
                    cell.add(pixels.get(edge(column)..edge(column + 1))?);
                }
            }
        }
        let mut grid = Box::new([0; GRID_CELLS]);
        for (mean, cell) in grid.iter_mut().zip(&cells) {
            *mean = cell.mean();
        }
        Some(Self::of_grid(grid, sharpness(&cells)))
    }

    /// The look whose cells have these mean lumas, row by row from the top left, and which is this
    /// sharp: see [`Appearance::sharpness`].
    #[must_use]
    pub fn of_grid(grid: Box<[u8; GRID_CELLS]>, sharpness: f32) -> Self {
        let lumas = || grid.iter().map(|luma| f32::from(*luma));
        let mean = lumas().sum::<f32>() / CELLS;
        let contrast = (lumas().map(|luma| (luma - mean).powi(2)).sum::<f32>() / CELLS).sqrt();
        Self { sharpness, mean, contrast, grid }
    }

    /// Mean luma of each cell, row by row from the top left, [`GRID_COLUMNS`] a row.
    #[must_use]
    pub const fn grid(&self) -> &[u8; GRID_CELLS] {
        &self.grid
    }

    /// How much neighbouring pixels of a row differ: root mean square of the luma steps, the
    /// sharpest sixteenth of the cells left out.
    #[must_use]
    pub const fn sharpness(&self) -> f32 {
        self.sharpness
    }

    /// Mean luma.
    #[must_use]
    pub const fn mean(&self) -> f32 {
        self.mean
    }

    /// How much the cells differ: standard deviation of their luma.
    #[must_use]
    pub const fn contrast(&self) -> f32 {
        self.contrast
    }
}

const CELLS: f32 = GRID_CELLS as f32;

/// Sums over the sampled pixels of one cell.
#[derive(Clone, Copy, Default)]
struct Cell {
    luma: u64,
    pixels: u64,
    /// Sum of the squared luma steps.
    energy: u64,
    steps: u64,
}

impl Cell {
    fn add(&mut self, pixels: &[u8]) {
        let luma: u32 = pixels.iter().map(|luma| u32::from(*luma)).sum();
        let energy: u32 = pixels
            .iter()
            .zip(pixels.iter().skip(1))
            .map(|(left, right)| u32::from(left.abs_diff(*right)).pow(2))
            .sum();
        self.luma += u64::from(luma);
        self.energy += u64::from(energy);
        self.pixels += pixels.len() as u64;
        self.steps += pixels.len().saturating_sub(1) as u64;
    }

    fn mean(&self) -> u8 {
        u8::try_from(self.luma / self.pixels.max(1)).unwrap_or(u8::MAX)
    }
}

fn sharpness(cells: &[Cell]) -> f32 {
    let mut energies: Vec<u64> =
        cells.iter().map(|cell| 256 * cell.energy / cell.steps.max(1)).collect();
    energies.sort_unstable();
    let kept = energies.iter().take(GRID_CELLS - CAPTION_CELLS);
    let (sum, count) = kept.fold((0, 0_u32), |(sum, count), energy| (sum + energy, count + 1));
    #[expect(clippy::cast_possible_truncation, reason = "a statistic")]
    let mean = (sum as f64 / 256.0 / f64::from(count.max(1))) as f32;
    mean.sqrt()
}

#[cfg(test)]
mod tests;
