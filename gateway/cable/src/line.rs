//! Cables in the net's map: what hangs together, and is long and thin.

use std::collections::VecDeque;

use crate::area::pixels;
use crate::heat::{CELL_PX, Heat};

/// Cells that belong together may lie so far apart: the net's map has gaps.
const GAP: isize = 3;
/// Fewer cells are no cable.
const FEWEST_CELLS: usize = 12;
/// Pixels: what is thicker on average is no cable; those of the training were up to 12 wide, and the map is wider.
const THICKEST_PX: f32 = 28.0;
/// A cable is so many times longer than thick.
const SLENDER: f32 = 3.0;
/// Every so many cells of its way a point is kept: between them the way is straight.
const POINT_EVERY: usize = 3;

/// What hangs together in the map.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// Its way from one end to the other, in pixels of the picture: two points or more.
    pub(crate) path: Vec<(f32, f32)>,
    /// How long that is, in pixels.
    pub(crate) length_px: f32,
}

/// The cables in these cells, the longest first. `cells` says which cells of `heat` show one.
pub(crate) fn lines(heat: &Heat, mut cells: Vec<bool>) -> Vec<Line> {
    let mut lines = Vec::new();
    for at in 0..cells.len() {
        if !cells[at] {
            continue;
        }
        let whole = walk(heat, &cells, at);
        if whole.order.len() >= FEWEST_CELLS
            && let Some(last) = whole.order.last()
        {
            lines.extend(line(heat, &walk(heat, &cells, *last)));
        }
        whole.order.iter().for_each(|cell| cells[*cell] = false);
    }
    lines.sort_by(|one, other| other.length_px.total_cmp(&one.length_px));
    lines
}

/// Cells in the order in which they are reached from one of them, and from which each was.
struct Walk {
    order: Vec<usize>,
    from: Vec<usize>,
}

/// Walks through all cells that hang together with this one.
fn walk(heat: &Heat, cells: &[bool], start: usize) -> Walk {
    let mut from = vec![usize::MAX; cells.len()];
    let (mut order, mut next) = (Vec::new(), VecDeque::from([start]));
    if let Some(first) = from.get_mut(start) {
        *first = start;
    }
    while let Some(at) = next.pop_front() {
        order.push(at);
        for near in neighbours(heat, at) {
            if cells[near] && from[near] == usize::MAX {
                from[near] = at;
                next.push_back(near);
            }
        }
    }
    Walk { order, from }
}

/// The cells around this one, the nearest first.
fn neighbours(heat: &Heat, at: usize) -> impl Iterator<Item = usize> {
    let (columns, rows) = (heat.columns, heat.rows);
    let (x, y) = (at % columns, at / columns);
    let rings = (1..=GAP).flat_map(|ring| {
        let side = -ring..=ring;
        let all = side.clone().flat_map(move |dy| side.clone().map(move |dx| (dx, dy)));
        all.filter(move |(dx, dy): &(isize, isize)| dx.abs().max(dy.abs()) == ring)
    });
    rings.filter_map(move |(dx, dy)| {
        let x = x.checked_add_signed(dx).filter(|x| *x < columns)?;
        let y = y.checked_add_signed(dy).filter(|y| *y < rows)?;
        Some(y * columns + x)
    })
}

/// The way from where a walk began to the cell that it reached last, if that is long and thin.
fn line(heat: &Heat, walk: &Walk) -> Option<Line> {
    let mut at = *walk.order.last()?;
    let mut cells = vec![at];
    while walk.from[at] != at {
        at = walk.from[at];
        cells.push(at);
    }
    let last = cells.len() - 1;
    let kept =
        cells.iter().enumerate().filter(|(step, _)| step % POINT_EVERY == 0 || *step == last);
    let path: Vec<(f32, f32)> = kept.map(|(_, cell)| heat.place(*cell)).collect();
    let length_px = length(&path);
    let thickness = pixels(walk.order.len() * CELL_PX * CELL_PX) / length_px.max(1.0);
    let is_thin = thickness <= THICKEST_PX && length_px >= SLENDER * thickness;
    (is_thin && path.len() >= 2).then_some(Line { path, length_px })
}

fn length(path: &[(f32, f32)]) -> f32 {
    let steps = path.iter().zip(path.iter().skip(1));
    steps.map(|(from, to)| (to.0 - from.0).hypot(to.1 - from.1)).sum()
}

