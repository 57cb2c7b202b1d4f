//! Whether the grain of the ground still shows. Light of any kind leaves it where it was; a thing hides it.
//!
//! Grain is what is left of a picture without all that is larger than four pixels: neither a soft rim nor a
//! slope of brightness is in it. One block of flat ground says nearly nothing about so faint a pattern, so
//! blocks vote, each with the weight of what it can know.

use crate::filter::mean;
use crate::raster::{BLOCK, Raster};

/// Pixels from the middle of the grain to where it is compared.
const REACH: usize = 2;
/// Noise of neighbouring pixels is alike after the blur: the pixels of a block are worth so many.
const PIXELS: f32 = 8.0;
/// Sums of squared grain in a block for noise of one luma step, and for rounding alone.
const OF_NOISE: (f32, f32) = (238.0, 27.0);
/// Of the grain, the share by which it may differ for no reason: camera and ground are never quite where
/// they were. So what is coarse does not outvote all that is fine.
const UNLIKE: f32 = 0.3;
/// Squared standard deviations between all grain and none. Voters with less in all say nothing.
const LEAST_WEIGHT: f32 = 30.0;
/// Of the grain, the share that may still be found where it is hidden, and that must be where it shows.
const HIDDEN: f32 = 0.35;
const SHOWN: f32 = 0.7;
/// Of the grain of the whole zone, the share that must be found for the rest to say anything: not in a blur.
const LEAST_OF_ZONE: f32 = 0.7;
/// Luma above which the grain burns out, and under which it drowns.
const TELLING: std::ops::Range<f32> = 12.0..232.0;
/// Blocks in each direction that vote together on whether grain is hidden.
const VOTERS: usize = 2;
/// The same on whether it shows: what is thin must not be outvoted by the ground beside it.
const NEAR_VOTERS: usize = 1;
/// Luma steps added before factors are taken.
const DARK: f32 = 8.0;

/// The votes of all blocks.
pub(crate) struct Grain {
    /// In squared standard deviations between all grain and none.
    weight: Raster<f32>,
    /// The weight by the share of the grain that is found.
    found: Raster<f32>,
    /// The share that is found in the whole zone; none if too little to go by.
    of_zone: Option<f32>,
}

impl Grain {
    /// Of a look, by that of the reference. `means` are the blocks' mean luma now and in the reference;
    /// `counts` says which blocks may speak for the zone.
    pub(crate) fn between(
        (reference, now): (&Raster<u8>, &Raster<u8>),
        means: (&Raster<f32>, &Raster<f32>),
        (known, counts): ((f32, f32), impl Fn(usize) -> bool),
    ) -> Self {
        let sums = Sums::of(reference, now, means);
        let noise = sums.noise(known, &counts);
        let (mut weight, mut found) = (means.0.clone(), means.0.clone());
        let mut all = (0.0, 0.0);
        for i in 0..weight.cells.len() {
            let (now, before) = (means.0.cells[i], means.1.cells[i]);
            let is_telling = TELLING.contains(&now) && TELLING.contains(&before);
            let vote = if is_telling { sums.vote(i, noise) } else { (0.0, 0.0) };
            (weight.cells[i], found.cells[i]) = vote;
            if counts(i) {
                all = (all.0 + vote.0, all.1 + vote.1);
            }
        }
        let of_zone = Some(all.1 / all.0).filter(|it| all.0 > LEAST_WEIGHT && *it > LEAST_OF_ZONE);
        Self { weight, found, of_zone }
    }

    /// Where it is hidden.
    pub(crate) fn hidden(&self) -> Raster<bool> {
        self.judged(VOTERS, |share| share < HIDDEN)
    }

    /// Where it shows.
    pub(crate) fn shown(&self) -> Raster<bool> {
        self.judged(NEAR_VOTERS, |share| share > SHOWN)
    }

    /// Whether it shows over these blocks taken together. No if they cannot tell.
    pub(crate) fn shows_in(&self, blocks: &[usize]) -> bool {
        let sum = |grid: &Raster<f32>| blocks.iter().map(|it| grid.cells[*it]).sum::<f32>();
        let (weight, found) = (sum(&self.weight), sum(&self.found));
        self.of_zone.is_some_and(|zone| weight > LEAST_WEIGHT && found > SHOWN * zone * weight)
    }

    fn judged(&self, voters: usize, is: impl Fn(f32) -> bool) -> Raster<bool> {
        let mut judged = Raster::filled(self.weight.width, self.weight.height, false);
        let Some(zone) = self.of_zone else { return judged };
        let (weight, found) = (mean(&self.weight, voters), mean(&self.found, voters));
        let side = (2 * voters + 1) as f32;
        let least = LEAST_WEIGHT / (side * side);
        for (i, judged) in judged.cells.iter_mut().enumerate() {
            let weight = weight.cells[i];
            *judged = weight > least && is(found.cells[i] / (zone * weight));
        }
        judged
    }
}

