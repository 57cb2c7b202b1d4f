//! Edges that the reference has not, and edges that only the reference has; and how long each has
//! stood still.

use crate::cue::{Cue, Cues};
use crate::filter::{gradient, largest_of_25};
use crate::light::FINE;
use crate::raster::{BLOCK, Raster, short};

/// Luma steps across two pixels: less is no edge on any object.
const LEAST_EDGE: f32 = 6.5;
/// An edge is so many standard deviations of the noise.
const OVER_NOISE: f32 = 6.0;
/// Looks after which an edge stands.
const STANDING_LOOKS: u8 = 5;
/// Looks that an edge loses for each in which it is not there. Those of shadows that move never
/// stand.
const LOSS: u8 = 2;
/// Looks that are remembered: an edge that was always there may be hidden for half as many.
const MOST_LOOKS: u8 = 12;

/// Planes that a look passes through. One serves all zones of a thread.
#[derive(Debug, Default)]
pub struct Workbench {
    pub(crate) cues: Cues,
    pub(crate) now: Raster<i16>,
    pub(crate) expected: Raster<i16>,
    pub(crate) seen: Raster<i16>,
    slope_now: Raster<i16>,
    slope_expected: Raster<i16>,
    largest: Raster<i16>,
    between: Raster<i16>,
    marks: Raster<u8>,
}

impl Workbench {
    /// One on which a cue does not count.
    #[must_use]
    pub fn without(cue: Cue) -> Self {
        Self { cues: Cues::without(cue), ..Self::default() }
    }
}

/// Pixels in each block, 0..=16.
pub(crate) struct Edges {
    /// On an edge that the reference has not, and that stands.
    pub(crate) came: Raster<u8>,
    /// On an edge that only the reference has.
    pub(crate) went: Raster<u8>,
}

/// Compares the edges of the two planes on the bench. `standing` remembers for how many looks each
/// pixel has been on a new edge.
pub(crate) fn compared(
    bench: &mut Workbench,
    standing: &mut Raster<u8>,
    (noise, excess): (f32, &Raster<f32>),
) -> Edges {
    let least = short(FINE * LEAST_EDGE.max(OVER_NOISE * noise));
    gradient(&bench.now, &mut bench.slope_now);
    gradient(&bench.expected, &mut bench.slope_expected);
    steepen(&mut bench.slope_expected, excess);
    // No edge that is only made by taking out the light. In a shadow edges are half as steep.
    gradient(&bench.seen, &mut bench.between);
    for (slope, seen) in bench.slope_now.cells.iter_mut().zip(&bench.between.cells) {
        *slope = (*slope).min(seen.saturating_add(*seen));
    }
    bench.marks.reshape(bench.now.width, bench.now.height);
    largest_of_25(&bench.slope_expected, &mut bench.between, &mut bench.largest);
    mark(&bench.slope_now, &bench.largest, least, &mut bench.marks);
    if !standing.same_size(&bench.marks) {
        *standing = Raster::filled(bench.marks.width, bench.marks.height, 0);
    }
    for (looks, marked) in standing.cells.iter_mut().zip(&bench.marks.cells) {
        let more = (*looks + *marked).min(MOST_LOOKS);
        let less = looks.saturating_sub(LOSS);
        *looks = if *marked == 0 { less } else { more };
    }
    for (mark, looks) in bench.marks.cells.iter_mut().zip(&standing.cells) {
        *mark &= u8::from(*looks >= STANDING_LOOKS);
    }
    let came = counted(&bench.marks);
    largest_of_25(&bench.slope_now, &mut bench.between, &mut bench.largest);
    mark(&bench.slope_expected, &bench.largest, least, &mut bench.marks);
    Edges { came, went: counted(&bench.marks) }
}

/// What is brighter than light explains has steeper edges of the same structure.
fn steepen(slopes: &mut Raster<i16>, excess: &Raster<f32>) {
    for (row, blocks) in excess.cells.chunks_exact(excess.width).enumerate() {
        for (column, factor) in blocks.iter().enumerate().filter(|(_, factor)| **factor > 1.02) {
            for y in BLOCK * row..BLOCK * (row + 1) {
                for slope in &mut slopes.row_mut(y)[BLOCK * column..BLOCK * (column + 1)] {
                    *slope = short(f32::from(*slope) * factor);
                }
            }
        }
    }
}

/// 1 where `slope` is an edge, and clearly steeper than all near it in the other picture.
fn mark(slope: &Raster<i16>, other: &Raster<i16>, least: i16, marks: &mut Raster<u8>) {
    let pairs = slope.cells.iter().zip(&other.cells);
    for (mark, (slope, other)) in marks.cells.iter_mut().zip(pairs) {
        let half_more = other.saturating_add(other >> 1);
        *mark = u8::from(*slope > half_more) & u8::from(*slope > least);
    }
}

/// The marks in each block.
fn counted(marks: &Raster<u8>) -> Raster<u8> {
    let mut out = Raster::filled(marks.width / BLOCK, marks.height / BLOCK, 0_u8);
    let mut sums = vec![0_u8; marks.width];
    for y in 0..out.height {
        sums.fill(0);
        for from in BLOCK * y..BLOCK * (y + 1) {
            for (sum, mark) in sums.iter_mut().zip(marks.row(from)) {
                *sum += mark;
            }
        }
        for (out, four) in out.row_mut(y).iter_mut().zip(sums.chunks_exact(BLOCK)) {
            *out = four.iter().sum();
        }
    }
    out
}
