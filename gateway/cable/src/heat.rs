//! The net's maps of all tiles as one, in cells of 2 x 2 pixels.

use crate::area::Area;
use crate::tiling::TILE_PX;

/// Pixels: the side of a cell.
pub(crate) const CELL_PX: usize = 2;

/// How surely a new cable hangs in each cell of a window.
#[derive(Debug, Clone)]
pub(crate) struct Heat {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    values: Vec<f32>,
    window: Area,
}

impl Heat {
    pub(crate) fn of(window: Area) -> Self {
        let (columns, rows) = (window.width.div_ceil(CELL_PX), window.height.div_ceil(CELL_PX));
        Self { columns, rows, values: vec![0.0; columns * rows], window }
    }

    /// Takes in the map of a tile; where tiles overlap, the surer one counts.
    pub(crate) fn take(&mut self, tile: &Area, map: &[f32]) {
        for (row, line) in map.chunks_exact(TILE_PX).enumerate() {
            let y = (tile.top + row - self.window.top) / CELL_PX;
            for (column, value) in line.iter().enumerate() {
                let x = (tile.left + column - self.window.left) / CELL_PX;
                if let Some(cell) = self.values.get_mut(y * self.columns + x) {
                    *cell = cell.max(*value);
                }
            }
        }
    }

    /// Which cells are surer than this and are not left out, row by row.
    pub(crate) fn above(
        &self,
        threshold: f32,
        is_left_out: impl Fn(usize, usize) -> bool,
    ) -> Vec<bool> {
        let is_free = |at: usize| {
            let (x, y) = (at % self.columns, at / self.columns);
            let (x, y) = (self.window.left + CELL_PX * x, self.window.top + CELL_PX * y);
            !is_left_out(x, y)
        };
        let numbered = self.values.iter().enumerate();
        numbered.map(|(at, value)| *value > threshold && is_free(at)).collect()
    }

    /// Where the middle of a cell lies in the picture, in pixels.
    pub(crate) fn place(&self, at: usize) -> (f32, f32) {
        let middle = |from: usize, cell: usize| crate::area::pixels(from + CELL_PX * cell + 1);
        (middle(self.window.left, at % self.columns), middle(self.window.top, at / self.columns))
    }
}
