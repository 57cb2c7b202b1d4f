//! What light alone explains of a look, block by block, and the look with that taken out.
//!
//! A shadow, a lamp or a patch of sun changes the brightness by a factor that is the same over a
//! piece of the zone. So the factor of a block is the median of those around it, and between blocks
//! any value between theirs is allowed: hard and soft borders of shadows are explained alike. What
//! is left after that was not made by light.

use crate::filter::{mean, median_cross, range_of_9};
use crate::mask::grown;
use crate::raster::{BLOCK, CHROMA_BLOCK, Planes, Raster, byte, floor_index, short};
use crate::tone::{Tint, Tone};

/// Luma steps added before factors are taken: in the dark one step is no change of light.
const DARK: f32 = 8.0;
/// Blocks in each direction of the median that makes the light: narrower things are no light.
const LIGHT_REACH: usize = 3;
/// The factor of the deepest shadow that is believed.
const DEEPEST_SHADOW: f32 = 0.33;
/// The factor of the brightest patch of light that is believed.
const BRIGHTEST_LIGHT: f32 = 2.2;
/// The same two on flat ground, where no structure shows that it is still the ground.
const DEEPEST_ON_FLAT: f32 = 0.42;
const BRIGHTEST_ON_FLAT: f32 = 1.25;
/// Luma steps, a mean distance from the block's mean: with less than the first the ground is flat,
/// with more than the second it is not.
const FLAT: (f32, f32) = (2.0, 4.5);
/// Parts of a factor of one: factors are compared as whole numbers.
const PARTS: f32 = 1024.0;
/// Steps of chroma: light that changes the colour of a block by more is no light.
pub(crate) const LEAST_COLOUR: f32 = 7.0;
/// Sixteenths of a luma step: the grain of the planes that edges are looked for in.
pub(crate) const FINE: f32 = 16.0;

/// Means over blocks of a look and its reference.
pub(crate) struct Blocks {
    /// Luma of the look.
    pub(crate) now: Raster<f32>,
    /// Luma of the reference as the tone curve expects it in the look's light.
    pub(crate) expected: Raster<f32>,
    /// Luma of the reference.
    pub(crate) reference: Raster<f32>,
    /// How far the colour lies from what light explains, in steps of chroma.
    pub(crate) colour: Raster<f32>,
    /// Both chromas of the look and of the reference.
    pub(crate) chroma: [[Raster<f32>; 2]; 2],
    /// How far pixels of the reference lie from the mean of their block, on average.
    structure: Raster<f32>,
}

impl Blocks {
    pub(crate) fn of(reference: &Planes, now: &Planes, tone: &Tone) -> Self {
        let luma = pooled::<BLOCK>(&now.luma);
        let before = pooled::<BLOCK>(&reference.luma);
        let mut expected = before.clone();
        for value in &mut expected.cells {
            let low = floor_index(*value).min(254);
            let (a, b) = (tone.curve()[low], tone.curve()[low + 1]);
            *value = f32::from(a) + (f32::from(b) - f32::from(a)) * (*value - low as f32);
        }
        let blue = colour_shift(&reference.blue, &now.blue, &luma, &before);
        let red = colour_shift(&reference.red, &now.red, &luma, &before);
        let each = before.cells.iter().zip(&blue.cells).zip(&red.cells);
        let tint = Tint::of(each.clone().map(|((luma, blue), red)| (*luma, *blue, *red)));
        let mut off = (blue.clone(), red.clone());
        for (i, ((before, blue), red)) in each.enumerate() {
            let shift = tint.shift(*before);
            (off.0.cells[i], off.1.cells[i]) = (blue - shift.0, red - shift.1);
        }
        let (blue, red) = (mean(&off.0, 1), mean(&off.1, 1));
        let mut colour = blue;
        let strength =
            (pooled::<CHROMA_BLOCK>(&reference.blue), pooled::<CHROMA_BLOCK>(&reference.red));
        for (i, value) in colour.cells.iter_mut().enumerate() {
            let of_ground = (strength.0.cells[i] - 128.0, strength.1.cells[i] - 128.0);
            let light = Light { now: luma.cells[i], before: before.cells[i] };
            *value = (value.hypot(red.cells[i]) - light.doubt(of_ground)).max(0.0);
        }
        let structure = mean(&scatter(&reference.luma, &before), 3);
        let now = [pooled::<CHROMA_BLOCK>(&now.blue), pooled::<CHROMA_BLOCK>(&now.red)];
        let chroma = [now, [strength.0, strength.1]];
        Self { now: luma, expected, reference: before, colour, chroma, structure }
    }

