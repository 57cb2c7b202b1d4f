//! What something left behind when it went, and what differs for long without being a thing. The
//! reference takes both over, so that nothing leaves a ghost.

use crate::component::Differences;
use crate::raster::Raster;

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
}

/// One more if so, else one less.
fn counted(counter: &mut u8, up: bool) -> u8 {
    *counter = if up { counter.saturating_add(1) } else { counter.saturating_sub(1) };
    *counter
}
