//! Where a look shows another thing than the reference, whatever the light does.

use crate::cue::{Cue, Cues};
use crate::edges::{self, Edges, Workbench};
use crate::filter::mean;
use crate::grain::Grain;
use crate::light::{Blocks, LEAST_COLOUR, Moments, without_light};
use crate::raster::{BLOCK, Planes, Raster};
use crate::tone::Tone;

/// Of the structure of both pictures, the share that must be foreign to each other. 0 is the same
/// structure, 1 one that has nothing in common.
const FOREIGN: f32 = 0.5;
/// With less of it foreign, structure is kept.
const KEPT: f32 = 0.3;
/// Share of blocks that must have structure before it is asked how much is kept.
const LEAST_STRUCTURED: f32 = 0.1;
/// With less a window has no structure: luma steps, a standard deviation, and what each step of
/// the luma that is expected adds. In the dark all differences are smaller.
const LEAST_STRUCTURE: (f32, f32) = (2.7, 0.018);
/// How far a flat window may lie beyond what light explains, likewise.
const LEAST_BRIGHTNESS: (f32, f32) = (6.0, 0.07);
/// Standard deviations of the noise that any of them must exceed.
const OVER_NOISE: f32 = 4.0;
/// Luma from which highlights burn out.
const BURNT: f32 = 246.0;
/// Luma under which nothing is seen.
const BLACK: f32 = 6.0;

/// Block by block what differs.
pub(crate) struct Change {
    /// By which cues it is judged.
    pub(crate) cues: Cues,
    /// The structure is another.
    pub(crate) structure: Raster<bool>,
    /// The colour is another.
    pub(crate) colour: Raster<bool>,
    /// Darker or brighter than light explains.
    pub(crate) brightness: Raster<bool>,
    /// Nothing can be said: burnt out or black.
    pub(crate) blind: Raster<bool>,
    /// Luma of the look over what the zone's light lets expect.
    pub(crate) factor: Raster<f32>,
    /// How far the colour lies from what light explains.
    pub(crate) colour_distance: Raster<f32>,
    pub(crate) edges: Edges,
    /// Where the ground shows, whatever the light; none if that does not count.
    grain: Option<Grain>,
    /// What each block looks like: in the look, and in the reference.
    pub(crate) texture: [Raster<Texture>; 2],
    /// Share of blocks in which noise would hide an object.
    pub(crate) dim: f32,
    /// Of the blocks in which the reference has structure, the share that still has it. One if there
    /// are too few to tell.
    pub(crate) kept: f32,
}

/// What a block looks like: luma, both chromas, and the logarithm of how much luma varies in it.
pub(crate) type Texture = [f32; 4];

/// Luma steps added before the logarithm: noise is no variation.
const SMOOTH: f32 = 3.0;

/// Noise of the two pictures that are compared, a standard deviation in luma steps.
#[derive(Clone, Copy)]
pub(crate) struct NoisePair {
    pub(crate) reference: f32,
    pub(crate) now: f32,
}

impl Change {
    /// Between the reference and a look. `counts` says of a pixel whether it may speak for the light
    /// of the zone.
    pub(crate) fn between(
        reference: &Planes,
        now: &Planes,
        noise: NoisePair,
        standing: &mut Raster<u8>,
        (bench, counts): (&mut Workbench, impl Fn(usize, usize) -> bool),
    ) -> Self {
        let cues = bench.cues;
        let [reference_noise, now_noise] = [noise.reference, noise.now].map(|it| cues.noise(it));
        let noise = NoisePair { reference: reference_noise, now: now_noise };
        let tone = if cues.hold(Cue::Light) {
            Tone::between(&reference.luma, &now.luma, &counts)
        } else {
            Tone::unchanged()
        };
        let blocks = Blocks::of(reference, now, &tone);
        let grain = cues.hold(Cue::Grain).then(|| {
            let columns = blocks.now.width;
            let speaks = |i: usize| counts(i % columns * BLOCK, i / columns * BLOCK);
            let means = (&blocks.now, &blocks.reference);
            let noise = (noise.reference, noise.now);
            Grain::between((&reference.luma, &now.luma), means, (noise, speaks))
        });
        let hidden = grain.as_ref().map(Grain::hidden);
        let light = blocks.light(cues.hold(Cue::Light), hidden.as_ref());
        let planes = [&mut bench.now, &mut bench.expected, &mut bench.seen];
        let moments = without_light(light, (&reference.luma, &now.luma), &tone, planes);
        let both = noise.now.hypot(noise.reference);
        let edges = edges::compared(bench, standing, (both, &moments.excess));
        let size = (blocks.now.width, blocks.now.height);
        let flags = || Raster::filled(size.0, size.1, false);
        let mut change = Self {
            cues,
            structure: flags(),
            colour: flags(),
            brightness: flags(),
            blind: flags(),
            factor: Raster::filled(size.0, size.1, 1.0),
            edges,
            grain,
            colour_distance: blocks.colour.clone(),
            texture: std::array::from_fn(|_| Raster::filled(size.0, size.1, [0.0; 4])),
            dim: 0.0,
            kept: 1.0,
        };
        change.judge(&blocks, &windows(&moments), noise);
        change.judge_grain();
        change
    }

