//! Faults of the camera's view, applied to pictures.

use super::noise::Noise;
use super::picture::{Picture, Plane, sample};
use super::recipe::{ViewFault, ViewFaultKind};

/// Noise of a covered or dark picture: no sensor shows one flat level.
const NOISE_LEVELS: f64 = 1.5;
/// Three averages over a box are close to a Gaussian.
const BLUR_ROUNDS: usize = 3;

/// A fault, and what it remembers from picture to picture.
#[derive(Debug)]
pub(super) struct ActiveFault {
    fault: ViewFault,
    frozen: Option<Picture>,
}

impl ActiveFault {
    pub(super) fn new(fault: ViewFault) -> Self {
        Self { fault, frozen: None }
    }

    /// Changes the picture shown at `secs` of the scene, if the fault is active then.
    pub(super) fn spoil(&mut self, picture: &mut Picture, secs: f64, noise: &mut Noise) {
        let shown = self.fault.shown;
        if secs < shown.from.as_secs_f64() || secs >= shown.to.as_secs_f64() {
            return;
        }
        match self.fault.kind {
            ViewFaultKind::Covered { level } => cover(picture, level, noise),
            ViewFaultKind::Turned { shift_px } => turn(picture, shift_px),
            ViewFaultKind::Blurred { radius_px } => blur(picture, radius_px),
            ViewFaultKind::Dark { light } => darken(picture, light, noise),
            ViewFaultKind::Frozen => {
                picture.clone_from(self.frozen.get_or_insert_with(|| picture.clone()));
            }
        }
    }
}

fn cover(picture: &mut Picture, level: u8, noise: &mut Noise) {
    for at in &mut picture.light.samples {
        *at = sample(f64::from(level) + noise.next(NOISE_LEVELS));
    }
    for plane in &mut picture.colour {
        plane.samples.fill(128);
    }
}

fn darken(picture: &mut Picture, light: f64, noise: &mut Noise) {
    for at in &mut picture.light.samples {
        let lit = 16.0 + (f64::from(*at) - 16.0) * light;
        *at = sample((lit + noise.next(NOISE_LEVELS)).max(16.0));
    }
    for at in picture.colour.iter_mut().flat_map(|plane| &mut plane.samples) {
        *at = sample(128.0 + (f64::from(*at) - 128.0) * light);
    }
}

fn turn(picture: &mut Picture, [right, down]: [i32; 2]) {
    let [light, blue, red] = picture.planes_mut();
    shift(light, right, down);
    shift(blue, right / 2, down / 2);
    shift(red, right / 2, down / 2);
}

fn shift(plane: &mut Plane, right: i32, down: i32) {
    let before = plane.clone();
    for y in 0..plane.height {
        for x in 0..plane.width {
            let from = before.at(mirrored(x, right, plane.width), mirrored(y, down, plane.height));
            if let (Some(from), Some(to)) = (from, plane.at_mut(x, y)) {
                *to = from;
            }
        }
    }
}

/// The position `by` before `at`, mirrored at the borders.
fn mirrored(at: usize, by: i32, length: usize) -> usize {
    let (at, length) = (i64::try_from(at).unwrap_or(0), i64::try_from(length).unwrap_or(1));
    let folded = (at - i64::from(by)).rem_euclid(2 * length);
    usize::try_from(folded.min(2 * length - 1 - folded)).unwrap_or(0)
}

fn blur(picture: &mut Picture, radius: usize) {
    let [light, blue, red] = picture.planes_mut();
    for (plane, radius) in [(light, radius), (blue, radius / 2), (red, radius / 2)] {
        let width = plane.width;
        let mut averaged = Vec::new();
        for _round in 0..BLUR_ROUNDS {
            for row in plane.samples.chunks_exact_mut(width) {
                average(row.iter_mut(), radius, &mut averaged);
            }
            for x in 0..width {
                let column = plane.samples.iter_mut().skip(x).step_by(width);
                average(column, radius, &mut averaged);
            }
        }
    }
}

/// Each sample becomes the mean of those up to `radius` away, fewer at the ends.
fn average<'a>(line: impl Iterator<Item = &'a mut u8>, radius: usize, averaged: &mut Vec<u8>) {
    let line: Vec<&mut u8> = line.collect();
    averaged.clear();
    let (mut sum, mut count) = (0_u32, 0_u32);
    let level = |at: usize| line.get(at).map(|level| u32::from(**level));
    for level in (0..radius).filter_map(level) {
        (sum, count) = (sum + level, count + 1);
    }
    for at in 0..line.len() {
        if let Some(level) = level(at + radius) {
            (sum, count) = (sum + level, count + 1);
        }
        if let Some(level) = at.checked_sub(radius + 1).and_then(level) {
            (sum, count) = (sum - level, count - 1);
        }
        averaged.push(u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX));
    }
    for (to, from) in line.into_iter().zip(averaged) {
        *to = *from;
    }
}
