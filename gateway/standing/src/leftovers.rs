//! What something left behind when it went, and what differs for long without being a thing. The reference
//! takes both over, so that nothing leaves a ghost, unless a rule must know what is gone.

use scene::{BoundingBox, MOST_THINGS};

use crate::component::{Differences, components, is_large_enough};
use crate::raster::Raster;
use crate::shape::Grid;

/// What differs and is no thing is taken over after so many times the looks of a thing.
const STRAY_PATIENCE: u8 = 4;

/// For how many looks each block has shown either.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leftovers {
    left: Raster<u8>,
    stray: Raster<u8>,
}

impl Leftovers {
    /// The blocks that are to be taken over after this look, none if there are none. `looks` are
    /// those of a thing; `held` are the blocks in which one is followed.
    pub(crate) fn ripe(
        &mut self,
        found: &Differences,
        held: &Raster<bool>,
        looks: u32,
    ) -> Option<Raster<bool>> {
        if !self.left.same_size(held) {
            self.left = Raster::filled(held.width, held.height, 0);
            self.stray = self.left.clone();
        }
        let looks = u8::try_from(looks).unwrap_or(u8::MAX);
        let patience = looks.saturating_mul(STRAY_PATIENCE);
        let mut ripe = Raster::filled(held.width, held.height, false);
        for (i, ripe) in ripe.cells.iter_mut().enumerate() {
            let stray = found.changed.cells[i] && !held.cells[i];
            let left = counted(&mut self.left.cells[i], found.gone.cells[i]);
            let stray = counted(&mut self.stray.cells[i], stray);
            if left >= looks || stray >= patience {
                (self.left.cells[i], self.stray.cells[i]) = (0, 0);
                *ripe = true;
            }
        }
        ripe.cells.contains(&true).then_some(ripe)
    }

    /// Counts what is gone from blocks that this look shows; others stay as they were. Nothing is taken over.
    pub(crate) fn keep(&mut self, found: &Differences, shown: &Raster<bool>, looks: u32) {
        if !self.left.same_size(shown) {
            self.left = Raster::filled(shown.width, shown.height, 0);
        }
        let most = most_counted(looks);
        for (i, left) in self.left.cells.iter_mut().enumerate().filter(|(i, _)| shown.cells[*i]) {
            counted(left, found.gone.cells[i]);
            *left = most.min(*left);
        }
    }

    /// Where something has been gone for so many looks, the largest first.
    pub(crate) fn gone(&self, looks: u32) -> Vec<BoundingBox> {
        let grid = Grid { width: self.left.width, height: self.left.height };
        let cells = self.left.cells.iter().map(|left| u32::from(*left) >= looks).collect();
        let mut gone = components(&Raster { width: grid.width, height: grid.height, cells });
        gone.retain(|blocks| is_large_enough(blocks, grid.width));
        gone.sort_by_key(|blocks| std::cmp::Reverse(blocks.len()));
        gone.iter().take(MOST_THINGS).map(|blocks| grid.bounds(blocks)).collect()
    }
}

/// What is back counts as back after as many looks as it took to be gone.
fn most_counted(looks: u32) -> u8 {
    u8::try_from(2 * looks).unwrap_or(u8::MAX)
}

/// One more if so, else one less.
fn counted(counter: &mut u8, up: bool) -> u8 {
    *counter = if up { counter.saturating_add(1) } else { counter.saturating_sub(1) };
    *counter
}
