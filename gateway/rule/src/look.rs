//! What a picture looks like as a whole: how dark, how sharp, and how like another one.

use scene::{Appearance, GRID_COLUMNS};

/// Below this mean luma nothing can be made out; black is 16 in most video.
const DARK_BELOW: f32 = 26.0;
/// A covered lens: next to no steps between cells, no fine detail.
const FLAT_STEP: f32 = 8.0;
const COVERED_FLAT_SHARE: f32 = 0.93;
const COVERED_SHARPNESS: f32 = 2.5;
/// Half the usual sharpness: letters and faces are gone.
pub(crate) const BLURRED_BELOW: f32 = 0.5;

/// Cells brighter or darker than the mean by more standard deviations are lamps and holes.
const LARGEST_CELL: f32 = 3.0;
/// Smaller steps of the known view, in standard deviations, are chance.
const SMALLEST_KNOWN_STEP: f32 = 0.15;
/// Smaller steps of a picture, in levels of luma, are noise.
const SMALLEST_STEP: f32 = 2.0;
/// A picture must show this many of the known steps, and this share of them, to be compared.
const FEWEST_STEPS: u32 = 40;
const LEAST_TOLD: f32 = 0.25;
/// The finest difference that is remembered over a restart, in standard deviations.
pub(crate) const CELL_UNIT: f32 = 0.025;

/// Whether nothing can be made out in the dark.
pub(crate) fn is_dark(look: &Appearance) -> bool {
    look.mean() < DARK_BELOW
}

/// Whether something without contours fills nearly the whole picture.
pub(crate) fn is_covered(look: &Appearance) -> bool {
    look.sharpness() < COVERED_SHARPNESS && flat_share(look, FLAT_STEP) >= COVERED_FLAT_SHARE
}

/// Share, 0..=1, of the steps between neighbouring cells that are smaller than `levels` of luma.
fn flat_share(look: &Appearance, levels: f32) -> f32 {
    let now: Vec<f32> = look.grid().iter().map(|luma| f32::from(*luma)).collect();
    let (mut flat, mut all) = (0.0, 0.0_f32);
    for step in across(&now).chain(down(&now)) {
        all += 1.0;
        flat += if step.abs() < levels { 1.0 } else { 0.0 };
    }
    flat / all.max(1.0)
}

/// The grid without brightness and contrast: what remains is the view.
pub(crate) fn standardised(look: &Appearance) -> Vec<f32> {
    let spread = look.contrast().max(1.0);
    let cell =
        |luma: &u8| ((f32::from(*luma) - look.mean()) / spread).clamp(-LARGEST_CELL, LARGEST_CELL);
    look.grid().iter().map(cell).collect()
}

/// Less light or fog lowers contrast and sharpness alike; a lens out of focus, sharpness alone.
pub(crate) fn relative_sharpness(look: &Appearance) -> f32 {
    look.sharpness() / look.contrast().max(1.0)
}

/// The steps from each cell to its right neighbour.
pub(crate) fn across(cells: &[f32]) -> impl Iterator<Item = f32> {
    cells
        .chunks_exact(GRID_COLUMNS)
        .flat_map(|row| row.iter().zip(row.iter().skip(1)).map(|(left, right)| right - left))
}

/// The steps from each cell to the one below.
pub(crate) fn down(cells: &[f32]) -> impl Iterator<Item = f32> {
    cells.iter().zip(cells.iter().skip(GRID_COLUMNS)).map(|(upper, lower)| lower - upper)
}

/// How far the steps of a picture go the way of the known ones: 1 all, 0 as many as by chance, -1
/// none. Large known steps count more; steps that the picture does not show do not count.
pub(crate) fn agreement(
    known: impl Iterator<Item = f32>,
    now: impl Iterator<Item = f32>,
) -> Option<f32> {
    let (mut steps, mut agreed, mut told, mut all) = (0_u32, 0.0, 0.0, 0.0);
    for (known, now) in known.zip(now) {
        let weight = known.abs().min(1.0);
        if weight < SMALLEST_KNOWN_STEP {
            continue;
        }
        all += weight;
        if now.abs() >= SMALLEST_STEP {
            steps += 1;
            told += weight;
            agreed += weight * (known * now).signum();
        }
    }
    (steps >= FEWEST_STEPS && told >= all * LEAST_TOLD).then(|| agreed / told)
}
