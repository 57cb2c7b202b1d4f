//! How far the camera has swayed since the reference, and a look with that undone.

use crate::raster::{Planes, Raster, byte, floor_index};

/// Pixels of the working size: how far the camera may lie from where it was. Masts sway and mounts
/// sag; beyond this the zone is another.
const LONGEST_SWAY: f32 = 40.0;

/// A shift by less than this, in pixels, blurs more than it mends.
const SHORTEST_SWAY: f32 = 0.25;
/// A shift must explain the look better than none by this share.
const GAIN: f32 = 0.93;
/// Luma steps: a pixel that differs by more belongs to an object and says no more about the shift.
const CUT: u8 = 24;
/// Pixels of one coarse pixel.
const COARSE: usize = 4;
/// Luma steps under which structure is noise: flat ground says nothing about a shift.
const CORE: f32 = 3.5;
/// Structure is scaled as if the ground had half this luma: what lies in a shadow counts as much.
const LIT: f32 = 200.0;
/// Coarse pixels looked around.
const COARSE_REACH: isize = 3;
/// Fine pixels looked around the best coarse place.
const FINE_REACH: isize = 3;
/// Pixels at the border that take no part: they may come from outside the picture.
const MARGIN: usize = 16;
/// Every so many rows are compared: neighbours say the same.
const ROW_STEP: usize = 3;
/// Side of a part of the picture, in pixels, that votes on a shift: a camera moves all of it, who passes
/// some of it.
const PART: usize = 32;
/// Mean structure of the pixels of a part, in its steps, that makes it a voter.
const LEAST_STRUCTURE: u32 = 1;
/// A part is for or against a shift if it fits so many times better or worse with it.
const VOTE: f32 = 1.15;
/// So many times as many must be for it as against it.
const MAJORITY: usize = 3;

/// A shift in pixels of the working size.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sway {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

impl Sway {
    /// Whole pixels at the border that a shift leaves without content.
    pub(crate) fn margin(self) -> usize {
        floor_index(self.x.abs().max(self.y.abs()).ceil())
    }
}

/// What alignment compares: structure without brightness, once fine and once coarse.
#[derive(Debug, Clone, Default)]
pub(crate) struct Structure {
    fine: Raster<u8>,
    coarse: Raster<u8>,
}

impl Structure {
    pub(crate) fn of(luma: &Raster<u8>) -> Self {
        Self { fine: without_light(luma), coarse: without_light(&shrunk(luma)) }
    }

    /// How far `now` lies from this, the reference; nothing if the camera has not moved or if it
    /// cannot be told. Looked for where it lay at the last look, and where the reference lies.
    pub(crate) fn sway_to(&self, now: &Self, last: Sway) -> Option<Sway> {
        let margin = MARGIN + last.margin();
        if self.fine.width.min(self.fine.height) < 3 * margin || !self.fine.same_size(&now.fine) {
            return None;
        }
        let step = COARSE.cast_signed();
        let before = (split(last.x).0 / step, split(last.y).0 / step);
        let bounds = (COARSE_REACH, margin / COARSE, 1);
        let here = search(&self.coarse, &now.coarse, (0, 0), bounds);
        let there = search(&self.coarse, &now.coarse, before, bounds);
        let coarse = if there.1 < here.1 { there.0 } else { here.0 };
        let start = (coarse.0 * step, coarse.1 * step);
        let (best, least) = search(&self.fine, &now.fine, start, (FINE_REACH, margin, ROW_STEP));
        let cost = |x, y| distance(&self.fine, &now.fine, (x, y), (margin, ROW_STEP)) as f32;
        let least = least as f32;
        let x = best.0 as f32 + vertex(cost(best.0 - 1, best.1), least, cost(best.0 + 1, best.1));
        let y = best.1 as f32 + vertex(cost(best.0, best.1 - 1), least, cost(best.0, best.1 + 1));
        let far = x.abs().max(y.abs());
        let better = best == (0, 0) || least < GAIN * cost(0, 0);
        let is_sway = better && (SHORTEST_SWAY..=LONGEST_SWAY).contains(&far);
        (is_sway && (best == (0, 0) || self.is_of_all(now, best, margin))).then_some(Sway { x, y })
    }

