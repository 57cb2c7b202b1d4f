//! One picture's view, kept to tell later whether the camera still shows that place.

use scene::{Appearance, BoundingBox, GRID_CELLS, GRID_COLUMNS, GRID_ROWS};
use serde::{Deserialize, Serialize};

use crate::look::{
    BLURRED_BELOW, CELL_UNIT, across, agreement, down, is_covered, is_dark, relative_sharpness,
    standardised,
};

/// A cell that an object hid.
const HIDDEN: i8 = i8::MIN;

/// How one picture looked, but for what stood before the scenery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Keepsake {
    /// Luma of the cells in fortieths of a standard deviation from their mean.
    cells: Vec<i8>,
    sharpness: f32,
}

/// What a picture is good for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sight {
    /// Nothing can be made out in the dark.
    Dark,
    /// The lens is covered or out of focus, or a fog hides the place.
    Occluded,
    /// It can be compared: this share of the kept contours, 0..=1, goes the same way. A half is
    /// chance, 1 the very same view.
    Seen(f32),
}

impl Keepsake {
    /// Keeps how `look` looks around `objects`, which come and go.
    pub fn of(look: &Appearance, objects: &[BoundingBox]) -> Self {
        let mut cells: Vec<i8> = standardised(look).iter().map(unit).collect();
        for (index, cell) in cells.iter_mut().enumerate() {
            if objects.iter().any(|bbox| is_hidden(index, bbox)) {
                *cell = HIDDEN;
            }
        }
        Self { cells, sharpness: relative_sharpness(look) }
    }

    /// What a later picture, in which `objects` stand, is good for.
    pub fn compare(&self, look: &Appearance, objects: &[BoundingBox]) -> Sight {
        if is_dark(look) {
            return Sight::Dark;
        }
        if is_covered(look) {
            return Sight::Occluded;
        }
        let now: Vec<f32> = look.grid().iter().map(|luma| f32::from(*luma)).collect();
        // A step into or out of a hidden cell tells nothing: as if nothing were known of it.
        let cells: Vec<f32> = (0..GRID_CELLS).map(|index| self.cell(index, objects)).collect();
        let known = |steps: f32| if steps.is_finite() { steps } else { 0.0 };
        let sideways = agreement(across(&cells).map(known), across(&now));
        let upright = agreement(down(&cells).map(known), down(&now));
        let agreed = match (sideways, upright) {
            (Some(sideways), Some(upright)) => sideways.min(upright),
            (Some(agreed), None) | (None, Some(agreed)) => agreed,
            (None, None) => return Sight::Occluded,
        };
        if agreed > 0.0 && relative_sharpness(look) < self.sharpness * BLURRED_BELOW {
            return Sight::Occluded;
        }
        Sight::Seen(agreed.mul_add(0.5, 0.5).clamp(0.0, 1.0))
    }

    fn cell(&self, index: usize, objects: &[BoundingBox]) -> f32 {
        match self.cells.get(index) {
            Some(&cell) if cell != HIDDEN && !objects.iter().any(|b| is_hidden(index, b)) => {
                f32::from(cell) * CELL_UNIT
            }
            _ => f32::NAN,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "120 units at most, and `as` saturates")]
fn unit(cell: &f32) -> i8 {
    ((cell / CELL_UNIT).round() as i8).max(HIDDEN + 1)
}

/// Whether `bbox` reaches into a cell of the grid.
fn is_hidden(index: usize, bbox: &BoundingBox) -> bool {
    let (column, row) = (index % GRID_COLUMNS, index / GRID_COLUMNS);
    #[expect(clippy::cast_precision_loss, reason = "a grid has few cells")]
    let edges = |at: usize, of: usize| (at as f32 / of as f32, (at + 1) as f32 / of as f32);
    let (left, right) = edges(column, GRID_COLUMNS);
    let (top, bottom) = edges(row, GRID_ROWS);
    bbox.left < right && bbox.right > left && bbox.top < bottom && bbox.bottom > top
}