    fn judge(&mut self, blocks: &Blocks, windows: &Moments, noise: NoisePair) {
        let mut dim = 0_usize;
        let (mut structured, mut kept) = (0_usize, 0_usize);
        for i in 0..blocks.now.cells.len() {
            let (now, expected) = (blocks.now.cells[i], blocks.expected.cells[i]);
            self.factor.cells[i] = (now + 8.0) / (expected + 8.0);
            let burnt = now > BURNT && expected > 220.0 || blocks.reference.cells[i] > 249.0;
            let black = now < BLACK && expected < 2.0 * BLACK;
            self.blind.cells[i] = burnt || black;
            if burnt || black {
                continue;
            }
            // Dividing by the factor of a shadow multiplies the noise in it.
            let seen = noise.now / windows.low.cells[i].clamp(0.33, 1.0);
            let noisy = seen * seen + noise.reference * noise.reference;
            let sway = |sum: &Raster<f32>, squared: &Raster<f32>, noise: f32| {
                (squared.cells[i] - sum.cells[i] * sum.cells[i] - noise).max(0.0)
            };
            let rest = sway(&windows.rest, &windows.rest_squared, 1.5 * noisy);
            let before = sway(
                &windows.expected,
                &windows.expected_squared,
                noise.reference * noise.reference,
            );
            let after = sway(&windows.now, &windows.now_squared, seen * seen);
            let chroma = |picture: usize| {
                let [blue, red] = &blocks.chroma[picture];
                (blue.cells[i], red.cells[i])
            };
            for (picture, luma, varies) in [(0, now, after), (1, expected, before)] {
                let (blue, red) = chroma(picture);
                let varies = (varies.sqrt() + SMOOTH).ln();
                self.texture[picture].cells[i] = [luma, blue, red, varies];
            }
            let least = LEAST_STRUCTURE.0 + LEAST_STRUCTURE.1 * expected;
            let least = least.max(1.2 * noisy.sqrt());
            let least = least * least;
            let foreign = rest / (before + after + 0.5 * least);
            self.structure.cells[i] = foreign > FOREIGN && before.max(after) > least;
            let telling = before > least;
            structured += usize::from(telling);
            kept += usize::from(telling && foreign < KEPT);
            let off = windows.rest.cells[i].abs();
            let bright = LEAST_BRIGHTNESS.0 + LEAST_BRIGHTNESS.1 * expected;
            self.brightness.cells[i] = off > bright.max(OVER_NOISE * noisy.sqrt());
            let least_colour = LEAST_COLOUR.max(2.0 * noise.now);
            self.colour.cells[i] = blocks.colour.cells[i] > least_colour && now < BURNT - 10.0;
            dim += usize::from(now < 40.0 && noisy.sqrt() * 6.0 > now);
        }
        if structured as f32 > LEAST_STRUCTURED * blocks.now.cells.len() as f32 {
            self.kept = kept as f32 / structured as f32;
        }
        self.dim = dim as f32 / blocks.now.cells.len().max(1) as f32;
    }

    /// Where the grain of the ground shows, nothing is another.
    fn judge_grain(&mut self) {
        let Some(grain) = &self.grain else { return };
        for (i, shown) in grain.shown().cells.iter().enumerate() {
            self.structure.cells[i] &= !shown;
            self.colour.cells[i] &= !shown;
            self.brightness.cells[i] &= !shown;
        }
    }

    /// Whether the ground shows in these blocks: then only the light is another.
    pub(crate) fn shows_ground(&self, blocks: &[usize]) -> bool {
        self.grain.as_ref().is_some_and(|grain| grain.shows_in(blocks))
    }

    /// Whether the block shows another thing.
    pub(crate) fn at(&self, i: usize) -> bool {
        let differs = self.structure.cells[i] || self.colour.cells[i] || self.brightness.cells[i];
        differs && !self.blind.cells[i]
    }
}

/// The same over three blocks in each direction.
fn windows(blocks: &Moments) -> Moments {
    Moments {
        rest: mean(&blocks.rest, 1),
        rest_squared: mean(&blocks.rest_squared, 1),
        expected: mean(&blocks.expected, 1),
        expected_squared: mean(&blocks.expected_squared, 1),
        now: mean(&blocks.now, 1),
        now_squared: mean(&blocks.now_squared, 1),
        low: blocks.low.clone(),
        excess: Raster::default(),
    }
}