    /// Whether the parts of the reference that have structure fit better with the shift, nearly all of them.
    fn is_of_all(&self, now: &Self, shift: (isize, isize), margin: usize) -> bool {
        let (width, height) = (self.fine.width, self.fine.height);
        let (mut fit, mut unfit) = (0, 0);
        for top in (margin..height - margin).step_by(PART) {
            for left in (margin..width - margin).step_by(PART) {
                let rows = top..(top + PART).min(height - margin);
                let columns = left..(left + PART).min(width - margin);
                let structure: u32 = rows
                    .clone()
                    .flat_map(|y| &self.fine.row(y)[columns.clone()])
                    .map(|value| u32::from(value.abs_diff(128).min(CUT)))
                    .sum();
                let area = u32::try_from(rows.len() * columns.len()).unwrap_or(u32::MAX);
                if structure < LEAST_STRUCTURE * area {
                    continue;
                }
                let part = (columns, rows);
                let [there, here] = [shift, (0, 0)]
                    .map(|shift| part_distance((&self.fine, &now.fine), shift, &part) as f32);
                fit += usize::from(here > VOTE * there);
                unfit += usize::from(there > VOTE * here);
            }
        }
        fit > MAJORITY * unfit
    }
}

/// As [`distance`], of a part.
fn part_distance(
    (reference, now): (&Raster<u8>, &Raster<u8>),
    (x, y): (isize, isize),
    (columns, rows): &(std::ops::Range<usize>, std::ops::Range<usize>),
) -> u32 {
    let mut sum = 0;
    for line in rows.clone() {
        let a = &reference.row(line)[columns.clone()];
        let b = now.row(line.saturating_add_signed(y).min(now.height - 1));
        let from = columns.start.saturating_add_signed(x).min(now.width - columns.len());
        let pairs = a.iter().zip(&b[from..]);
        sum += pairs.map(|(a, b)| u32::from(a.abs_diff(*b).min(CUT))).sum::<u32>();
    }
    sum
}

/// The look with `sway` undone; the border repeats.
pub(crate) fn undone(planes: &Planes, sway: Sway) -> Planes {
    let half = Sway { x: sway.x / 2.0, y: sway.y / 2.0 };
    Planes {
        luma: moved(&planes.luma, sway),
        blue: moved(&planes.blue, half),
        red: moved(&planes.red, half),
    }
}

/// Sixteenths of a pixel are fine enough.
const PARTS: f32 = 16.0;

fn moved(plane: &Raster<u8>, by: Sway) -> Raster<u8> {
    let (width, height) = (plane.width, plane.height);
    let (whole_x, part_x) = split(by.x);
    let (whole_y, part_y) = split(by.y);
    let mut out = Raster::filled(width, height, 0_u8);
    let mut lines = [vec![0_u8; width + 1], vec![0_u8; width + 1]];
    let last = width - 1;
    for y in 0..height {
        for (line, step) in lines.iter_mut().zip([whole_y, whole_y + 1]) {
            let row = plane.row(y.saturating_add_signed(step).min(height - 1));
            for (x, value) in line.iter_mut().enumerate() {
                *value = row[x.saturating_add_signed(whole_x).min(last)];
            }
        }
        let [upper, lower] = &lines;
        let four = upper.iter().zip(&upper[1..]).zip(lower.iter().zip(&lower[1..]));
        for (out, ((a, b), (c, d))) in out.row_mut(y).iter_mut().zip(four) {
            let mix = |a: u8, b: u8| u16::from(a) * (16 - part_x) + u16::from(b) * part_x;
            let sum = mix(*a, *b) * (16 - part_y) / 16 + mix(*c, *d) * part_y / 16;
            *out = u8::try_from((sum + 8) / 16).unwrap_or(u8::MAX);
        }
    }
    out
}

/// Whole pixels below and sixteenths above them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "no sway is longer than LONGEST_SWAY, and a part is not negative"
)]
fn split(shift: f32) -> (isize, u16) {
    let parts = (shift * PARTS).round();
    let whole = (parts / PARTS).floor();
    (whole as isize, (parts - whole * PARTS) as u16)
}