/// Sums over the pixels of each block of the products of both grains, as if both had the light of the
/// reference.
struct Sums {
    before: Vec<f32>,
    joint: Vec<f32>,
    now: Vec<f32>,
    /// By which factor each block is brighter.
    factor: Vec<f32>,
}

impl Sums {
    fn of(
        reference: &Raster<u8>,
        now: &Raster<u8>,
        (means, means_before): (&Raster<f32>, &Raster<f32>),
    ) -> Self {
        let blocks = means.cells.len();
        let mut sums = Self {
            before: Vec::with_capacity(blocks),
            joint: Vec::with_capacity(blocks),
            now: Vec::with_capacity(blocks),
            factor: Vec::with_capacity(blocks),
        };
        let width = now.width;
        let (mut old, mut new) = (vec![0_i16; width], vec![0_i16; width]);
        let mut lines: [Vec<i32>; 3] = std::array::from_fn(|_| vec![0; width]);
        for row in 0..means.height {
            lines.iter_mut().for_each(|line| line.fill(0));
            for y in BLOCK * row..BLOCK * (row + 1) {
                grain_of(reference, y, &mut old);
                grain_of(now, y, &mut new);
                let [before, joint, after] = &mut lines;
                let out = before.iter_mut().zip(joint).zip(after);
                for (((before, joint), after), (old, new)) in out.zip(old.iter().zip(&new)) {
                    let (old, new) = (i32::from(*old), i32::from(*new));
                    *before += old * old;
                    *joint += old * new;
                    *after += new * new;
                }
            }
            let block = |line: &[i32], x: usize| {
                line[BLOCK * x..BLOCK * (x + 1)].iter().sum::<i32>() as f32
            };
            for (x, (now, before)) in means.row(row).iter().zip(means_before.row(row)).enumerate() {
                let factor = ((now + DARK) / (before + DARK)).clamp(0.1, 4.0);
                sums.factor.push(factor);
                sums.before.push(block(&lines[0], x));
                sums.joint.push(block(&lines[1], x) / factor);
                sums.now.push(block(&lines[2], x) / (factor * factor));
            }
        }
        sums
    }

    /// How much of the grain of a block is noise, in the reference and in the look: what is known of both, or
    /// more if the ground differs by more where it is what it was.
    fn noise(&self, known: (f32, f32), counts: impl Fn(usize) -> bool) -> (f32, f32) {
        let middle = |of: &dyn Fn(usize) -> f32| {
            let mut values: Vec<f32> =
                (0..self.before.len()).filter(|i| counts(*i)).map(of).collect();
            let half = values.len() / 2;
            if values.is_empty() {
                return 1.0;
            }
            *values.select_nth_unstable_by(half, f32::total_cmp).1
        };
        let differs = middle(&|i| self.now[i] + self.before[i] - 2.0 * self.joint[i]);
        let usual = middle(&|i| self.factor[i]);
        let of = |noise: f32| OF_NOISE.0 * noise * noise + OF_NOISE.1;
        let (before, now) = (of(known.0), of(known.1) / (usual * usual));
        let more = (differs / (before + now)).max(1.0);
        (before * more, now * more * usual * usual)
    }

    /// The weight of a block, and that by the share of its grain that is found: the correlation of both, over
    /// what it would be if the ground showed.
    fn vote(&self, i: usize, noise: (f32, f32)) -> (f32, f32) {
        let (before, now) = (self.before[i], self.now[i]);
        let grain = before - noise.0;
        if grain <= 0.0 || now <= 0.0 {
            return (0.0, 0.0);
        }
        // In a shadow the noise is the same, and the grain fainter.
        let noise = noise.1 / (self.factor[i] * self.factor[i]);
        let whole = grain / (before * (grain + noise)).sqrt();
        let found = self.joint[i] / (before * now).sqrt();
        let weight = whole * whole * PIXELS / (1.0 + UNLIKE * UNLIKE * PIXELS * whole * whole);
        (weight, weight * found / whole)
    }
}

/// Four times each pixel of a row less those around it; 0 at the border.
fn grain_of(plane: &Raster<u8>, y: usize, out: &mut [i16]) {
    let (width, height) = (plane.width, plane.height);
    if y < REACH || y + REACH >= height {
        out.fill(0);
        return;
    }
    let (above, here, below) = (plane.row(y - REACH), plane.row(y), plane.row(y + REACH));
    out[..REACH].fill(0);
    out[width - REACH..].fill(0);
    let inner = REACH..width - REACH;
    let middle = here[inner.clone()].iter().zip(&here[..width - 2 * REACH]).zip(&here[2 * REACH..]);
    let upright = above[inner.clone()].iter().zip(&below[inner.clone()]);
    for ((out, ((middle, left), right)), (above, below)) in
        out[inner].iter_mut().zip(middle).zip(upright)
    {
        let around = [left, right, above, below].map(|it| i16::from(*it));
        *out = 4 * i16::from(*middle) - (around[0] + around[1] + around[2] + around[3]);
    }
}