    /// The smallest and the largest factor by which light may have changed each block.
    /// Then by how much more the block is brighter. All are one if light is not believed in. Where the ground
    /// is hidden, the light is that around.
    pub(crate) fn light(
        &self,
        is_believed: bool,
        hidden: Option<&Raster<bool>>,
    ) -> [Raster<f32>; 3] {
        if !is_believed {
            return [(); 3].map(|()| Raster::filled(self.now.width, self.now.height, 1.0));
        }
        let mut factor = Raster::filled(self.now.width, self.now.height, 0_u16);
        let pairs = self.now.cells.iter().zip(&self.expected.cells);
        for (factor, (now, expected)) in factor.cells.iter_mut().zip(pairs) {
            let value = (now + DARK) / (expected + DARK) * PARTS;
            *factor = u16::try_from(floor_index(value)).unwrap_or(u16::MAX);
        }
        let smooth = median_cross(&factor, LIGHT_REACH);
        let mut field = Raster::filled(factor.width, factor.height, 0.0);
        for (out, value) in field.cells.iter_mut().zip(&smooth.cells) {
            *out = (f32::from(*value) / PARTS).clamp(DEEPEST_SHADOW, 2.0 * BRIGHTEST_LIGHT);
        }
        if let Some(hidden) = hidden.filter(|it| it.cells.contains(&true)) {
            fill_from_around(&mut field, grown(&grown(hidden)));
        }
        let mut excess = field.clone();
        let (mut low, mut high) = range_of_9(&field);
        for (i, colour) in self.colour.cells.iter().enumerate() {
            if *colour > LEAST_COLOUR {
                (low.cells[i], high.cells[i]) = (1.0, 1.0);
            }
            let rough = ((self.structure.cells[i] - FLAT.0) / (FLAT.1 - FLAT.0)).clamp(0.0, 1.0);
            let brightest = BRIGHTEST_ON_FLAT + rough * (BRIGHTEST_LIGHT - BRIGHTEST_ON_FLAT);
            let deepest = DEEPEST_ON_FLAT + rough * (DEEPEST_SHADOW - DEEPEST_ON_FLAT);
            low.cells[i] = low.cells[i].clamp(deepest, brightest);
            high.cells[i] = high.cells[i].clamp(deepest, brightest);
            excess.cells[i] = (excess.cells[i] / high.cells[i]).max(1.0);
        }
        [low, high, excess]
    }
}

/// Puts into each cell of the mask the mean of those next to it, from its border inwards.
fn fill_from_around(field: &mut Raster<f32>, mut mask: Raster<bool>) {
    let (width, height) = (mask.width, mask.height);
    let mut left: Vec<usize> = (0..mask.cells.len()).filter(|i| mask.cells[*i]).collect();
    while !left.is_empty() {
        let known = |i: usize| {
            let (x, y) = (i % width, i / width);
            let rows = y.saturating_sub(1)..(y + 2).min(height);
            let near = rows.flat_map(|y| {
                (x.saturating_sub(1)..(x + 2).min(width)).map(move |x| y * width + x)
            });
            near.filter(|near| !mask.cells[*near])
                .fold((0.0, 0.0), |sum, near| (sum.0 + field.cells[near], sum.1 + 1.0))
        };
        let rim: Vec<(usize, f32)> = left
            .iter()
            .map(|i| (*i, known(*i)))
            .filter(|(_, (_, count))| *count > 0.0)
            .map(|(i, (sum, count))| (i, sum / count))
            .collect();
        if rim.is_empty() {
            return; // nothing is known of the light
        }
        for (i, value) in &rim {
            field.cells[*i] = *value;
            mask.cells[*i] = false;
        }
        left.retain(|i| mask.cells[*i]);
    }
}

