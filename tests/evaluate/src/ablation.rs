//! What each cue of the watcher is worth: the same runs, each time without one of them.

use standing::Cue;

use crate::case::Case;
use crate::condition::Condition;
use crate::empty;
use crate::incident::passage;
use crate::material::{Effort, Material};

/// Where cues matter.
const CONDITIONS: [Condition; 5] = [
    Condition::Day,
    Condition::Infrared,
    Condition::Sway,
    Condition::SoftShadow,
    Condition::LightStep,
];
/// Pixels of the things' heights.
const SIZE_PX: f32 = 64.0;
/// Seconds of the street as it is, under each condition.
const EMPTY_SECS: f64 = 300.0;

/// The runs with all cues, then those without each. Empty if nothing is to be left out.
pub(crate) fn runs(material: &Material, effort: &Effort) -> Vec<Case> {
    if !effort.ablates {
        return Vec::new();
    }
    let few = Effort {
        conditions: CONDITIONS.to_vec(),
        turns: 1,
        sizes_px: vec![SIZE_PX],
        ..effort.clone()
    };
    let mut cases = passage::runs(material, &few);
    for (number, condition) in (500..).zip(CONDITIONS) {
        cases.push(empty::run(condition, (effort.seed, number), EMPTY_SECS));
    }
    for case in &mut cases {
        case.is_ablation = true;
    }
    let without = Cue::ALL.iter().flat_map(|cue| {
        let left_out = |case: &Case| Case { without: Some(*cue), ..case.clone() };
        cases.iter().map(left_out).collect::<Vec<_>>()
    });
    let without: Vec<Case> = without.collect();
    cases.extend(without);
    cases
}
