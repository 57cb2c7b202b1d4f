//! How far the camera has moved since the reference, and how well the two pictures agree then.

use crate::area::Area;
use crate::picture::Picture;

/// Pictures that agree less, 0..=1, are not aligned.
pub const LEAST_AGREEMENT: f32 = 0.5;

/// Pixels: the side of a cell.
const CELL_PX: usize = 4;
/// Cells that are looked around for the place that fits best.
const REACH_CELLS: isize = 4;
/// Pixels that are looked around that.
const REACH_PX: isize = 3;
/// Every so many pixels are compared: neighbours say the same.
const STEP_PX: usize = 2;
/// Sixteenths of a level of 8 bits: stronger structure counts as much as this. Else a few who pass or a board that
/// is new would outweigh the whole place: on a street the correlation fell to 0.3, and is 0.8 with it.
const STRONGEST: i32 = 64;
/// Root mean square of the structure, in sixteenths of a level of 8 bits. With less there is nothing to hold on to.
const LEAST_STRUCTURE: f64 = 16.0;
/// Cells that must be left when those under objects are left out.
const FEWEST_CELLS: usize = 200;

/// How two pictures lie on each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Alignment {
    /// Where in the picture of now, in pixels to the right and down, the reference's first pixel lies.
    pub(crate) shift: (isize, isize),
    /// The correlation of their structure with that undone, -1..=1.
    pub(crate) agreement: f32,
}

/// Values in rows, from which light has been taken out.
struct Structure {
    width: usize,
    height: usize,
    values: Vec<i32>,
}

impl Structure {
    /// Each cell's mean less the mean of its surroundings, in sixteenths of a level; the area may be moved.
    fn of_cells(picture: &Picture<'_>, area: &Area, shift: (isize, isize)) -> Self {
        let (width, height) = (area.width / CELL_PX, area.height / CELL_PX);
        let mut cells = vec![0_i32; width * height];
        for y in 0..height * CELL_PX {
            let line = (area.top + y).saturating_add_signed(shift.1);
            let row = &mut cells[y / CELL_PX * width..][..width];
            for x in 0..width * CELL_PX {
                let column = (area.left + x).saturating_add_signed(shift.0);
                row[x / CELL_PX] += picture.luma(column, line);
            }
        }
        cells.iter_mut().for_each(|cell| *cell /= 16);
        Self { width, height, values: cells }.without_light(2)
    }

    /// The same of single pixels.
    fn of_pixels(picture: &Picture<'_>, area: &Area) -> Self {
        let (width, height) = (area.width, area.height);
        let row = |y: usize| (0..width).map(move |x| picture.luma(area.left + x, area.top + y));
        let values = (0..height).flat_map(row).collect();
        Self { width, height, values }.without_light(3)
    }

    /// Each value less the mean of the four that lie `far` from it.
    fn without_light(&self, far: usize) -> Self {
        let (width, height) = (self.width, self.height);
        let mut values = vec![0_i32; width * height];
        for y in far..height.saturating_sub(far) {
            for x in far..width.saturating_sub(far) {
                let at = y * width + x;
                let around = self.values[at - far]
                    + self.values[at + far]
                    + self.values[at - far * width]
                    + self.values[at + far * width];
                values[at] = (self.values[at] - around / 4).clamp(-STRONGEST, STRONGEST);
            }
        }
        Self { width, height, values }
    }
}

/// Which values are compared: those in steps, not in what is left out, and far enough from the border.
fn compared(
    of: &Structure,
    area: &Area,
    (side, step, margin): (usize, usize, usize),
    left_out: &[Area],
) -> Vec<(usize, usize)> {
    let is_free = |x: usize, y: usize| {
        let place = Area {
            left: area.left + x * side,
            top: area.top + y * side,
            width: side,
            height: side,
        };
        !left_out.iter().any(|it| it.meets(&place))
    };
    let columns = |y: usize| {
        let inner = margin..of.width.saturating_sub(margin);
        inner.step_by(step).filter(move |x| is_free(*x, y)).map(move |x| (x, y))
    };
    (margin..of.height.saturating_sub(margin)).step_by(step).flat_map(columns).collect()
}

/// The correlation of the reference's values with those moved by a shift, -1..=1; none without structure.
fn correlation(
    before: &Structure,
    now: &Structure,
    shift: (isize, isize),
    places: &[(usize, usize)],
) -> Option<f64> {
    let (mut both, mut ours, mut theirs) = (0_i64, 0_i64, 0_i64);
    for (x, y) in places {
        let at = y * before.width + x;
        let moved = y.saturating_add_signed(shift.1) * now.width + x.saturating_add_signed(shift.0);
        let (a, b) = (i64::from(before.values[at]), i64::from(now.values[moved]));
        both += a * b;
        ours += a * a;
        theirs += b * b;
    }
    let scale = ((ours as f64) * (theirs as f64)).sqrt();
    (scale > 0.0).then(|| both as f64 / scale)
}

