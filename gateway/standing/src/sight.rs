//! Where a zone has been seen long enough that whatever stands there would have been told.

use scene::{BoundingBox, MOST_UNSURE};

use crate::component::components;
use crate::history::MOST_LOOKS;
use crate::raster::Raster;
use crate::shape::Grid;
use crate::track::{MOST_MISSED, Tracks};

/// For how many looks each block has been seen with this reference.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sight {
    seen: Raster<u8>,
    /// Looks since one could not be compared, in the dark or in a flash of light. The picture is a median:
    /// for a while it shows what was.
    compared: usize,
}

impl Sight {
    /// A look could not be compared with the reference.
    pub(crate) fn lose(&mut self) {
        self.compared = 0;
    }

    /// Takes in which blocks a compared look shows; returns those in which it shows what is now.
    pub(crate) fn follow(&mut self, mut shown: Raster<bool>) -> Raster<bool> {
        if !self.seen.same_size(&shown) {
            self.seen = Raster::filled(shown.width, shown.height, 0);
        }
        self.compared += 1;
        if self.compared < MOST_LOOKS {
            shown.cells.fill(false);
        }
        for (seen, shown) in self.seen.cells.iter_mut().zip(&shown.cells) {
            *seen = seen.saturating_add(u8::from(*shown));
        }
        shown
    }

    /// Where something may stand that is not told: blocks that have not been seen often enough for a
    /// thing, which takes so many `looks`; those that were learned late; and things that are not seen, or
    /// not for long enough. Where the look shows the ground, it is sure: what stood there has gone.
    pub(crate) fn unsure(
        &self,
        (inside, late): (&Raster<bool>, Option<&Raster<bool>>),
        tracks: &Tracks,
        looks: u32,
    ) -> Vec<BoundingBox> {
        let enough = looks.saturating_add(MOST_MISSED);
        let mut unsure = inside.clone();
        for (unsure, seen) in unsure.cells.iter_mut().zip(&self.seen.cells) {
            *unsure &= u32::from(*seen) < enough;
        }
        let late = late.filter(|late| late.same_size(inside)).into_iter();
        let late = late.flat_map(|late| late.cells.iter().enumerate().filter(|(_, late)| **late));
        for (block, _) in late {
            unsure.cells[block] = inside.cells[block];
        }
        let grid = Grid { width: inside.width, height: inside.height };
        let tracks = tracks.all.iter().filter(|track| !track.is_bare);
        let unseen = tracks.filter(|track| !track.is_seen || track.looks < looks);
        let unseen: Vec<BoundingBox> = unseen.map(|track| grid.bounds(&track.blocks)).collect();
        // As exactly as so many boxes can say it: round a border that is not seen lies the whole zone.
        let parts = grid.boxes(&unsure);
        let wholes = || components(&unsure).iter().map(|blocks| grid.bounds(blocks)).collect();
        let room = MOST_UNSURE.saturating_sub(unseen.len());
        let mut boxes: Vec<BoundingBox> = if parts.len() <= room { parts } else { wholes() };
        boxes.extend(unseen);
        if boxes.len() <= MOST_UNSURE {
            return boxes;
        }
        boxes.into_iter().reduce(|a, b| around(&a, &b)).into_iter().collect()
    }
}

/// The smallest box around both.
fn around(a: &BoundingBox, b: &BoundingBox) -> BoundingBox {
    BoundingBox {
        left: a.left.min(b.left),
        top: a.top.min(b.top),
        right: a.right.max(b.right),
        bottom: a.bottom.max(b.bottom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_the_median_holds_no_look_of_the_dark_nothing_can_be_missed() {
        let mut sight = Sight::default();
        let mut shown = || sight.follow(Raster::filled(4, 4, true)).cells.contains(&true);
        let from = |shown: &mut dyn FnMut() -> bool| (1..20).find(|_| shown());
        assert_eq!((from(&mut shown), from(&mut shown)), (Some(MOST_LOOKS), Some(1)));
        sight.lose();
        let mut shown = || sight.follow(Raster::filled(4, 4, true)).cells.contains(&true);
        assert_eq!(from(&mut shown), Some(MOST_LOOKS));
    }
}