/// Where, between -1/2 and 1/2, a valley with straight walls through three heights has its floor.
fn vertex(before: f32, here: f32, after: f32) -> f32 {
    let wall = before.max(after) - here;
    if wall > 0.0 { (0.5 * (before - after) / wall).clamp(-0.5, 0.5) } else { 0.0 }
}

/// The shift with the least distance around `start`, and that distance.
fn search(
    reference: &Raster<u8>,
    now: &Raster<u8>,
    start: (isize, isize),
    (reach, margin, row_step): (isize, usize, usize),
) -> ((isize, isize), u32) {
    let mut best = (start, distance(reference, now, start, (margin, row_step)));
    for y in start.1 - reach..=start.1 + reach {
        for x in start.0 - reach..=start.0 + reach {
            let cost = distance(reference, now, (x, y), (margin, row_step));
            if cost < best.1 {
                best = ((x, y), cost);
            }
        }
    }
    best
}

/// Sum of the cut differences between the reference and the look moved by `(x, y)`.
fn distance(
    reference: &Raster<u8>,
    now: &Raster<u8>,
    (x, y): (isize, isize),
    (margin, row_step): (usize, usize),
) -> u32 {
    let mut sum = 0;
    let inner = reference.width - 2 * margin;
    for line in (margin..reference.height - margin).step_by(row_step) {
        let a = &reference.row(line)[margin..margin + inner];
        let from = margin.saturating_add_signed(x);
        let b = now.row(line.saturating_add_signed(y).min(now.height - 1));
        let b = &b[from.min(now.width - inner)..][..inner];
        // 480 pixels of at most CUT fit 16 bits.
        let row: u16 = a.iter().zip(b).map(|(a, b)| u16::from(a.abs_diff(*b).min(CUT))).sum();
        sum += u32::from(row);
    }
    sum
}

fn shrunk(luma: &Raster<u8>) -> Raster<u8> {
    let mut out = Raster::filled(luma.width / COARSE, luma.height / COARSE, 0_u8);
    let mut sums = vec![0_u16; luma.width];
    for y in 0..out.height {
        sums.fill(0);
        for from in COARSE * y..COARSE * (y + 1) {
            for (sum, value) in sums.iter_mut().zip(luma.row(from)) {
                *sum += u16::from(*value);
            }
        }
        for (out, four) in out.row_mut(y).iter_mut().zip(sums.chunks_exact(COARSE)) {
            *out = u8::try_from(four.iter().sum::<u16>() / 16).unwrap_or(u8::MAX);
        }
    }
    out
}

/// Each pixel less the mean of its 4x4 surroundings, over that mean, around 128: light goes,
/// structure stays.
fn without_light(plane: &Raster<u8>) -> Raster<u8> {
    let (width, height) = (plane.width, plane.height);
    let mut out = Raster::filled(width, height, 128_u8);
    if width < 5 || height < 5 {
        return out;
    }
    let mut sums = vec![0_u16; width];
    for y in 2..height - 2 {
        let rows = [y - 2, y - 1, y + 1, y + 2].map(|y| plane.row(y));
        let four = rows[0].iter().zip(rows[1]).zip(rows[2]).zip(rows[3]);
        for (sum, (((a, b), c), d)) in sums.iter_mut().zip(four) {
            *sum = u16::from(*a) + u16::from(*b) + u16::from(*c) + u16::from(*d);
        }
        let around = sums.iter().zip(&sums[1..]).zip(&sums[3..]).zip(&sums[4..]);
        let middle = &plane.row(y)[2..width - 2];
        for ((out, value), (((a, b), c), d)) in
            out.row_mut(y)[2..width - 2].iter_mut().zip(middle).zip(around)
        {
            let mean = f32::from(a + b + c + d) / 16.0;
            let step = f32::from(*value) - mean;
            let step = step - step.clamp(-CORE, CORE);
            *out = byte((step * (LIT / (mean + 8.0)) + 128.0).clamp(0.0, 255.0));
        }
    }
    out
}