/// The shift that fits best around `start`, and whether better ones may lie beyond what was looked at.
fn best(
    (before, now): (&Structure, &Structure),
    places: &[(usize, usize)],
    (start, reach): ((isize, isize), isize),
) -> Option<((isize, isize), bool)> {
    let shifts = (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (x, y)));
    let moved = |(x, y): (isize, isize)| (start.0 + x, start.1 + y);
    let judged =
        shifts.filter_map(|it| correlation(before, now, moved(it), places).map(|fit| (it, fit)));
    let ((x, y), _) = judged.max_by(|(_, one), (_, other)| one.total_cmp(other))?;
    Some((moved((x, y)), x.abs() == reach || y.abs() == reach))
}

/// How the picture of now lies on the one before in `area`, without what lies in `left_out`; none if that
/// cannot be told. Both have the same size.
#[expect(clippy::cast_possible_truncation, reason = "a correlation needs no double precision")]
pub(crate) fn align(
    before: &Picture<'_>,
    now: &Picture<'_>,
    area: &Area,
    left_out: &[Area],
) -> Option<Alignment> {
    let still = (0, 0);
    let cells = Structure::of_cells(before, area, still);
    let cells_now = Structure::of_cells(now, area, still);
    let margin = REACH_CELLS.unsigned_abs() + 2;
    let places = compared(&cells, area, (CELL_PX, 1, margin), left_out);
    if places.len() < FEWEST_CELLS || structure(&cells, &places) < LEAST_STRUCTURE {
        return None;
    }
    let (coarse, is_at_edge) = best((&cells, &cells_now), &places, (still, REACH_CELLS))?;
    if is_at_edge {
        return None;
    }
    let step = CELL_PX.cast_signed();
    let start = (coarse.0 * step, coarse.1 * step);
    let (fine, fine_now) = (Structure::of_pixels(before, area), Structure::of_pixels(now, area));
    let farthest = (REACH_CELLS * step + REACH_PX).unsigned_abs() + 3;
    let pixels = compared(&fine, area, (1, STEP_PX, farthest), left_out);
    let (shift, _) = best((&fine, &fine_now), &pixels, (start, REACH_PX))?;
    let undone = Structure::of_cells(now, area, shift);
    let agreement = correlation(&cells, &undone, still, &places)? as f32;
    Some(Alignment { shift, agreement })
}

/// How much structure there is.
fn structure(of: &Structure, places: &[(usize, usize)]) -> f64 {
    let square = |(x, y): &(usize, usize)| f64::from(of.values[y * of.width + x]).powi(2);
    (places.iter().map(square).sum::<f64>() / places.len().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::area::{floor, pixels};

    const SIDE: usize = 320;
    const ALL: Area = Area { left: 0, top: 0, width: SIDE, height: SIDE };

    /// A wall of bricks of many colours, seen from a little to the right and lower, in this light.
    fn wall((right, down): (usize, usize), light: f32, flat: bool) -> Vec<u8> {
        let pixel = |x: usize, y: usize| {
            let brick = ((x / 23 * 73_856_093) ^ (y / 11 * 19_349_663)) / 7 % 97;
            let value = if flat { 100 } else { 60 + brick };
            let grey = u8::try_from(floor(pixels(value) * light)).unwrap();
            [grey, grey, grey / 2]
        };
        let row = |y: usize| (0..SIDE).map(move |x| pixel(x + right + 40, y + down + 40));
        (0..SIDE).flat_map(row).flatten().collect()
    }

    fn aligned(before: &[u8], now: &[u8], left_out: &[Area]) -> Option<Alignment> {
        let picture = |pixels| Picture::new((SIDE, SIDE), 3 * SIDE, pixels).unwrap();
        align(&picture(before), &picture(now), &ALL, left_out)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        /// A camera that has moved by a few pixels is found where it is, in whatever light.
        #[test]
        fn a_shift_is_found_to_the_pixel((right, down) in (0_usize..12, 0_usize..12), light in 0.5_f32..1.5) {
            let found = aligned(&wall((0, 0), 1.0, false), &wall((right, down), light, false), &[]).unwrap();
            let shift = (-right.cast_signed(), -down.cast_signed());
            prop_assert_eq!(found.shift, shift);
            prop_assert!(found.agreement > 0.9, "{}", found.agreement);
        }
    }

    #[test]
    fn another_place_does_not_agree_and_a_bare_wall_tells_nothing() {
        let (here, bare) = (wall((0, 0), 1.0, false), wall((0, 0), 1.0, true));
        let there = aligned(&here, &wall((140, 77), 1.0, false), &[]);
        assert!(there.is_none_or(|it| it.agreement < LEAST_AGREEMENT), "{there:?}");
        assert_eq!(aligned(&bare, &bare, &[]), None);
    }

    #[test]
    fn what_stands_before_the_place_says_nothing() {
        let (before, mut now) = (wall((0, 0), 1.0, false), wall((3, 0), 1.0, false));
        let object = Area { left: 40, top: 40, width: 200, height: 240 };
        for y in object.top..object.bottom() {
            for x in object.left..object.right() {
                now[3 * (y * SIDE + x)..][..3].fill(u8::try_from((x * y) % 251).unwrap());
            }
        }
        let found = aligned(&before, &now, &[object]).unwrap();
        assert_eq!(found.shift, (-3, 0));
        assert!(found.agreement > 0.75, "{found:?}");
        assert_eq!(aligned(&before, &now, &[ALL]), None, "nothing is left");
    }
}
