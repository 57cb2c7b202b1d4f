//! What the scores of ImageNet's classes say of a crop.

use crate::manifest::head::HeadTask;
use crate::manifest::second_look::{Curve, SecondLookManifest};

/// What a two-wheeler is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TwoWheeler {
    /// It has a motor: an e-bike, a scooter, a motorcycle. The model cannot tell them apart.
    Powered,
    /// It has none.
    Pedal,
    /// The crop does not tell.
    Unsure,
}

/// What a crop shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropAnswer {
    /// The crop's side in pixels of the picture that it was cut from.
    pub side_px: u32,
    /// What a two-wheeler in it is.
    pub two_wheeler: TwoWheeler,
    /// The chance that it has a motor, 0..=1; none if the crop shows no two-wheeler or is too small.
    pub powered: Option<f32>,
    /// How much speaks for a stall, 0..=1; none if the crop is too small.
    pub stall: Option<f32>,
}

/// No class has less, so that nothing is divided by nothing.
const LEAST_SHARE: f32 = 1e-4;

impl CropAnswer {
    /// From the scores of all classes for a crop of this side.
    pub(crate) fn of(scores: &[f32], side_px: u32, manifest: &SecondLookManifest) -> Self {
        let shares = Shares::of(scores);
        let (two, stall) = (&manifest.two_wheeler, &manifest.stall);
        let (motor, pedal) = (shares.sum(&two.powered), shares.sum(&two.pedal));
        let tells = side_px >= two.least_side_px && motor + pedal >= two.least_share;
        let powered = tells.then(|| {
            let odds = (motor + LEAST_SHARE) / (pedal + LEAST_SHARE);
            chance(odds.ln(), two.curve)
        });
        let two_wheeler = TwoWheeler::of(powered, two.sure);
        let share = shares.sum(&stall.classes).clamp(LEAST_SHARE, 1.0 - LEAST_SHARE);
        let evidence = (share / (1.0 - share)).ln();
        let stall = (side_px >= stall.least_side_px).then(|| chance(evidence, stall.curve));
        Self { side_px, two_wheeler, powered, stall }
    }

    /// What a head makes of the same crop takes the place of what the classes say; not if it is too small.
    pub(crate) fn hear(&mut self, task: HeadTask, chance: f32, manifest: &SecondLookManifest) {
        let (two, stall) = (&manifest.two_wheeler, &manifest.stall);
        match task {
            HeadTask::Stall if self.side_px >= stall.least_side_px => self.stall = Some(chance),
            HeadTask::TwoWheeler if self.side_px >= two.least_side_px => {
                self.powered = Some(chance);
                self.two_wheeler = TwoWheeler::of(self.powered, two.sure);
            }
            HeadTask::Stall | HeadTask::TwoWheeler => {}
        }
    }
}

impl TwoWheeler {
    /// From the chance that it has a motor; it counts from `sure` on, and so does its opposite.
    fn of(powered: Option<f32>, sure: f32) -> Self {
        match powered {
            Some(chance) if chance >= sure => Self::Powered,
            Some(chance) if chance <= 1.0 - sure => Self::Pedal,
            _ => Self::Unsure,
        }
    }
}

/// The share of each class: the softmax of the scores.
struct Shares<'a> {
    scores: &'a [f32],
    highest: f32,
    all: f32,
}

impl<'a> Shares<'a> {
    fn of(scores: &'a [f32]) -> Self {
        let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let all = scores.iter().map(|score| (score - highest).exp()).sum();
        Self { scores, highest, all }
    }

    fn sum(&self, classes: &[usize]) -> f32 {
        let scores = classes.iter().filter_map(|class| self.scores.get(*class));
        scores.map(|score| (score - self.highest).exp()).sum::<f32>() / self.all
    }
}

