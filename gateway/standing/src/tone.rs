//! The light of the whole zone: what became of each brightness and colour of the reference.
//!
//! A curve instead of a factor: exposure and gamma bend it, and highlights burn out at its end.

use crate::raster::{Raster, byte, floor_index};

/// Levels of the reference that are told apart.
const LEVELS: usize = 32;
/// Luma steps in one level.
const LEVEL_STEP: usize = 256 / LEVELS;
/// Every so many rows and columns are looked at.
const STEP: usize = 3;
/// A level with fewer samples than this share follows its neighbours.
const LEAST_SHARE: f32 = 0.01;

/// For each luma of the reference, the luma that it would have in the look.
pub(crate) struct Tone {
    curve: [u8; 256],
}

impl Tone {
    /// The curve that most pixels follow. `counts` says of a block whether it may speak: it holds
    /// no person and nothing new.
    pub(crate) fn between(
        reference: &Raster<u8>,
        now: &Raster<u8>,
        counts: impl Fn(usize, usize) -> bool,
    ) -> Self {
        let mut histogram = vec![[0_u32; 256]; LEVELS];
        for y in (0..now.height).step_by(STEP) {
            let rows = reference.row(y).iter().zip(now.row(y)).enumerate();
            for (x, (from, to)) in rows.step_by(STEP) {
                if counts(x, y) {
                    histogram[usize::from(*from) / LEVEL_STEP][usize::from(*to)] += 1;
                }
            }
        }
        let total = histogram.iter().flatten().sum::<u32>() as f32;
        let levels: Vec<Level> = histogram
            .iter()
            .enumerate()
            .filter_map(|(level, counts)| Level::of(level, counts, LEAST_SHARE * total))
            .collect();
        Self { curve: curve_through(&levels) }
    }

    /// The light is what it was.
    pub(crate) fn unchanged() -> Self {
        let mut curve = [0; 256];
        for (luma, same) in (0_u8..=255).zip(&mut curve) {
            *same = luma;
        }
        Self { curve }
    }

    pub(crate) fn curve(&self) -> &[u8; 256] {
        &self.curve
    }
}

/// What most pixels of one level became: logarithms of luma, and how many pixels speak.
#[derive(Clone, Copy)]
struct Level {
    from: f32,
    to: f32,
    weight: f32,
}

/// Luma steps added before logarithms are taken.
const DARK: f32 = 4.0;
/// Luma of the look that says something: neither black nor burnt out.
const TELLING: std::ops::Range<f32> = 6.0..244.0;

impl Level {
    /// Of a histogram with at least `least` entries.
    fn of(level: usize, counts: &[u32; 256], least: f32) -> Option<Self> {
        let all: u32 = counts.iter().sum();
        if all == 0 || (all as f32) < least {
            return None;
        }
        let mut below = 0;
        let median = counts.iter().position(|count| {
            below += count;
            2 * below >= all
        })? as f32;
        let centre = (level * LEVEL_STEP) as f32 + (LEVEL_STEP as f32 - 1.0) / 2.0;
        let telling = TELLING.contains(&median) && centre < TELLING.end;
        telling.then(|| Self {
            from: (centre + DARK).ln(),
            to: (median + DARK).ln(),
            weight: all as f32,
        })
    }
}

/// Exponents of the curve that are believed.
const EXPONENTS: std::ops::RangeInclusive<f32> = 0.55..=1.7;
/// An exponent other than one needs levels that are so far apart, in logarithms of luma.
const LEAST_RANGE: f32 = 0.12;
/// Passes of the fit; after each, levels that lie far off count less.
const PASSES: usize = 5;

/// A straight line through logarithms: a factor and an exponent. What a shadow made of some levels
/// does not bend it.
fn curve_through(levels: &[Level]) -> [u8; 256] {
    let mut weights: Vec<f32> = levels.iter().map(|level| level.weight).collect();
    let (mut middle, mut exponent) = ((0.0, 0.0), 1.0);
    for _ in 0..PASSES {
        let sum: f32 = weights.iter().sum::<f32>().max(1e-6);
        let mean = |value: &dyn Fn(&Level) -> f32| {
            levels.iter().zip(&weights).map(|(level, w)| w * value(level)).sum::<f32>() / sum
        };
        middle = (mean(&|level| level.from), mean(&|level| level.to));
        let across = mean(&|level| (level.from - middle.0).powi(2));
        let joint = mean(&|level| (level.from - middle.0) * (level.to - middle.1));
        // Little range says little about the exponent, which is then nearly one.
        let doubt = LEAST_RANGE * LEAST_RANGE;
        exponent = ((joint + doubt) / (across + doubt)).clamp(*EXPONENTS.start(), *EXPONENTS.end());
        for (weight, level) in weights.iter_mut().zip(levels) {
            let off = level.to - middle.1 - exponent * (level.from - middle.0);
            *weight = level.weight / (0.03 + off.abs());
        }
    }
    let mut curve = [0; 256];
    for (luma, out) in curve.iter_mut().enumerate() {
        let from = (luma as f32 + DARK).ln();
        let to = (middle.1 + exponent * (from - middle.0)).exp() - DARK;
        *out = byte(to.clamp(0.0, 255.0));
    }
    curve
}

/// Brightness bands in which the shift of colour is told apart: shade takes another colour than sun.
const BANDS: usize = 4;

/// The colour that the light took on since the reference, by how bright a block is.
pub(crate) struct Tint {
    shifts: [(f32, f32); BANDS],
}

impl Tint {
    /// From blocks' brightness and how far each one's two chromas lie from what was expected.
    pub(crate) fn of(blocks: impl Iterator<Item = (f32, f32, f32)>) -> Self {
        let mut bands: [Vec<(f32, f32)>; BANDS] = std::array::from_fn(|_| Vec::new());
        for (luma, blue, red) in blocks {
            bands[band(luma)].push((blue, red));
        }
        let all: Vec<(f32, f32)> = bands.iter().flatten().copied().collect();
        let whole = medians(&all);
        let few = all.len() / 20;
        Self { shifts: bands.map(|band| if band.len() > few { medians(&band) } else { whole }) }
    }

    pub(crate) fn shift(&self, luma: f32) -> (f32, f32) {
        self.shifts[band(luma)]
    }
}

fn band(luma: f32) -> usize {
    floor_index(luma * BANDS as f32 / 256.0).min(BANDS - 1)
}

fn medians(pairs: &[(f32, f32)]) -> (f32, f32) {
    let middle = |mut values: Vec<f32>| {
        let half = values.len() / 2;
        if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(half, f32::total_cmp).1 }
    };
    (
        middle(pairs.iter().map(|pair| pair.0).collect()),
        middle(pairs.iter().map(|pair| pair.1).collect()),
    )
}