/// What light made of a block.
#[derive(Clone, Copy)]
struct Light {
    now: f32,
    before: f32,
}

/// Of the colour of the ground, the part by which light of another strength may change it.
const COLOUR_DOUBT: f32 = 0.4;
/// A channel of more than this burns out, and takes the colour with it.
const BURNT_CHANNEL: f32 = 244.0;

impl Light {
    /// Steps of chroma that the light may have changed a ground of this colour by.
    fn doubt(self, (blue, red): (f32, f32)) -> f32 {
        let factor = (self.now + 2.0) / (self.before + 2.0);
        let doubt = COLOUR_DOUBT * blue.hypot(red) * (factor - 1.0).abs().min(1.0);
        let burns = |before: f32| before * factor > BURNT_CHANNEL || before > BURNT_CHANNEL;
        let burnt = burns(self.before + 1.4 * red) || burns(self.before + 1.77 * blue);
        if burnt { doubt + 20.0 } else { doubt }
    }
}

/// Mean over each square of `SIDE` pixels.
fn pooled<const SIDE: usize>(plane: &Raster<u8>) -> Raster<f32> {
    let (width, height) = (plane.width / SIDE, plane.height / SIDE);
    let mut out = Raster::filled(width, height, 0.0);
    let mut sums = vec![0_u16; plane.width];
    for y in 0..height {
        sums.fill(0);
        for from in SIDE * y..SIDE * (y + 1) {
            for (sum, value) in sums.iter_mut().zip(plane.row(from)) {
                *sum += u16::from(*value);
            }
        }
        for (out, some) in out.row_mut(y).iter_mut().zip(sums.chunks_exact(SIDE)) {
            *out = f32::from(some.iter().sum::<u16>()) / (SIDE * SIDE) as f32;
        }
    }
    out
}

/// Mean distance of the pixels of each block from its mean.
fn scatter(plane: &Raster<u8>, means: &Raster<f32>) -> Raster<f32> {
    let mut out = Raster::filled(means.width, means.height, 0.0);
    let mut middle = vec![0_u8; plane.width];
    let mut sums = vec![0_u16; plane.width];
    for row in 0..means.height {
        for (pixels, mean) in middle.chunks_exact_mut(BLOCK).zip(means.row(row)) {
            pixels.fill(byte(*mean));
        }
        sums.fill(0);
        for y in BLOCK * row..BLOCK * (row + 1) {
            for ((sum, value), middle) in sums.iter_mut().zip(plane.row(y)).zip(&middle) {
                *sum += u16::from(value.abs_diff(*middle));
            }
        }
        for (out, four) in out.row_mut(row).iter_mut().zip(sums.chunks_exact(BLOCK)) {
            *out = f32::from(four.iter().sum::<u16>()) / (BLOCK * BLOCK) as f32;
        }
    }
    out
}

/// Chroma of the look less that of the reference, which grows and shrinks with the brightness.
fn colour_shift(
    reference: &Raster<u8>,
    now: &Raster<u8>,
    luma: &Raster<f32>,
    before: &Raster<f32>,
) -> Raster<f32> {
    let mut shift = pooled::<CHROMA_BLOCK>(now);
    let from = pooled::<CHROMA_BLOCK>(reference);
    let luma = luma.cells.iter().zip(&before.cells);
    for ((shift, from), (luma, before)) in shift.cells.iter_mut().zip(&from.cells).zip(luma) {
        let factor = ((luma + 2.0) / (before + 2.0)).clamp(0.2, 2.5);
        *shift -= 128.0 + (from - 128.0) * factor;
    }
    shift
}

/// Sums over the pixels of each block: of what light leaves unexplained, of the expected luma, and
/// of the look without light; and of their squares.
#[derive(Default)]
pub(crate) struct Moments {
    pub(crate) rest: Raster<f32>,
    pub(crate) rest_squared: Raster<f32>,
    pub(crate) expected: Raster<f32>,
    pub(crate) expected_squared: Raster<f32>,
    pub(crate) now: Raster<f32>,
    pub(crate) now_squared: Raster<f32>,
    /// By which factor light changed a block, at most; noise is divided by it.
    pub(crate) low: Raster<f32>,
    /// By which factor a block is brighter than light explains, at least one. All its structure is.
    pub(crate) excess: Raster<f32>,
}