fn chance(evidence: f32, Curve { slope, offset }: Curve) -> f32 {
    1.0 / (1.0 + (-(slope * evidence + offset)).exp())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::manifest::second_look::CLASSES;
    use crate::manifest::sheet::Sheet as _;

    /// The answer to a crop of this side in which these classes have these shares.
    fn answer(side_px: u32, shares: &[(usize, f32)]) -> CropAnswer {
        let text = include_str!("../../../../models/efficientnet-lite0/model.toml");
        let manifest = SecondLookManifest::parse(Path::new("model.toml"), text).unwrap();
        let rest = 1.0 - shares.iter().map(|(_, share)| share).sum::<f32>();
        let mut scores = vec![(rest / CLASSES as f32).ln(); CLASSES];
        for (class, share) in shares {
            scores[*class] = share.ln();
        }
        CropAnswer::of(&scores, side_px, &manifest)
    }

    #[test]
    fn a_two_wheeler_has_a_motor_or_pedals_or_the_crop_does_not_tell() {
        let kind = |side_px, shares: &[(usize, f32)]| answer(side_px, shares).two_wheeler;
        assert_eq!(kind(96, &[(670, 0.5), (444, 0.001)]), TwoWheeler::Powered);
        assert_eq!(kind(96, &[(665, 0.3), (670, 0.3), (671, 0.01)]), TwoWheeler::Powered);
        assert_eq!(kind(96, &[(671, 0.6), (670, 0.01)]), TwoWheeler::Pedal);
        assert_eq!(kind(96, &[(671, 0.3), (670, 0.3)]), TwoWheeler::Unsure);
        // Something else altogether, and a crop that is too small.
        assert_eq!(kind(96, &[(671, 0.001), (670, 0.05), (700, 0.9)]), TwoWheeler::Unsure);
        assert_eq!(kind(47, &[(670, 0.9)]), TwoWheeler::Unsure);
        assert_eq!(answer(47, &[(670, 0.9)]).powered, None);
    }

    #[test]
    fn goods_speak_for_a_stall_from_a_crop_that_is_large_enough() {
        let stall = |side_px, share| answer(side_px, &[(954, share)]).stall;
        assert_eq!(stall(127, 0.9), None);
        let [few, half, many] = [0.02, 0.30, 0.9].map(|share| stall(128, share).unwrap());
        assert!(few < 0.1 && (half - 0.5).abs() < 0.1 && many > 0.95, "{few} {half} {many}");
    }

    #[test]
    fn a_head_is_heard_instead_of_the_classes_unless_the_crop_is_too_small() {
        let text = include_str!("../../../../models/efficientnet-lite0/model.toml");
        let manifest = SecondLookManifest::parse(Path::new("model.toml"), text).unwrap();
        let heard = |side_px, task, chance| {
            let mut found = answer(side_px, &[(670, 0.5), (954, 0.3)]);
            found.hear(task, chance, &manifest);
            (found.two_wheeler, found.stall)
        };
        let before = answer(160, &[(670, 0.5), (954, 0.3)]);
        let stall = heard(160, HeadTask::Stall, 0.07);
        assert_eq!(stall, (before.two_wheeler, Some(0.07)));
        let two_wheeler = heard(160, HeadTask::TwoWheeler, 0.1);
        assert_eq!(two_wheeler, (TwoWheeler::Pedal, before.stall));
        assert_eq!(heard(127, HeadTask::Stall, 0.9).1, None);
        assert_eq!(heard(47, HeadTask::TwoWheeler, 0.9).0, TwoWheeler::Unsure);
    }

    #[test]
    fn scores_of_any_size_give_a_chance() {
        let text = include_str!("../../../../models/efficientnet-lite0/model.toml");
        let manifest = SecondLookManifest::parse(Path::new("model.toml"), text).unwrap();
        for height in [-1e30, -50.0, 0.0, 50.0, 1e30] {
            let found = CropAnswer::of(&vec![height; CLASSES], 224, &manifest);
            assert!(found.stall.is_some_and(|it| (0.0..=1.0).contains(&it)), "{height} {found:?}");
        }
    }
}
