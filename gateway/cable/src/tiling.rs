//! Which part of the picture is searched round a two-wheeler, and in which tiles.

use scene::BoundingBox;

use crate::area::{Area, floor, pixels};

/// Pixels: the side of a tile. The threshold of the net holds for this one.
pub const TILE_PX: usize = 256;

/// More tiles are not looked at round one two-wheeler: each costs some 25 ms of processor time.
pub const MOST_TILES: usize = 12;

const MOST_COLUMNS: usize = 4;
const MOST_ROWS: usize = MOST_TILES / MOST_COLUMNS;

/// Pixels that neighbours have in common at least: a cable at the border of one is inside the other.
const OVERLAP_PX: usize = 32;

/// How far is searched, in heights of the two-wheeler: a window is above it, a socket beside it.
const SIDEWAYS: f32 = 1.5;
const UPWARDS: f32 = 2.5;
const DOWNWARDS: f32 = 0.25;

/// The part of a picture of this size that is searched round a two-wheeler; none if the picture is smaller
/// than a tile.
pub(crate) fn window(bike: &BoundingBox, size: (usize, usize)) -> Option<Area> {
    let height = bike.height() * pixels(size.1);
    let middle = (bike.left + bike.right) / 2.0 * pixels(size.0);
    let half = bike.width() * pixels(size.0) / 2.0 + SIDEWAYS * height;
    let columns = span((middle - half, middle + half), (size.0, MOST_COLUMNS), Keep::Middle)?;
    let (top, bottom) = (bike.top * pixels(size.1), bike.bottom * pixels(size.1));
    let wanted = (top - UPWARDS * height, bottom + DOWNWARDS * height);
    let rows = span(wanted, (size.1, MOST_ROWS), Keep::End)?;
    Some(Area { left: columns.0, top: rows.0, width: columns.1, height: rows.1 })
}

/// What stays if a span is too long.
enum Keep {
    Middle,
    End,
}

/// Begin and length of a span of whole pixels within `0..side`, a tile long at least and so many tiles at most.
fn span(
    (from, to): (f32, f32),
    (side, tiles): (usize, usize),
    keep: Keep,
) -> Option<(usize, usize)> {
    if side < TILE_PX {
        return None;
    }
    let most = (TILE_PX + (tiles - 1) * (TILE_PX - OVERLAP_PX)).min(side);
    let (from, to) = (floor(from).min(side), floor(to.ceil()).min(side));
    let wanted = to.saturating_sub(from);
    let length = wanted.clamp(TILE_PX, most);
    let begin = match keep {
        Keep::Middle => (from + wanted / 2).saturating_sub(length / 2),
        Keep::End => to.saturating_sub(length),
    };
    Some((begin.min(side - length), length))
}

/// Tiles that together cover a window, with their overlap.
pub(crate) fn tiles(window: &Area) -> Vec<Area> {
    let columns = begins(window.left, window.width);
    let rows = begins(window.top, window.height);
    let row = |top: usize| {
        let tile = move |left: &usize| Area { left: *left, top, width: TILE_PX, height: TILE_PX };
        columns.iter().map(tile)
    };
    rows.into_iter().flat_map(row).collect()
}

/// Where tiles begin that cover a span evenly.
fn begins(from: usize, length: usize) -> Vec<usize> {
    let rest = length.saturating_sub(TILE_PX);
    let steps = rest.div_ceil(TILE_PX - OVERLAP_PX);
    (0..=steps).map(|step| from + (rest * step).checked_div(steps).unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the box and the picture: tiles lie in the picture, are few, and cover the window.
        #[test]
        fn tiles_cover_the_window_and_are_few(
            (width, height) in (1_usize..4000, 1_usize..2200),
            (left, top) in (0.0_f32..1.0, 0.0_f32..1.0),
            (wide, high) in (0.0_f32..1.0, 0.0_f32..1.0),
        ) {
            let bike = BoundingBox {
                left, top, right: left + wide * (1.0 - left), bottom: top + high * (1.0 - top),
            };
            let found = window(&bike, (width, height));
            prop_assert_eq!(found.is_some(), width >= TILE_PX && height >= TILE_PX);
            let Some(window) = found else { return Ok(()) };
            prop_assert!(window.right() <= width && window.bottom() <= height);
            let tiles = tiles(&window);
            prop_assert!((1..=MOST_TILES).contains(&tiles.len()), "{}", tiles.len());
            for tile in &tiles {
                prop_assert!(tile.right() <= window.right() && tile.bottom() <= window.bottom());
                prop_assert!(tile.left >= window.left && tile.top >= window.top);
            }
            for x in (window.left..window.right()).step_by(17) {
                for y in (window.top..window.bottom()).step_by(17) {
                    prop_assert!(tiles.iter().any(|tile| tile.holds(x, y)), "{x} {y}");
                }
            }
        }
    }

    #[test]
    fn a_two_wheeler_at_the_edge_is_still_in_its_window() {
        let bike = BoundingBox { left: 0.9, top: 0.8, right: 1.0, bottom: 1.0 };
        let window = window(&bike, (1920, 1080)).unwrap();
        assert_eq!((window.right(), window.bottom()), (1920, 1080));
        assert!(window.top <= 380 && window.left <= 1410, "{window:?}");
    }
}