/// Takes the light out of a look: `now` and `expected` become planes of fine steps, in one light;
/// `seen` the look as it is.
pub(crate) fn without_light(
    [low, high, excess]: [Raster<f32>; 3],
    pair: (&Raster<u8>, &Raster<u8>),
    tone: &Tone,
    [now, expected, seen]: [&mut Raster<i16>; 3],
) -> Moments {
    let (reference, luma) = pair;
    now.reshape(luma.width, luma.height);
    expected.reshape(luma.width, luma.height);
    seen.reshape(luma.width, luma.height);
    let (columns, rows) = (low.width, low.height);
    let grid = || Raster::filled(columns, rows, 0.0);
    let mut sums: [Raster<f32>; 6] = std::array::from_fn(|_| grid());
    let mut lines: [Vec<f32>; 6] = std::array::from_fn(|_| vec![0.0; luma.width]);
    let mut bounds = (vec![0.0; luma.width], vec![0.0; luma.width]);
    let mut curved = vec![0_u8; luma.width];
    for row in 0..rows {
        spread(low.row(row), &mut bounds.0);
        spread(high.row(row), &mut bounds.1);
        for line in &mut lines {
            line.fill(0.0);
        }
        for y in BLOCK * row..BLOCK * (row + 1) {
            for (out, value) in curved.iter_mut().zip(reference.row(y)) {
                *out = tone.curve()[usize::from(*value)];
            }
            let out = (now.row_mut(y), expected.row_mut(y));
            for (out, value) in seen.row_mut(y).iter_mut().zip(luma.row(y)) {
                *out = i16::from(*value) << 4;
            }
            line_without_light((luma.row(y), &curved), &bounds, out, &mut lines);
        }
        for (sum, line) in sums.iter_mut().zip(&lines) {
            for (sum, four) in sum.row_mut(row).iter_mut().zip(line.chunks_exact(BLOCK)) {
                *sum = four.iter().sum::<f32>() / (BLOCK * BLOCK) as f32;
            }
        }
    }
    let [rest, rest_squared, expected, expected_squared, now, now_squared] = sums;
    Moments { rest, rest_squared, expected, expected_squared, now, now_squared, low, excess }
}

/// Each block's value for all of its pixels in a row.
fn spread(blocks: &[f32], pixels: &mut [f32]) {
    for (pixels, value) in pixels.chunks_exact_mut(BLOCK).zip(blocks) {
        pixels.fill(*value);
    }
}

/// Luma is counted from here: sums of squares then keep their digits.
const MIDDLE: f32 = 128.0;

fn line_without_light(
    (luma, expected): (&[u8], &[u8]),
    (low, high): &(Vec<f32>, Vec<f32>),
    (now_out, expected_out): (&mut [i16], &mut [i16]),
    sums: &mut [Vec<f32>; 6],
) {
    let width = luma.len();
    let [rest, rest2, exp, exp2, now, now2] = sums;
    let (expected, low, high) = (&expected[..width], &low[..width], &high[..width]);
    let (now_out, expected_out) = (&mut now_out[..width], &mut expected_out[..width]);
    let (rest, rest2) = (&mut rest[..width], &mut rest2[..width]);
    let (exp, exp2) = (&mut exp[..width], &mut exp2[..width]);
    let (now, now2) = (&mut now[..width], &mut now2[..width]);
    for x in 0..width {
        let seen = f32::from(luma[x]) + DARK;
        let wanted = f32::from(expected[x]) + DARK;
        let light = (seen / wanted).max(low[x]).min(high[x]);
        let plain = (seen / light).min(1000.0);
        let left = plain - wanted;
        now_out[x] = short(plain * FINE);
        expected_out[x] = short(wanted * FINE);
        rest[x] += left;
        rest2[x] += left * left;
        let (wanted, plain) = (wanted - MIDDLE, plain - MIDDLE);
        exp[x] += wanted;
        exp2[x] += wanted * wanted;
        now[x] += plain;
        now2[x] += plain * plain;
    }
}
