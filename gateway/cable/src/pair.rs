//! What the net is given: a tile as it was and as it is.

use crate::area::Area;
use crate::picture::Picture;
use crate::reference::Reference;
use crate::tiling::TILE_PX;

/// A look at one place: the pictures, how they lie on each other, and what is left out.
pub(crate) struct Overlay<'a> {
    pub(crate) reference: &'a Reference,
    pub(crate) before: Picture<'a>,
    pub(crate) now: Picture<'a>,
    /// Where in the picture of now the reference's first pixel lies.
    pub(crate) shift: (isize, isize),
    /// What people, vehicles and two-wheelers cover now.
    pub(crate) covered: Vec<Area>,
}

impl Overlay<'_> {
    /// Where the pixel of now lies in the reference; none if that is not known there.
    fn known_at(&self, x: usize, y: usize) -> Option<(usize, usize)> {
        let x = x.checked_add_signed(-self.shift.0).filter(|x| *x < self.before.width)?;
        let y = y.checked_add_signed(-self.shift.1).filter(|y| *y < self.before.height)?;
        self.reference.is_known(x, y).then_some((x, y))
    }

    /// Whether the pixel of now is hidden by an object.
    pub(crate) fn is_covered(&self, x: usize, y: usize) -> bool {
        self.covered.iter().any(|it| it.holds(x, y))
    }

    /// The shares of an area, 0..=1, that are not known, and that objects hide other than `except`; judged by
    /// every fourth pixel of every fourth row.
    pub(crate) fn blind_shares(&self, area: &Area, except: &Area) -> (f32, f32) {
        let (mut unknown, mut hidden, mut all) = (0.0, 0.0, 0.0_f32);
        for y in (area.top..area.bottom()).step_by(4) {
            for x in (area.left..area.right()).step_by(4) {
                if except.holds(x, y) {
                    continue;
                }
                all += 1.0;
                if self.is_covered(x, y) {
                    hidden += 1.0;
                } else if self.known_at(x, y).is_none() {
                    unknown += 1.0;
                }
            }
        }
        (unknown / all.max(1.0), hidden / all.max(1.0))
    }

    /// Fills in red, green and blue of the reference, then of now, as planes of a tile. Where objects are or
    /// nothing is known, both show the same: nothing new is there.
    pub(crate) fn fill(&self, values: &mut Vec<f32>, tile: &Area) {
        const PLANE: usize = TILE_PX * TILE_PX;
        values.clear();
        values.resize(6 * PLANE, 0.0);
        let near: Vec<&Area> = self.covered.iter().filter(|it| it.meets(tile)).collect();
        for row in 0..TILE_PX {
            let y = tile.top + row;
            let across: Vec<&&Area> =
                near.iter().filter(|it| (it.top..it.bottom()).contains(&y)).collect();
            for column in 0..TILE_PX {
                let x = tile.left + column;
                let at = row * TILE_PX + column;
                let seen = self.now.at(x, y);
                let known = self.known_at(x, y).map(|(x, y)| self.before.at(x, y));
                let is_covered = across.iter().any(|it| (it.left..it.right()).contains(&x));
                let before = known.unwrap_or(seen);
                let now = if is_covered { before } else { seen };
                for (plane, value) in before.into_iter().chain(now).enumerate() {
                    values[plane * PLANE + at] = f32::from(value);
                }
            }
        }
    }
}
