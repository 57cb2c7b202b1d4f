//! The steps in which boxes and scores are kept, and what that costs.
//!
//! An edge is off by half a step at most: 0.23 px across and 0.13 px down a picture of 1920x1080.
//! A score is kept as the middle of its step: off by 0.0025 at most, and on the same side of every
//! threshold of two decimals as it was.

/// Steps of an edge from one side of the picture to the other.
const EDGE_STEPS: f32 = 4096.0;
/// Edges further out than this many steps (64 pictures away) are moved in to here. None is known.
const FARTHEST: f32 = 64.0 * EDGE_STEPS;
/// Steps of a score from 0 to 1: a threshold of two decimals lies between two steps.
const SCORE_STEPS: u8 = 200;
/// 0.35 is no binary number: a score this close below a step belongs to it.
const ROUNDING: f64 = 1e-4;

/// An edge in steps; one that is no number is 0.
#[expect(clippy::cast_possible_truncation, reason = "cut off at 2^18")]
pub(crate) fn edge_steps(edge: f32) -> i32 {
    (edge * EDGE_STEPS).round().clamp(-FARTHEST, FARTHEST) as i32
}

/// The edge at this many steps. It is exact, so that steps can be counted from it again.
#[expect(clippy::cast_precision_loss, reason = "below 2^24, which f32 holds")]
pub(crate) fn edge(steps: i32) -> f32 {
    steps as f32 / EDGE_STEPS
}

/// A score in steps.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut off at 0 and 200")]
pub(crate) fn score_steps(score: f32) -> u8 {
    let steps = f64::from(score) * f64::from(SCORE_STEPS) + ROUNDING;
    steps.floor().clamp(0.0, f64::from(SCORE_STEPS)) as u8
}

/// The middle of a score's step; 1 is 1.
pub(crate) fn score(steps: u8) -> f32 {
    if steps >= SCORE_STEPS { 1.0 } else { (f32::from(steps) + 0.5) / f32::from(SCORE_STEPS) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_edge_keeps_its_place(position in -2.0_f32..3.0) {
            let kept = edge(edge_steps(position));
            prop_assert!((kept - position).abs() <= 0.5 / EDGE_STEPS + 1e-7);
            prop_assert_eq!(edge_steps(kept), edge_steps(position));
        }

        #[test]
        fn a_score_keeps_its_side_of_every_threshold(found in 0.0_f32..=1.0) {
            let kept = score(score_steps(found));
            prop_assert!((kept - found).abs() <= 0.002_501);
            prop_assert_eq!(score_steps(kept), score_steps(found));
            for hundredths in 0..=100_u8 {
                let threshold = f32::from(hundredths) / 100.0;
                // Closer than a millionth, only the threshold itself must be told.
                if (found - threshold).abs() > 1e-6 {
                    prop_assert_eq!(kept >= threshold, found >= threshold, "{} {}", found, threshold);
                }
            }
        }
    }

    #[test]
    fn a_score_on_a_threshold_meets_it() {
        for hundredths in 0..=100_u8 {
            let threshold = f32::from(hundredths) / 100.0;
            assert!(score(score_steps(threshold)) >= threshold, "{threshold}");
            let short = threshold - 1e-5;
            assert!(hundredths == 0 || score(score_steps(short)) < threshold, "{threshold}");
        }
        assert_eq!((edge_steps(f32::NAN), edge_steps(f32::INFINITY)), (0, 1 << 18));
    }
}
