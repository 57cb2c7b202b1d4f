//! How noisy the sensor is, told from two looks that follow each other.

use crate::raster::Raster;

/// Luma steps: less cannot be told from whole numbers.
pub(crate) const LEAST_NOISE: f32 = 0.6;
/// Luma steps: more is no noise, but a scene that moves as a whole.
pub(crate) const MOST_NOISE: f32 = 24.0;

/// Every so many rows are looked at.
const ROW_STEP: usize = 4;
/// The median of the absolute difference of two values is so many standard deviations of one.
const MEDIAN_OF_DIFFERENCE: f32 = 0.954;

/// Standard deviation of the noise of one look, in luma steps. Moving objects do not count as long
/// as they fill less than half of the picture.
pub(crate) fn noise_between(before: &Raster<u8>, now: &Raster<u8>) -> f32 {
    let mut counts = [0_u32; 256];
    for y in (0..now.height).step_by(ROW_STEP) {
        for (a, b) in before.row(y).iter().zip(now.row(y)) {
            counts[usize::from(a.abs_diff(*b))] += 1;
        }
    }
    let half = counts.iter().sum::<u32>() as f32 / 2.0;
    let mut below = 0.0;
    for (step, count) in counts.iter().enumerate() {
        let count = *count as f32;
        if below + count >= half && count > 0.0 {
            // A difference of n stands for n - 1/2 to n + 1/2, one of 0 for 0 to 1/2.
            let (from, width) = if step == 0 { (0.0, 0.5) } else { (step as f32 - 0.5, 1.0) };
            let median = from + width * (half - below) / count;
            return (median / MEDIAN_OF_DIFFERENCE).clamp(LEAST_NOISE, MOST_NOISE);
        }
        below += count;
    }
    LEAST_NOISE
}
