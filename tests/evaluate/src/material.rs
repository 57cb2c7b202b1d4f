//! What runs are made of, and how many are made.

use crate::condition::{CONDITIONS, Condition};
use crate::cutout::CutOuts;
use crate::scene::Scene;

/// What runs are made of.
pub(crate) struct Material {
    pub(crate) scene: Scene,
    pub(crate) cut_outs: CutOuts,
}

/// How much is tried.
#[derive(Debug, Clone)]
pub(crate) struct Effort {
    pub(crate) conditions: Vec<Condition>,
    /// Runs of each size, condition and evidence.
    pub(crate) turns: u64,
    /// Pixels of the things' heights.
    pub(crate) sizes_px: Vec<f32>,
    /// Hours of the street with nothing laid in.
    pub(crate) empty_hours: f64,
    /// Each cue is left out in turn.
    pub(crate) ablates: bool,
    /// Other dice.
    pub(crate) seed: u64,
}

/// Hours of the street as it is, in an evaluation of usual size: a rate of one a day needs days, and these are
/// what a machine plays in half an hour.
const EMPTY_HOURS: f64 = 6.5;

impl Effort {
    /// The usual one, or so many times as much.
    pub(crate) fn usual(scale: f64, seed: u64) -> Self {
        Self {
            conditions: CONDITIONS.to_vec(),
            turns: (2.0 * scale).round().max(1.0) as u64,
            sizes_px: vec![48.0, 64.0, 96.0],
            empty_hours: EMPTY_HOURS * scale,
            ablates: true,
            seed,
        }
    }

    /// For a minute: by day and by infrared.
    pub(crate) fn short(seed: u64) -> Self {
        Self {
            conditions: vec![Condition::Day, Condition::Infrared],
            turns: 1,
            sizes_px: vec![64.0],
            empty_hours: 0.1,
            ablates: false,
            seed,
        }
    }
}
