//! Masks of blocks: the zone, who hides it, and what lies beside a mask.

use scene::{BoundingBox, Point, Polygon};

use crate::align::Sway;
use crate::raster::{BLOCK, Raster};

/// Of a person's box, the share that is added on each side.
const PERSON_MARGIN: f32 = 0.08;

/// The blocks whose middle lies in the zone.
pub(crate) fn inside_of(zone: &Polygon, columns: usize, rows: usize) -> Raster<bool> {
    let mut inside = Raster::filled(columns, rows, false);
    for y in 0..rows {
        for x in 0..columns {
            let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
            let middle = Point { x: px / columns as f32, y: py / rows as f32 };
            inside.row_mut(y)[x] = zone.contains(middle);
        }
    }
    inside
}

/// Blocks under persons and vehicles, and those at the border that came from outside.
pub(crate) fn hidden_in(
    (columns, rows): (usize, usize),
    moving: &[BoundingBox],
    sway: Sway,
) -> Raster<bool> {
    let mut hidden = Raster::filled(columns, rows, false);
    // A block of which more than half is content shows what is there.
    let margin = (sway.margin() + BLOCK / 2 - 1) / BLOCK;
    let shift = (sway.x / BLOCK as f32, sway.y / BLOCK as f32);
    for y in 0..rows {
        for x in 0..columns {
            let (px, py) = (x as f32 + 0.5 + shift.0, y as f32 + 0.5 + shift.1);
            let point = (px / columns as f32, py / rows as f32);
            let border = x.min(columns - 1 - x).min(y).min(rows - 1 - y) < margin;
            let covered = || moving.iter().any(|person| covers(person, point));
            hidden.row_mut(y)[x] = border || covered();
        }
    }
    hidden
}

/// Whether a person's box, a little widened, covers a point.
fn covers(person: &BoundingBox, (x, y): (f32, f32)) -> bool {
    let (wide, high) = (PERSON_MARGIN * person.width(), PERSON_MARGIN / 2.0 * person.height());
    (person.left - wide..=person.right + wide).contains(&x)
        && (person.top - high..=person.bottom + high).contains(&y)
}

/// The mask and every block next to it.
pub(crate) fn grown(mask: &Raster<bool>) -> Raster<bool> {
    let mut out = mask.clone();
    for y in 0..mask.height {
        for x in 0..mask.width {
            out.cells[y * mask.width + x] = (y.saturating_sub(1)..(y + 2).min(mask.height))
                .any(|y| mask.row(y)[x.saturating_sub(1)..(x + 2).min(mask.width)].contains(&true));
        }
    }
    out
}

/// Where nothing is seen, edges neither come nor go.
pub(crate) fn keep_hidden(edges: &mut Raster<u8>, before: &Raster<u8>, hidden: &Raster<bool>) {
    if !edges.same_size(before) {
        return;
    }
    for (i, _) in hidden.cells.iter().enumerate().filter(|(_, hidden)| **hidden) {
        let (x, y) = (i % hidden.width * BLOCK, i / hidden.width * BLOCK);
        for row in y..y + BLOCK {
            edges.row_mut(row)[x..x + BLOCK].copy_from_slice(&before.row(row)[x..x + BLOCK]);
        }
    }
}