/// So many of its points at most, evenly chosen, both ends among them.
pub(crate) fn thinned(path: &[(f32, f32)], most: usize) -> Vec<(f32, f32)> {
    let last = path.len().saturating_sub(1);
    let count = most.min(path.len());
    if count < 2 {
        return path.to_vec();
    }
    (0..count).filter_map(|point| path.get(last * point / (count - 1)).copied()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::area::Area;

    const SIDE: usize = 400;

    /// The cells within so many pixels of the way through these points.
    fn drawn(ways: &[&[(f32, f32)]], radius: f32) -> (Heat, Vec<bool>) {
        let heat = Heat::of(Area { left: 0, top: 0, width: SIDE, height: SIDE });
        let near = |x: f32, y: f32, from: (f32, f32), to: (f32, f32)| {
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let along = ((x - from.0) * dx + (y - from.1) * dy) / dx.hypot(dy).powi(2).max(1e-6);
            let along = along.clamp(0.0, 1.0);
            (x - from.0 - along * dx).hypot(y - from.1 - along * dy) <= radius
        };
        let cells = (0..heat.columns * heat.rows).map(|at| {
            let (x, y) = heat.place(at);
            ways.iter().any(|way| way.windows(2).any(|it| near(x, y, it[0], it[1])))
        });
        let cells = cells.collect();
        (heat, cells)
    }

    fn are_near(one: (f32, f32), other: (f32, f32)) -> bool {
        (one.0 - other.0).hypot(one.1 - other.1) < 12.0
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        /// A straight cable is found once, with its length and both ends, however it lies.
        #[test]
        fn a_straight_cable_is_one_line_with_two_ends(
            from in (20.0_f32..380.0, 20.0_f32..380.0),
            to in (20.0_f32..380.0, 20.0_f32..380.0),
            radius in 1.5_f32..5.0,
        ) {
            let truth = (from.0 - to.0).hypot(from.1 - to.1);
            prop_assume!(truth > 60.0);
            let (heat, cells) = drawn(&[&[from, to]], radius);
            let found = lines(&heat, cells);
            prop_assert_eq!(found.len(), 1);
            let line = &found[0];
            prop_assert!((line.length_px - truth).abs() < 0.12 * truth + 12.0, "{} {truth}", line.length_px);
            let (one, other) = (line.path[0], *line.path.last().unwrap());
            let ends = are_near(one, from) && are_near(other, to);
            prop_assert!(ends || (are_near(one, to) && are_near(other, from)), "{line:?}");
            let kept = thinned(&line.path, 16);
            prop_assert!(kept.len() <= 16 && kept.first() == line.path.first() && kept.last() == line.path.last());
        }
    }

    #[test]
    fn a_heap_is_no_cable_and_two_cables_are_two() {
        let (heat, cells) = drawn(&[&[(100.0, 100.0), (200.0, 200.0)]], 40.0);
        assert_eq!(lines(&heat, cells), []);
        let two: [&[(f32, f32)]; 2] =
            [&[(40.0, 40.0), (40.0, 300.0)], &[(200.0, 300.0), (330.0, 40.0)]];
        let (heat, cells) = drawn(&two, 2.0);
        let found = lines(&heat, cells);
        assert_eq!(found.len(), 2);
        assert!(found[0].length_px > found[1].length_px - 20.0, "the longest first: {found:?}");
        assert_eq!(lines(&heat, vec![false; heat.columns * heat.rows]), []);
    }

    /// A cable that sags is as long as its way, and its ends are where it hangs.
    #[test]
    fn a_cable_that_sags_is_as_long_as_its_way() {
        let way: Vec<(f32, f32)> = (0..=20)
            .map(|step| step as f32 / 20.0)
            .map(|t| (40.0 + 300.0 * t, 60.0 + 4.0 * 200.0 * t * (1.0 - t)))
            .collect();
        let (heat, cells) = drawn(&[&way], 2.0);
        let found = lines(&heat, cells);
        let truth = length(&way);
        assert_eq!(found.len(), 1);
        assert!((found[0].length_px - truth).abs() < 0.1 * truth, "{} {truth}", found[0].length_px);
        assert!(found[0].path.iter().any(|(_, y)| *y > 240.0), "it goes through its lowest point");
    }
}
