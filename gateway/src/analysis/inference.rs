//! What is looked for in pictures: what the rules ask for, and what a mask must hide.

use std::collections::{BTreeMap, BTreeSet};

use detector::{DetectSettings, Manifest, Precision, UnknownClassError};
use eye::MaskSearch;
use incident::{Model, RuleSettings};
use rule::Wanted;
use scene::track::TrackerSettings;
use scene::{Class, Thresholds};
use tracing::warn;

use super::input_size::InputChoice;

/// How alerts name the weights in use.
pub(crate) fn model_in_use(manifest: &Manifest, precision: Precision) -> Model {
    let weights = match (precision, &manifest.int8) {
        (Precision::Int8, Some(int8)) => int8,
        _ => &manifest.fp32,
    };
    Model {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        sha256: Some(weights.sha256.clone()),
    }
}

/// What is looked for in a camera's pictures, and from which scores on it is followed.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) detect: DetectSettings,
    pub(crate) tracking: TrackerSettings,
}

impl Search {
    /// The same, with the input that suits.
    pub(crate) fn with_input(mut self, choice: &InputChoice) -> Self {
        self.detect.input = choice.number;
        self
    }
}

/// What a camera's rules ask for: every class that one of them counts, from the lowest score on at which
/// one of them counts it.
///
/// # Errors
/// A rule asks for a class that the model does not know.
pub(crate) fn search(
    rules: &[RuleSettings],
    manifest: &Manifest,
) -> Result<Search, UnknownClassError> {
    let mut names = BTreeSet::new();
    let mut every = false;
    let mut strong: BTreeMap<&Class, f32> = BTreeMap::new();
    let mut min_score = DetectSettings::of(manifest).min_score;
    for rule in rules {
        let wanted = rule.kind.classes();
        let counted: Vec<&Class> = manifest.classes.iter().filter(|it| wanted.holds(it)).collect();
        if let Some(thresholds) = rule.kind.thresholds() {
            min_score = min_score.min(thresholds.lowest());
            for class in counted {
                let score = thresholds.begins(class);
                strong.entry(class).and_modify(|it| *it = it.min(score)).or_insert(score);
            }
        }
        match wanted {
            Wanted::Only(classes) => names.extend(classes),
            Wanted::All => every = true,
        }
    }
    let classes = if every {
        manifest.every_class()
    } else {
        manifest.class_filter(names.iter().map(Class::as_str))?
    };
    let usual = Thresholds::of(manifest.score_threshold);
    let by_class = strong
        .into_iter()
        .filter(|(_, score)| (score - manifest.score_threshold).abs() > f32::EPSILON);
    let strong = by_class.fold(usual, |all, (class, score)| all.with(class.clone(), score));
    Ok(Search {
        detect: DetectSettings {
            classes,
            min_score: min_score.max(manifest.least_score),
            input: 0,
        },
        tracking: TrackerSettings { strong, ..TrackerSettings::default() },
    })
}

/// Says what the model cannot find, and so what cannot be masked.
pub(crate) fn warn_of_unmasked(manifest: &Manifest) {
    let searched = MaskSearch::of(manifest).searched();
    let parts = [(searched.heads, "people", "faces"), (searched.plates, "vehicles", "plates")];
    for (known, what, part) in parts {
        if !known {
            warn!(
                model = manifest.name,
                "the model does not detect {what}: {part} stay readable in pictures, and alerts say so"
            );
        }
    }
}

#[cfg(test)]
mod tests;
